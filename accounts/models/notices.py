"""What the portal tells people by itself: a notice in the portal, and a mail about it."""

from datetime import timedelta
from math import ceil
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.official_account import OfficialAccount
from accounts.models.people import User
from accounts.scoping import BrandScopedQuerySet


class Notice(models.Model):
    """One thing one person is told once; ``key`` is what makes it the same thing."""

    class Kind(models.TextChoices):
        VERIFICATION_ENDS = "verification_ends", _("Verification ends")
        VERIFICATION_LAPSED = "verification_lapsed", _("Verification lapsed")

    brand_path: ClassVar[str] = "official_account__brand"

    official_account = models.ForeignKey(OfficialAccount, models.CASCADE, related_name="notices")
    person = models.ForeignKey(User, models.CASCADE, related_name="notices", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    key = models.CharField(max_length=100)
    days = models.PositiveSmallIntegerField(_("days before the end"), default=0)
    until = models.DateTimeField(_("end"))
    created_at = models.DateTimeField(_("made"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="each_notice_once")]
        # Serves Today: what this person has not read yet.
        indexes = [models.Index(fields=["person"], condition=Q(read_at=None), name="notices_unread")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.official_account}"

    @property
    def days_left(self) -> int:
        """Return how many days were left when it was written; a late reminder says so, a day begun counts."""
        return max(ceil((self.until - self.created_at) / timedelta(days=1)), 0)


class OutboxMail(models.Model):
    """One mail, written down before it leaves. ``sending`` means: nobody else may touch it, and nobody sends it again.

    A worker that dies while a mail is ``sending`` leaves its fate unclear; a
    person reads that and decides, because a second mail cannot be taken back.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        UNCLEAR = "unclear", _("Fate unclear")
        FAILED = "failed", _("Refused")
        KEPT = "kept", _("Kept here")

    notice = models.OneToOneField(Notice, models.CASCADE, related_name="mail")
    address = models.EmailField(_("to"))
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("written"))
    claimed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    last_error = models.TextField(_("what went wrong"), blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at", "-pk"]
        indexes = [
            # Serves "what is to be sent" and "what was given up", asked every few seconds.
            models.Index(
                fields=["state", "not_before"], condition=Q(state__in=["pending", "sending"]), name="mails_to_send"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.address}"
