from django.urls import URLPattern

app_name = "callback"
urlpatterns: list[URLPattern] = []
