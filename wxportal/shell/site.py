"""The site behind the shell: portal pages for every member, the admin for staff."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite

View = Callable[..., HttpResponse]


class PortalSite(UnfoldAdminSite):
    """Unfold draws its sidebar for staff only; ours is for everybody who is logged in."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the shell is drawn; the admin's own pages ask for staff in ``admin_view``."""
        return request.user.is_active

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Wrap an admin page: to members who are no staff it does not exist."""
        guarded: View = super().admin_view(view, cacheable)

        @wraps(view)
        def staff_only(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not request.user.is_staff:
                raise Http404
            return guarded(request, *args, **kwargs)

        return staff_only

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the admin's models for staff; to others they do not exist, and asking costs two queries a page."""
        return super().get_app_list(request, app_label) if request.user.is_staff else []

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return Unfold's context; colours come from ``shell.css``, so that no inline style is needed for them."""
        return {**super().each_context(request), "colors": {}}
