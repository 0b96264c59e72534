from django.urls import URLPattern, URLResolver

app_name = "followers"
urlpatterns: list[URLPattern | URLResolver] = []
