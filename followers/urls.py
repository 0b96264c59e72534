from django.urls import URLPattern, URLResolver, path

from followers import views, views_sync, views_tags

app_name = "followers"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.index, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/tag/", views_tags.change_one, name="tag_one"),
    path("account/<int:pk>/tags/", views_tags.index, name="tags"),
    path("account/<int:pk>/syncs/", views_sync.history, name="runs"),
    path("account/<int:pk>/sync/", views_sync.start, name="sync"),
    path("account/<int:pk>/sync/state/", views_sync.state, name="sync_state"),
    path("sync/<int:pk>/stop/", views_sync.stop, name="sync_stop"),
    path("sync/<int:pk>/resume/", views_sync.resume, name="sync_resume"),
]
