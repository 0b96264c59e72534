"""WeChat's door: no session, no language, no people."""

from django.urls import path

from accounts.callback import door

app_name = "callback"
urlpatterns = [path("<str:callback_key>/", door, name="door")]
