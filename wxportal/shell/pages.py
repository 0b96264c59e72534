"""Answer a request with a page in the shell."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, title: str, status: int = 200
) -> HttpResponse:
    """Render ``template``, which extends ``shell/page.html``, with the sidebar and what every page needs."""
    frame = {**admin.site.each_context(request), "title": title, "is_nav_sidebar_enabled": True}
    return render(request, template, {**frame, **(context or {})}, status=status)
