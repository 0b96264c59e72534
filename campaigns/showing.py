"""What the pages of a campaign show: its word, its batches, its numbers, what may be ordered."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.clock import now_for
from accounts.policies import may
from campaigns import decisions, lifecycle
from campaigns.lifecycle import Word
from campaigns.models import Batch, BatchLog, Campaign
from campaigns.sending import guards

S = Batch.State
SHOWN_LINES = 60  # of the diary
LIVE = frozenset({"scheduled", "sending", "paused", "stopping"})
WAITING = LIVE | {"needs-decision"}  # where a bar of the account explains why nothing moves
# What happened, in words; the protocol's own name stands beside it for those who know it.
MOVES: dict[str, Promise] = {
    "T1": _("A worker took it on"),
    "T1 back": _("Put back: nothing was sent"),
    "draft": _("Draft made at WeChat"),
    "T2": _("Intent written down; the call begins"),
    "T4 none": _("WeChat could not be reached; nothing was sent"),
    "T4 yes": _("WeChat accepted it"),
    "T4 no": _("WeChat refused the call"),
    "T4 ?": _("No usable answer: nobody knows"),
    "T5": _("The worker fell silent: nobody knows"),
    "T6": _("The same call is asked about again"),
    "T8": _("The window has closed: a person decides"),
    "T9": _("A person decided"),
    "T10": _("WeChat reported the end"),
    "T11": _("Called off"),
    "numbers": _("WeChat's numbers came"),
    "mass/get": _("WeChat was asked how far it is"),
    "late answer": _("A late answer, kept as evidence"),
    "note gone": _("An id WeChat named was not believed"),
    "incident": _("Two answers contradict each other"),
    "proof": _("Proof came later"),
    "resumed": _("A person let it go on"),
    "restore": _("Set aside: another database was found"),
    "looked": _("A person looked at the installation"),
}


@dataclass(frozen=True)
class Result:
    """WeChat's numbers over all batches; None where none has come yet."""

    total: int | None
    filtered: int | None
    sent: int | None
    errors: int | None
    urls: list[str]
    reported: int
    batches: int

    @property
    def skipped(self) -> int | None:
        """Return how many WeChat left out: four this month already, messages refused, blacklisted."""
        return None if self.total is None or self.filtered is None else self.total - self.filtered


@dataclass(frozen=True)
class Event:
    """One line of the timeline, in words."""

    at: datetime
    text: Promise | str
    move: str
    actor: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """Everything the live part of the page needs."""

    campaign: Campaign
    word: Word
    now: datetime
    batches: list[Batch]
    result: Result
    events: list[Event] = field(default_factory=list)
    bars: list[Any] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        """Return whether the page should look again by itself."""
        if self.word.key == "scheduled" and self.campaign.scheduled_at is not None:
            return (self.campaign.scheduled_at - self.now).total_seconds() < 3600
        return self.word.key in LIVE

    @property
    def made(self) -> int:
        """Return how many calls WeChat has answered for good."""
        return sum(batch.state in Batch.FINAL | {S.ACCEPTED} for batch in self.batches)

    @property
    def last_answer(self) -> Batch | None:
        """Return the batch whose answer from WeChat is worth showing."""
        return next((batch for batch in reversed(self.batches) if batch.last_answer), None)

    @property
    def ended(self) -> list[Batch]:
        """Return the batches WeChat, or a person, said the end of."""
        return [batch for batch in self.batches if batch.state == S.DONE]

    @property
    def undecided(self) -> list[tuple[Batch, datetime | None]]:
        """Return the calls a person has to decide about, and from when on they may."""
        return [(batch, decisions.may_be_decided_at(batch)) for batch in self.batches if batch.state == S.UNDECIDED]


def of(campaign: Campaign) -> Shown:
    """Return the live part of one campaign's page."""
    now = now_for(campaign.official_account)
    batches = list(light(campaign.batches.filter(send_number=campaign.send_number)))
    lines = BatchLog.objects.filter(batch__campaign=campaign).order_by("-pk")[:SHOWN_LINES]
    word = lifecycle.word_for(campaign, batches, now)
    return Shown(
        campaign=campaign,
        word=word,
        now=now,
        batches=batches,
        result=result_of(batches),
        events=[
            Event(line.at, MOVES.get(line.move, line.move), line.move, line.actor, line.evidence) for line in lines
        ],
        bars=guards.bars(campaign.official_account_id, now) if word.key in WAITING else [],
    )


def light(batches: Any) -> Any:
    """Leave out what is large and never shown."""
    return batches.defer("recipients", "request_body")


def result_of(batches: Iterable[Batch]) -> Result:
    """Add up WeChat's numbers of these batches."""
    rows = list(batches)
    reported = [row for row in rows if row.total is not None]

    def summed(name: str) -> int | None:
        return sum(getattr(row, name) or 0 for row in reported) if reported else None

    urls: list[str] = next((row.article_urls for row in reported if row.article_urls), [])
    numbers = {name: summed(name) for name in ("total", "filtered", "sent", "errors")}
    return Result(**numbers, urls=urls, reported=len(reported), batches=len(rows))


def orders(user: Any, shown: Shown) -> dict[str, bool]:
    """Return what this person may order about the campaign now."""
    campaign, brand, key = shown.campaign, shown.campaign.official_account.brand, shown.word.key
    is_draft = campaign.status == Campaign.Status.DRAFT
    writes, sends, stops = (may(user, f"campaign.{right}", brand) for right in ("write", "release", "stop"))
    begun = any(batch.state not in lifecycle.NOT_STARTED for batch in shown.batches)
    stoppable = any(batch.state in lifecycle.IN_MOTION | {S.UNKNOWN} for batch in shown.batches)
    running = key in ("scheduled", "sending", "paused", "needs-decision") and not is_draft
    stuck = any(batch.state == S.BLOCKED and batch.needs_person for batch in shown.batches)
    return {
        "edit": writes and is_draft,
        "release": sends and is_draft,
        "withdraw": writes and key == "scheduled" and campaign.frozen_at is None,
        "cancel": (stops and running and not begun) or (stops and is_draft),
        "pause": stops and key in ("scheduled", "sending") and campaign.command == Campaign.Command.RUN,
        "resume": sends and (key == "paused" or stuck),
        "stop": stops and running and begun and stoppable and campaign.command != Campaign.Command.STOP,
        "decide": may(user, "campaign.resolve", brand),
    }
