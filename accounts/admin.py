"""The Django admin of this app: rescue work for administrators.

Secrets are never shown and states are read-only: what moves them are the same
rules the pages call.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts import audit
from accounts.models import (
    AuditEntry,
    Brand,
    InboundEvent,
    Membership,
    Notice,
    OfficialAccount,
    OutboxMail,
    Site,
    User,
    VerificationRecord,
)

# Roles are per brand; Django's groups would be a second, unheard answer to "may they".
admin.site.unregister(Group)


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only the portal writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class WebAddressField(forms.URLField):
    """An address; without a scheme, https is meant."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "assume_scheme": "https"})


class MembershipInline(TabularInline):
    model = Membership
    extra = 0


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """People, their language and zone, and the brands they work for."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "is_superuser")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "language", "time_zone")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    inlines = (MembershipInline,)


@admin.register(Brand)
class BrandAdmin(ModelAdmin):
    list_display = ("name", "initial", "colour")
    search_fields = ("name",)
    inlines = (MembershipInline,)


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):
    list_display = ("user", "brand", "role", "may_send", "may_resolve")
    list_filter = ("brand", "role")
    list_select_related = ("user", "brand")
    autocomplete_fields = ("user", "brand")


class OfficialAccountForm(forms.ModelForm):  # type: ignore[type-arg]  # django-stubs wants the model; it is named below
    """Whoever may set the interface's address could read the secrets that are sent there: administrators only."""

    class Meta:
        model = OfficialAccount
        fields = (
            "brand",
            "name",
            "type",
            "subject",
            "appid",
            "original_id",
            "callback_mode",
            "api_base_url",
            "is_rehearsal",
        )
        field_classes = {"api_base_url": WebAddressField}


@admin.register(OfficialAccount)
class OfficialAccountAdmin(ModelAdmin):
    """What the account's own page does not offer: another interface address, another brand."""

    form = OfficialAccountForm
    list_display = ("name", "brand", "type", "appid", "verified_until", "is_rehearsal")
    list_filter = ("brand", "type", "is_rehearsal")
    list_select_related = ("brand",)
    search_fields = ("name", "appid", "original_id")
    readonly_fields = ("verified_until", "callback_verified_at", "paused_at", "clock_offset", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Accounts are connected on their own page, which asks for the secret and tests it."""
        return False

    def save_model(self, request: HttpRequest, obj: OfficialAccount, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record(request, "account.change", obj, brand=obj.brand, after={"by_administrator": form.changed_data})


@admin.register(InboundEvent)
class InboundEventAdmin(ReadOnlyAdmin):
    """What WeChat pushed; a parked push can be tried again."""

    list_display = ("kind", "official_account", "received_at", "signed", "attempts", "delivered_at", "parked_at")
    list_filter = ("official_account", "signed", "kind")
    list_select_related = ("official_account",)
    date_hierarchy = "received_at"
    actions = ("try_again",)

    @admin.action(description=_("Deliver parked pushes again"))
    def try_again(self, request: HttpRequest, queryset: "models.QuerySet[InboundEvent]") -> None:
        """Put parked pushes back in the queue; beat finds them within five seconds."""
        parked = queryset.filter(delivered_at=None).exclude(parked_at=None)
        count = parked.update(parked_at=None, not_before=None, attempts=0)
        self.message_user(request, _("%(count)d pushes are waiting again.") % {"count": count})


@admin.register(VerificationRecord)
class VerificationRecordAdmin(ReadOnlyAdmin):
    list_display = ("moment", "official_account", "kind", "source", "expires_at", "computed", "changed_something")
    list_filter = ("official_account", "kind", "source")
    list_select_related = ("official_account",)
    date_hierarchy = "moment"


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "person", "kind", "official_account", "days", "read_at")
    list_filter = ("kind", "official_account")
    list_select_related = ("person", "official_account")


@admin.register(OutboxMail)
class OutboxMailAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "address", "subject", "state", "settled_at")
    list_filter = ("state",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_name", "action", "object_label", "brand")
    list_filter = ("action", "brand")
    list_select_related = ("brand",)
    search_fields = ("object_label", "actor_name")
    date_hierarchy = "at"


@admin.register(Site)
class SiteAdmin(ReadOnlyAdmin):
    """The switch that stops all sending, and nothing else."""

    list_display = ("site_id", "sending_on", "sending_off_reason")
    fields = ("site_id", "incarnation", "sending_on", "sending_off_reason")
    readonly_fields = ("site_id", "incarnation")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        word = "on" if obj.sending_on else "off"
        audit.record(request, f"site.sending_{word}", obj, after={"reason": obj.sending_off_reason})
