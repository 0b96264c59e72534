"""What happened to an account's verification (认证), one row each. Rows are only ever added."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.inbound import InboundEvent
from accounts.models.official_account import OfficialAccount
from accounts.models.people import User
from accounts.scoping import BrandScopedQuerySet


class AppendOnly(Exception):
    """Somebody tried to change or delete a record; correct it by adding another one."""


class VerificationRecord(models.Model):
    """One step of a verification: when, who says so, and until when it holds.

    What the account is now follows from all its records: see ``accounts.verification_log``.
    """

    class Kind(models.TextChoices):
        APPLICATION = "application", _("Application sent")
        FEE_PAID = "fee_paid", _("Fee paid")
        REVIEWER_ASSIGNED = "reviewer_assigned", _("Auditor assigned")
        CORRECTION_WANTED = "correction_wanted", _("Correction wanted")
        CORRECTION_USED = "correction_used", _("Correction sent")
        QUALIFICATION_PASSED = "qualification_passed", _("Qualification passed")
        QUALIFICATION_FAILED = "qualification_failed", _("Qualification refused")
        NAMING_PASSED = "naming_passed", _("Name accepted")
        NAMING_FAILED = "naming_failed", _("Name refused")
        REFUSED = "refused", _("Application refused")
        COMPLETED = "completed", _("Verification completed")
        RENEWED = "renewed", _("Verification renewed")
        END_ENTERED = "end_entered", _("End entered")
        CLEARED = "cleared", _("Entered as not verified")
        ANNUAL_REVIEW_DUE = "annual_review_due", _("Annual review due")
        EXPIRED = "expired", _("Verification lapsed")
        CONTACT = "contact", _("Contact for the auditor")
        PROBE_ANSWERED = "probe_answered", _("WeChat answered a verified-only question")
        PROBE_REFUSED = "probe_refused", _("WeChat refused a verified-only question")

    class Source(models.TextChoices):
        EVENT = "event", _("WeChat's event")
        PERSON = "person", _("A person")
        PROBE = "probe", _("A probe")
        SANDBOX = "sandbox", _("The sandbox")

    brand_path: ClassVar[str] = "official_account__brand"

    official_account = models.ForeignKey(OfficialAccount, models.CASCADE, related_name="verification_records")
    kind = models.CharField(_("what happened"), max_length=24, choices=Kind)
    source = models.CharField(_("who says so"), max_length=8, choices=Source)
    event = models.ForeignKey(InboundEvent, models.SET_NULL, null=True, blank=True, related_name="+")
    person = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    person_name = models.CharField(_("name then"), max_length=150, blank=True)
    moment = models.DateTimeField(_("moment"), help_text=_("When it happened; for an event WeChat's CreateTime."))
    recorded_at = models.DateTimeField(_("recorded"))
    expires_at = models.DateTimeField(_("holds until"), null=True, blank=True)
    computed = models.BooleanField(
        _("computed"), default=False, help_text=_("WeChat named no end: one year from the moment.")
    )
    # A push nobody signed could come from anybody: it is kept and shown, and moves nothing.
    believed = models.BooleanField(_("believed"), default=True)
    changed_something = models.BooleanField(
        _("changed something"), default=True, help_text=_("False for repeats and for what came out of order.")
    )
    fee = models.DecimalField(_("fee"), max_digits=9, decimal_places=2, null=True, blank=True)
    fee_currency = models.CharField(_("currency"), max_length=3, blank=True)
    contact = models.CharField(_("contact for the auditor"), max_length=200, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    document = models.CharField(_("document"), max_length=200, blank=True)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("verification record")
        verbose_name_plural = _("verification records")
        ordering = ["-moment", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event"], condition=Q(event__isnull=False), name="each_push_is_one_verification_record"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=False) | Q(computed=False), name="only_an_end_can_be_computed"
            ),
        ]
        # Serves an account's timeline and the fold over it.
        indexes = [models.Index(fields=["official_account", "moment", "id"], name="verification_of_account")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.moment:%Y-%m-%d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row. Raises AppendOnly for one that is there already."""
        if not self._state.adding:
            raise AppendOnly(str(self))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse; records go only together with their account. Raises AppendOnly."""
        raise AppendOnly(str(self))
