"""Addresses of the articles' pages, of their pieces, and of the pictures in them."""

from django.urls import path, re_path

from articles import pieces, views

app_name = "articles"
urlpatterns = [
    path("", views.article_list, name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.edit, name="edit"),
    path("<int:pk>/preview/", views.preview, name="preview"),
    path("<int:pk>/push/", views.push, name="push"),
    path("<int:pk>/live/", pieces.live, name="live"),
    path("<int:pk>/frame/", pieces.frame, name="frame"),
    path("upload/<int:official_account>/", pieces.upload, name="upload"),
    re_path(r"^media/(?P<sha256>[0-9a-f]{64})/$", pieces.media, name="media"),
]
