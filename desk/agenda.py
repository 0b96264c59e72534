"""The campaigns Today shows: what is under way or to come, what ended lately, and the word for each.

Two queries and their batches, whatever the number of accounts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q

from accounts.clock import in_world_of
from accounts.models import OfficialAccount
from campaigns import lifecycle
from campaigns.lifecycle import Word
from campaigns.models import Batch, Campaign

SHOWN_NEXT = 8
SHOWN_RESULTS = 5
LATELY = timedelta(days=14)  # how long an end that needs a look stays on Today
DRAFTS_AHEAD = timedelta(days=7)  # a draft whose moment is nearer than this should be released


@dataclass(frozen=True)
class Line:
    """One campaign with its word and the sums of its batches."""

    campaign: Campaign
    word: Word
    batches: list[Batch]

    @property
    def account(self) -> OfficialAccount:
        """Return the account it goes out from."""
        return self.campaign.official_account

    @property
    def delivered(self) -> int:
        """Return how many followers got it, as WeChat reported."""
        return sum(batch.sent or 0 for batch in self.batches)

    @property
    def addressed(self) -> int:
        """Return how many it was for: WeChat's count, ours where WeChat has not reported."""
        return sum(batch.recipient_count if batch.total is None else batch.total for batch in self.batches)

    @property
    def reported(self) -> bool:
        """Return whether WeChat has said what became of it."""
        return any(batch.sent is not None for batch in self.batches)

    @property
    def expected(self) -> int | None:
        """Return for how many followers it is, once that is known."""
        return self.campaign.audience_count if self.campaign.audience_count is not None else None


@dataclass(frozen=True)
class Agenda:
    """What is under way or comes, what ended, and drafts whose moment is near."""

    coming: list[Line]
    ended: list[Line]
    drafts: list[Line]


def of(user: Any, accounts: list[OfficialAccount], now: datetime) -> Agenda:
    """Return the agenda of these accounts, as far as ``user`` may see it."""
    campaigns = Campaign.objects.visible_to(user).filter(official_account__in=accounts)
    rows = campaigns.select_related("official_account__brand").prefetch_related(
        Prefetch("batches", Batch.objects.order_by("seq"))
    )
    released, open_batches = rows.filter(status=Campaign.Status.SCHEDULED), _open_batches()
    drafts = rows.filter(
        status=Campaign.Status.DRAFT, scheduled_at__gt=now - LATELY, scheduled_at__lt=now + DRAFTS_AHEAD
    )
    coming = released.filter(Q(frozen_at=None) | Exists(open_batches)).order_by("scheduled_at")
    ended = released.filter(frozen_at__isnull=False).exclude(Exists(open_batches)).order_by("-scheduled_at")
    return Agenda(
        [_line(campaign, now) for campaign in coming],
        [_line(campaign, now) for campaign in ended[:SHOWN_RESULTS]],
        [_line(campaign, now) for campaign in drafts.order_by("scheduled_at")],
    )


def _open_batches() -> Any:
    """Return the batches that keep a campaign from having ended, for EXISTS."""
    return Batch.objects.filter(campaign=OuterRef("pk")).exclude(state__in=Batch.FINAL)


def _line(campaign: Campaign, now: datetime) -> Line:
    batches = [batch for batch in campaign.batches.all() if batch.send_number == campaign.send_number]
    there = in_world_of(campaign.official_account, now)
    return Line(campaign, lifecycle.word_for(campaign, batches, there), batches)
