"""The Django admin of this app. Everything is read-only: WeChat is the truth, and a sync brings it here."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin import ReadOnlyAdmin
from followers.models import Follower, FollowerQuerySet, SyncRun, Tag


class EstimatingPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of a table too large to be counted for every page of it."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        number: int = rows.counted().number
        return number


@admin.register(Follower)
class FollowerAdmin(ReadOnlyAdmin):
    """Found by the beginning of openid or remark, as on the portal's page."""

    list_display = ("short_openid", "remark", "official_account", "subscribed", "blacklisted", "subscribed_at")
    list_filter = ("official_account", "subscribed")
    list_select_related = ("official_account",)
    search_fields = ("openid",)
    search_help_text = _("Openid or remark, from its first character.")
    ordering = ("-pk",)
    paginator = EstimatingPaginator
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: FollowerQuerySet, search_term: str
    ) -> tuple[FollowerQuerySet, bool]:
        """Search by what the indexes serve; Django's own search would read the whole table."""
        return (queryset.found_by(search_term.strip()) if search_term.strip() else queryset), False


@admin.register(Tag)
class TagAdmin(ReadOnlyAdmin):
    list_display = ("name", "wechat_id", "official_account", "count", "counted_at", "gone_at")
    list_filter = ("official_account",)
    list_select_related = ("official_account",)
    search_fields = ("name",)


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = ("official_account", "started_at", "state", "phase", "listed", "new", "changed", "gone", "problem")
    list_filter = ("state", "official_account")
    list_select_related = ("official_account",)
