"""The Django admin of campaigns: rescue work. States are read-only; its one action calls the same rule as the page."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from accounts import audit
from accounts.admin import ReadOnlyAdmin
from campaigns.models import Bar, Batch, BatchLog, Campaign, CampaignArticle, HeldSlot, OrphanEvent, QuotaHold
from campaigns.sending.moments import moment_for


class CampaignArticleInline(TabularInline):
    model = CampaignArticle
    extra = 0
    can_delete = False
    readonly_fields = ("position", "article", "revision")

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    list_display = ("name", "official_account", "status", "command", "scheduled_at", "frozen_at", "quarantined_at")
    list_filter = ("status", "command", "official_account")
    list_select_related = ("official_account",)
    search_fields = ("name", "uuid")
    date_hierarchy = "scheduled_at"
    inlines = (CampaignArticleInline,)


@admin.register(CampaignArticle)
class CampaignArticleAdmin(ReadOnlyAdmin):
    list_display = ("campaign", "position", "article", "revision")
    list_select_related = ("campaign", "article", "revision")


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ("id", "campaign", "seq", "state", "epoch", "first_armed_at", "maybe_accepted", "msg_id", "outcome")
    list_filter = ("state", "outcome", "official_account")
    list_select_related = ("campaign",)
    search_fields = ("clientmsgid", "msg_id")
    # 10,000 numbers and their call help nobody here.
    exclude = ("recipients", "request_body")


@admin.register(BatchLog)
class BatchLogAdmin(ReadOnlyAdmin):
    list_display = ("at", "batch", "move", "from_state", "to_state", "epoch", "actor")
    list_filter = ("move",)
    list_select_related = ("batch",)
    date_hierarchy = "at"


@admin.register(OrphanEvent)
class OrphanEventAdmin(ReadOnlyAdmin):
    list_display = ("msg_id", "official_account", "signed", "received_at", "batch", "booked_on")
    list_select_related = ("official_account", "batch", "booked_on")


@admin.register(QuotaHold)
class QuotaHoldAdmin(ReadOnlyAdmin):
    list_display = ("official_account", "kind", "period", "limit", "reserved", "used", "external")
    list_filter = ("kind", "official_account")
    list_select_related = ("official_account",)


@admin.register(HeldSlot)
class HeldSlotAdmin(ReadOnlyAdmin):
    list_display = ("hold", "campaign", "batch")
    list_select_related = ("hold", "campaign", "batch")


@admin.register(Bar)
class BarAdmin(ModelAdmin):
    """Why an account sends nothing; an administrator may lift a bar that was meant for a person."""

    list_display = ("official_account", "route", "until", "errcode", "reason", "since", "lifted_at")
    list_select_related = ("official_account",)
    readonly_fields = ("official_account", "route", "until", "errcode", "reason", "since", "lifted_at")
    actions = ("lift",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    @admin.action(description=_("Lift: let the account send again"))
    def lift(self, request: HttpRequest, queryset: Any) -> None:
        """Lift bars that hold."""
        for bar in queryset.filter(lifted_at=None).select_related("official_account__brand"):
            queryset.filter(pk=bar.pk).update(lifted_at=moment_for(bar.official_account))
            audit.record(request, "bar.lift", bar, brand=bar.official_account.brand, after={"reason": bar.reason})
