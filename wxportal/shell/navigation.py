"""What the sidebar offers. Apps are named by their URL only: the floor knows no app."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

ENTRIES = (
    (_("Today"), "today", "desk:today"),
    (_("Campaigns"), "send", "campaigns:list"),
    (_("Articles"), "article", "articles:list"),
    (_("Followers"), "group", "followers:list"),
    (_("Official Accounts"), "verified", "accounts:list"),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar's groups in Unfold's form."""
    items = [_entry(request, *entry) for entry in ENTRIES]
    groups = [{"title": None, "items": [item for item in items if item]}]
    if request.user.is_staff:
        groups.append({"title": None, "items": [_administration(request)]})
    return groups


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the links of the person's own menu."""
    return [
        {"title": _("Profile"), "link": reverse("shell:profile")},
        {"title": _("Change password"), "link": reverse("shell:password_change")},
    ]


def _entry(request: HttpRequest, title: Any, icon: str, name: str) -> dict[str, Any] | None:
    try:
        link = reverse(name)
    except NoReverseMatch:
        return None
    here = request.path == link if link == "/" else request.path.startswith(link)
    return {"title": title, "icon": icon, "link": link, "active": here}


def _administration(request: HttpRequest) -> dict[str, Any]:
    link = reverse("admin:index")
    here = request.path.startswith(link)
    return {"title": _("Administration"), "icon": "settings", "link": link, "active": here}
