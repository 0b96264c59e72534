"""One WeChat call, its diary, and reports that belong to no call yet (DISPATCH §1)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficialAccount
from accounts.scoping import BrandScopedQuerySet
from campaigns.models.campaign import Campaign
from wxportal.wechat import limits


class Batch(models.Model):
    """One call to WeChat: the unit of exactly-once.

    State moves only through ``campaigns.sending.transitions``.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        CLAIMED = "claimed", _("Being prepared")
        ARMED = "armed", _("Being sent")
        UNKNOWN = "unknown", _("No answer yet")
        UNDECIDED = "undecided", _("Undecided")
        QUARANTINED = "quarantined", _("Quarantined")
        BLOCKED = "blocked", _("Waiting")
        ACCEPTED = "accepted", _("Accepted by WeChat")
        DONE = "done", _("Done")
        REJECTED = "rejected", _("Rejected")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")
        ABANDONED = "abandoned", _("Abandoned")

    class Route(models.TextChoices):
        ALL = "all", _("to all")
        TAG = "tag", _("to a tag")
        LIST = "list", _("to a list")

    class Outcome(models.TextChoices):
        SUCCESS = "success", _("Sent")
        PARTIAL = "partial", _("Sent, some failed")
        REFUSED = "refused", _("Rejected in review")
        FAILED = "failed", _("Failed at WeChat")
        DELETED = "deleted", _("Deleted, or nobody was eligible")
        NO_REPORT = "no_report", _("WeChat never reported")
        CONFIRMED = "confirmed", _("Confirmed by a person")

    # In these nothing is in WeChat's hands and nothing can have been accepted.
    NOTHING_SENT: ClassVar[frozenset[str]] = frozenset(
        {"planned", "claimed", "blocked", "rejected", "cancelled", "expired"}
    )
    FINAL: ClassVar[frozenset[str]] = frozenset({"done", "rejected", "cancelled", "expired", "abandoned"})

    brand_path: ClassVar[str] = "official_account__brand"

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="batches")
    official_account = models.ForeignKey(OfficialAccount, models.PROTECT, related_name="batches")
    send_number = models.PositiveSmallIntegerField()
    seq = models.PositiveSmallIntegerField()
    route = models.CharField(max_length=4, choices=Route)
    tag_id = models.IntegerField(null=True, blank=True)
    # Follower numbers, not openids, so that erasing a person does not break history. Lists only.
    recipients = ArrayField(models.BigIntegerField(), null=True, blank=True)
    recipient_count = models.PositiveIntegerField()

    clientmsgid = models.CharField(max_length=limits.CLIENTMSGID_BYTES)
    # The bytes of the attempt, kept so that a replay says exactly the same; and their digest.
    request_body = models.TextField(blank=True)
    request_fingerprint = models.CharField(max_length=64, blank=True)
    draft_media_id = models.CharField(max_length=128, blank=True)
    draft_rebuilds = models.PositiveSmallIntegerField(default=0)
    token_renewals = models.PositiveSmallIntegerField(default=0)

    state = models.CharField(max_length=11, choices=State, default=State.PLANNED)
    not_before = models.DateTimeField()
    needs_person = models.BooleanField(default=False)  # blocked until somebody acts, whatever the time
    epoch = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    armed_count = models.PositiveSmallIntegerField(default=0)
    replays = models.PositiveSmallIntegerField(default=0)
    first_armed_at = models.DateTimeField(null=True, blank=True)
    last_armed_at = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)
    maybe_accepted = models.BooleanField(default=False)

    msg_id = models.BigIntegerField(null=True, blank=True)
    msg_data_id = models.BigIntegerField(null=True, blank=True)
    noted_msg_id = models.BigIntegerField(null=True, blank=True)
    last_errcode = models.BigIntegerField(null=True, blank=True)
    last_answer = models.CharField(max_length=300, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)

    # WeChat's report. Filtered is what was left after filtering, as WeChat counts (official-account.md §7).
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)
    total = models.PositiveIntegerField(null=True, blank=True)
    filtered = models.PositiveIntegerField(null=True, blank=True)
    sent = models.PositiveIntegerField(null=True, blank=True)
    errors = models.PositiveIntegerField(null=True, blank=True)
    raw_status = models.CharField(max_length=40, blank=True)
    msg_status = models.CharField(max_length=20, blank=True)
    article_urls = models.JSONField(default=list, blank=True)
    polls = models.PositiveSmallIntegerField(default=0)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["campaign", "send_number", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "send_number", "seq"], name="one_batch_per_place"),
            models.UniqueConstraint(fields=["official_account", "clientmsgid"], name="clientmsgid_once_per_account"),
            models.UniqueConstraint(
                fields=["official_account", "msg_id"],
                condition=Q(msg_id__isnull=False),
                name="msg_id_once_per_account",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(msg_id__isnull=False), name="accepted_has_msg_id"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["planned", "claimed", "blocked", "rejected", "cancelled", "expired"])
                | Q(maybe_accepted=False, msg_id=None),
                name="nothing_sent_is_not_maybe_accepted",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["armed", "unknown"]) | Q(first_armed_at__isnull=False),
                name="armed_or_unknown_was_armed",
            ),
            models.CheckConstraint(
                condition=~Q(state="armed") | (Q(deadline__isnull=False) & ~Q(request_fingerprint="")),
                name="armed_has_deadline_and_request",
            ),
            models.CheckConstraint(
                condition=Q(route="all", tag_id=None, recipients=None)
                | Q(route="tag", tag_id__isnull=False, recipients=None)
                | Q(route="list", tag_id=None, recipients__len=models.F("recipient_count"))
                & Q(recipient_count__gte=limits.MASS_LIST_LEAST, recipient_count__lte=limits.MASS_LIST_MOST),
                name="recipients_fit_the_route",
            ),
        ]
        indexes = [
            # Serves the tick and T1: what is due to be claimed.
            models.Index(
                fields=["official_account", "not_before"],
                condition=Q(state__in=["planned", "blocked", "claimed"]),
                name="batches_to_claim",
            ),
            # Serves reaper and resolver: what is in the air.
            models.Index(
                fields=["official_account"],
                condition=Q(state__in=["armed", "unknown"]),
                name="batches_in_the_air",
            ),
            # Serves the reading of 45065 and the booking of foreign sends: who may own an unbound id.
            models.Index(
                fields=["official_account", "first_armed_at"],
                condition=Q(msg_id=None, first_armed_at__isnull=False),
                name="batches_without_msg_id",
            ),
            # Serves the poller.
            models.Index(fields=["next_poll_at"], condition=Q(state="accepted"), name="batches_to_poll"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.send_number}/{self.seq} {self.state}"


class BatchLog(models.Model):
    """The diary of a batch: one line in the same transaction as every move. Only ever added to."""

    brand_path: ClassVar[str] = "batch__official_account__brand"

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="log")
    at = models.DateTimeField()
    move = models.CharField(max_length=12)
    from_state = models.CharField(max_length=11, blank=True)
    to_state = models.CharField(max_length=11)
    epoch = models.PositiveIntegerField()
    actor = models.CharField(max_length=80)
    evidence = models.JSONField(default=dict, blank=True)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a batch's diary")
        verbose_name_plural = _("diary of batches")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.move} {self.from_state} → {self.to_state}"


class OrphanEvent(models.Model):
    """A MASSSENDJOBFINISH whose MsgID belongs to no batch yet: it came early, or a person sent by hand."""

    brand_path: ClassVar[str] = "official_account__brand"

    official_account = models.ForeignKey(OfficialAccount, models.CASCADE, related_name="orphan_events")
    msg_id = models.BigIntegerField()
    signed = models.BooleanField()
    report = models.JSONField()
    created_at = models.DateTimeField(help_text=_("WeChat's CreateTime."))
    received_at = models.DateTimeField()
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, blank=True, related_name="matched_events")
    # The quota row it is booked on as a send that was not ours.
    booked_on = models.ForeignKey("QuotaHold", models.SET_NULL, null=True, blank=True, related_name="+")

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("report without a batch")
        verbose_name_plural = _("reports without a batch")
        ordering = ["-received_at"]
        constraints = [
            models.UniqueConstraint(fields=["official_account", "msg_id", "signed"], name="one_orphan_per_msg_id")
        ]

    def __str__(self) -> str:
        return f"{self.msg_id}"
