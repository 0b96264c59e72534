"""What WeChat pushed to us, stored once and delivered until it is done."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.official_account import OfficialAccount
from accounts.scoping import BrandScopedQuerySet


class InboundEvent(models.Model):
    """One verified push, as decrypted bytes; the unique key is the guard against repeats and replays."""

    brand_path: ClassVar[str] = "official_account__brand"

    official_account = models.ForeignKey(OfficialAccount, models.CASCADE, related_name="inbound_events")
    dedupe_key = models.CharField(max_length=64, help_text=_("MsgId, or a digest of what makes an event unique."))
    kind = models.CharField(_("kind"), max_length=60, help_text=_("The event's name, or the message's type."))
    sender = models.CharField(max_length=64, blank=True)
    payload = models.TextField()
    signed = models.BooleanField(default=True, help_text=_("False in plain mode, where the body is not signed."))
    created_at = models.DateTimeField(help_text=_("WeChat's CreateTime."))
    received_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        ordering = ["-received_at"]
        constraints = [models.UniqueConstraint(fields=["official_account", "dedupe_key"], name="each_push_stored_once")]
        indexes = [
            # Serves "what is still to be delivered", asked every five seconds.
            models.Index(
                fields=["not_before", "id"],
                condition=Q(delivered_at=None, parked_at=None),
                name="inbound_waiting",
            ),
            # Serves an account's own page of callbacks.
            models.Index(fields=["official_account", "-received_at"], name="inbound_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M:%S}"
