"""The Django admin of this app: to look, not to write. Articles are written in their editor, which keeps revisions."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from articles.models import Article, DraftPush, MediaFile, Revision


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only the portal writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Article)
class ArticleAdmin(ReadOnlyAdmin):
    list_display = ("title", "official_account", "version", "stops", "warnings", "updated_at", "updated_by")
    list_filter = ("official_account",)
    list_select_related = ("official_account", "updated_by")
    search_fields = ("title", "author")


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    list_display = ("title", "number", "article", "created_at", "created_by")
    list_filter = ("article__official_account",)
    list_select_related = ("article", "created_by")
    search_fields = ("title",)


@admin.register(MediaFile)
class MediaFileAdmin(ReadOnlyAdmin):
    """Files are shown by their digest: the file itself lies behind the brand wall, not at a public address."""

    list_display = ("name", "official_account", "content_type", "width", "height", "bytes", "created_at")
    list_filter = ("official_account", "content_type")
    list_select_related = ("official_account",)
    search_fields = ("name", "sha256")
    exclude = ("file",)


@admin.register(DraftPush)
class DraftPushAdmin(ReadOnlyAdmin):
    list_display = ("article", "revision", "media_id", "pushed_at", "pushed_by")
    list_filter = ("article__official_account",)
    list_select_related = ("article", "revision", "pushed_by")
