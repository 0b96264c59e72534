"""What WeChat lets an account send, per Beijing day or month, and who holds it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficialAccount
from accounts.scoping import BrandScopedQuerySet
from campaigns.models.batch import Batch
from campaigns.models.campaign import Campaign


class QuotaHold(models.Model):
    """One counter of one Beijing period: promised, used by us, used by people in WeChat's console."""

    class Kind(models.TextChoices):
        CALLS = "calls", _("mass calls a day")
        MONTH = "month", _("sends to all a month")
        DAY = "day", _("sends a day")

    brand_path: ClassVar[str] = "official_account__brand"

    official_account = models.ForeignKey(OfficialAccount, models.CASCADE, related_name="quota_holds")
    kind = models.CharField(max_length=5, choices=Kind)
    period = models.CharField(max_length=10, help_text=_("'2026-11' or '2026-11-22', Beijing."))
    limit = models.PositiveIntegerField()
    reserved = models.PositiveIntegerField(default=0)
    used = models.PositiveIntegerField(default=0)
    external = models.PositiveIntegerField(default=0)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("quota of a period")
        verbose_name_plural = _("quota by period")
        ordering = ["-period"]
        constraints = [
            models.UniqueConstraint(fields=["official_account", "kind", "period"], name="one_counter_per_period"),
            models.CheckConstraint(condition=Q(limit__gte=F("reserved") + F("used")), name="never_promised_twice"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.period}: {self.reserved}+{self.used}+{self.external} of {self.limit}"

    @property
    def left(self) -> int:
        """What may still be promised."""
        return max(self.limit - self.reserved - self.used - self.external, 0)


class HeldSlot(models.Model):
    """One slot that a campaign, and after the freeze a batch, has reserved."""

    brand_path: ClassVar[str] = "hold__official_account__brand"

    hold = models.ForeignKey(QuotaHold, models.PROTECT, related_name="slots")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="slots")
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, blank=True, related_name="slots")

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("held slot")
        verbose_name_plural = _("held slots")
        constraints = [
            models.UniqueConstraint(
                fields=["hold", "batch"], condition=Q(batch__isnull=False), name="a_batch_holds_a_slot_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hold_id} ← {self.campaign_id}"


class Bar(models.Model):
    """Why an account may make no mass call for now: a budget is spent, or a person has to act. T1, T2 and T6 look."""

    brand_path: ClassVar[str] = "official_account__brand"

    official_account = models.ForeignKey(OfficialAccount, models.CASCADE, related_name="bars")
    route = models.CharField(
        max_length=4, choices=Batch.Route, blank=True, help_text=_("Empty: every mass call of the account.")
    )
    until = models.DateTimeField(null=True, blank=True, help_text=_("Empty: until a person acts."))
    errcode = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=300)
    since = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("bar")
        verbose_name_plural = _("bars")
        ordering = ["-since"]
        indexes = [
            # Serves T1, T2, T6: does a bar hold for this account now?
            models.Index(fields=["official_account"], condition=Q(lifted_at=None), name="bars_that_hold")
        ]

    def __str__(self) -> str:
        return self.reason
