"""Every address of the portal. Apps are named as strings only: imports flow the other way."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("wxportal.shell.urls")),
    path("", include("desk.urls")),
    path("official-accounts/", include("accounts.urls")),
    path("followers/", include("followers.urls")),
    path("articles/", include("articles.urls")),
    path("campaigns/", include("campaigns.urls")),
    path("callback/", include("accounts.callback_urls")),
    path("admin/", admin.site.urls),
]
