"""What people may order about a campaign, and the one word they see for it (DISPATCH §4).

Every order takes the campaign's row lock first and reads the batches in a second
statement: a guard on other rows inside one UPDATE is not looked at again after
PostgreSQL waited for the share lock of an arming.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from articles import publishing
from campaigns.models import Bar, Batch, Campaign
from campaigns.planning import quota
from campaigns.sending import transitions
from campaigns.sending.moments import moment_for, world_now
from campaigns.sending.transitions import move as move_batch
from campaigns.sending.transitions import note

S, Status, Command = Batch.State, Campaign.Status, Campaign.Command
NOT_STARTED = frozenset({S.PLANNED, S.CLAIMED, S.BLOCKED})
IN_MOTION = NOT_STARTED | {S.ARMED}


class IllegalMove(Exception):
    """The campaign is not where this order could be given; the text says so to people."""


@dataclass(frozen=True)
class Word:
    """What people see: ``key`` names the colour and never changes, ``detail`` says more in words."""

    key: str
    label: Promise | str
    detail: Promise | str = ""


LABELS: dict[str, Promise] = {
    "draft": _("Draft"),
    "scheduled": _("Scheduled"),
    "sending": _("Sending"),
    "paused": _("Paused"),
    "stopping": _("Stopping"),
    "stopped": _("Stopped"),
    "needs-decision": _("Needs a decision"),
    "finished": _("Finished"),
    "partly": _("Partly sent"),
    "missed": _("Missed"),
    "cancelled": pgettext_lazy("campaign", "Cancelled"),
    "rejected": _("Rejected by WeChat"),
}


# --- what people order -------------------------------------------------------
def release(campaign: Campaign, *, by: Any, version: int) -> Campaign:
    """Schedule a draft: fix its content, hold its quota. Raises IllegalMove, quota.NoRoom.

    ``version`` is the plan the person saw; another one is refused.
    """
    return _order(campaign, by, lambda row, batches, now: _release(row, now, by, version))


def withdraw(campaign: Campaign, *, by: Any) -> Campaign:
    """Make a scheduled campaign a draft again, to change it; only before its audience is frozen. Raises IllegalMove."""
    return _order(campaign, by, _withdraw)


def cancel(campaign: Campaign, *, by: Any) -> Campaign:
    """Call the campaign off before anything went out. Raises IllegalMove."""
    return _order(campaign, by, _cancel)


def pause(campaign: Campaign, *, by: Any) -> Campaign:
    """Let no new call begin. Raises IllegalMove."""
    return _order(campaign, by, _pause)


def resume(campaign: Campaign, *, by: Any) -> Campaign:
    """Go on: lift a pause, and what waits until a person acts. Raises IllegalMove."""
    return _order(campaign, by, lambda row, batches, now: _resume(row, batches, now, by))


def stop(campaign: Campaign, *, by: Any) -> Campaign:
    """Let no call begin any more, for good. Raises IllegalMove."""
    return _order(campaign, by, lambda row, batches, now: _stop(row, batches, now, by))


# --- what the clock orders ----------------------------------------------------
def expire_missed() -> int:
    """Expire what was not begun by its latest start; return how many campaigns were missed."""
    late = Campaign.objects.annotate(world_now=world_now()).filter(
        status=Status.SCHEDULED, quarantined_at=None, batches__state__in=NOT_STARTED, command__in=["run", "pause"]
    )
    missed = [
        campaign for campaign in late.distinct() if campaign.not_after and campaign.not_after <= campaign.world_now
    ]
    return sum(_quietly(campaign, _miss) for campaign in missed)


def sweep_stopped() -> int:
    """Cancel what came back from an arming after a stop was ordered; return how many campaigns had some."""
    stopped = Campaign.objects.filter(command=Command.STOP, batches__state__in=NOT_STARTED).distinct()
    return sum(_quietly(campaign, _sweep) for campaign in stopped)


# --- the word -----------------------------------------------------------------
def word_for(campaign: Campaign, batches: Iterable[Batch], now: datetime) -> Word:
    """Return the one word for a campaign and its batches: the first line of DISPATCH §4 that holds."""
    rows = list(batches)
    if campaign.quarantined_at is not None and not rows:
        detail = _("An older or copied database was found. Cancel this campaign and plan it anew.")
        return _word("needs-decision", detail)
    if campaign.status == Status.CANCELLED:
        return _word("cancelled")
    if campaign.status == Status.DRAFT:
        return _word("draft")
    if campaign.command == Command.RUN and all(row.state == S.PLANNED and row.epoch == 0 for row in rows):
        return _word("scheduled")
    if not rows:
        return _word("paused")
    return _derived(campaign, rows, now)


def _derived(campaign: Campaign, rows: list[Batch], now: datetime) -> Word:
    command = campaign.command
    states = {row.state for row in rows}
    waiting = any(row.deadline is not None and row.deadline > now and row.state not in _ANSWERED for row in rows)
    lines: tuple[tuple[str, object, Callable[[], Promise | str]], ...] = (
        ("needs-decision", states & {S.UNDECIDED, S.QUARANTINED} or _stuck(rows), lambda: _why_stuck(rows)),
        ("stopping", command == Command.STOP and (states & IN_MOTION or waiting), _nothing),
        ("paused", command == Command.PAUSE and states & (IN_MOTION | {S.UNKNOWN}), _nothing),
        ("sending", command != Command.STOP and states & _UNFINISHED, lambda: _how_sending(campaign, rows, now)),
        ("stopped", command == Command.STOP and states & {S.UNKNOWN, S.ACCEPTED}, lambda: _unanswered(rows)),
        ("missed", states == {S.EXPIRED}, _nothing),
        ("cancelled", states == {S.CANCELLED} and not any(row.armed_count for row in rows), _nothing),
        ("stopped", S.CANCELLED in states, lambda: _unanswered(rows)),
        ("finished", states == {S.DONE} and not any(row.outcome in _NOT_SENT for row in rows), _nothing),
        ("rejected", all(_is_refused(row) for row in rows), lambda: _refusal(rows)),
        ("partly", True, _nothing),
    )
    return next(_word(key, detail()) for key, holds, detail in lines if holds)


_UNFINISHED = IN_MOTION | {S.UNKNOWN, S.ACCEPTED}
_ANSWERED = frozenset({S.ACCEPTED, S.DONE})
_NOT_SENT = frozenset({Batch.Outcome.REFUSED, Batch.Outcome.FAILED})


def _word(key: str, detail: Promise | str = "") -> Word:
    return Word(key, LABELS[key], detail)


def _nothing() -> str:
    return ""


def _stuck(rows: list[Batch]) -> bool:
    return any(row.state == S.BLOCKED and row.needs_person for row in rows)


def _why_stuck(rows: list[Batch]) -> Promise | str:
    if any(row.state == S.QUARANTINED for row in rows):
        return _("An older or copied database was found: what it says about calls proves nothing.")
    if any(row.state == S.UNDECIDED for row in rows):
        return _("WeChat did not answer a call, and its window has closed. Look into WeChat's console, then decide.")
    answer = next((row.last_answer for row in rows if row.state == S.BLOCKED and row.needs_person), "")
    # WeChat's own words, or one of our sentences.
    return gettext(answer) if answer else ""


def _how_sending(campaign: Campaign, rows: list[Batch], now: datetime) -> Promise | str:
    if any(row.state == S.ACCEPTED and row.msg_status == "WAITING_ADMIN" for row in rows):
        return _("Waits for the administrator to confirm in WeChat, at most 30 minutes.")
    if any(row.state == S.BLOCKED for row in rows):
        later = min(row.not_before for row in rows if row.state == S.BLOCKED)
        if campaign.not_after and later >= campaign.not_after and not any(map(_can_have_begun, rows)):
            return _("WeChat's limit is used up until after the latest start: it will be missed.")
        return _("Continues tomorrow: WeChat's limit for today is used up.") if _other_day(later, now) else ""
    if any(row.state == S.UNKNOWN for row in rows):
        return _("WeChat did not answer. The same call is asked about again; it cannot go out twice.")
    return ""


def _can_have_begun(batch: Batch) -> bool:
    """Return whether anything of this batch can have gone out."""
    return bool(batch.first_armed_at or batch.msg_id) or batch.state not in Batch.NOTHING_SENT


def _other_day(moment: datetime, now: datetime) -> bool:
    return quota.sides(quota.Kind.DAY, moment) != quota.sides(quota.Kind.DAY, now) and moment > now


def _unanswered(rows: list[Batch]) -> str:
    count = sum(row.state == S.UNKNOWN for row in rows)
    return str(_("%(count)d calls unanswered") % {"count": count}) if count else ""


def _is_refused(row: Batch) -> bool:
    return row.state in (S.REJECTED, S.EXPIRED) or (row.state == S.DONE and row.outcome in _NOT_SENT)


def _refusal(rows: list[Batch]) -> str:
    return next((row.last_answer or row.raw_status for row in rows if row.last_answer or row.raw_status), "")


# --- the moves ----------------------------------------------------------------
Rule = Callable[[Campaign, list[Batch], datetime], None]


def _order(campaign: Campaign, by: Any, rule: Rule) -> Campaign:
    """Lock the campaign, then read its batches, then do what was ordered, in one transaction."""
    with transaction.atomic():
        rows = Campaign.objects.select_for_update(of=("self",)).select_related("official_account")
        row: Campaign = rows.get(pk=campaign.pk)
        batches = list(Batch.objects.filter(campaign=row, send_number=row.send_number).order_by("pk"))
        rule(row, batches, moment_for(row.official_account))
        return row


def _quietly(campaign: Campaign, rule: Rule) -> bool:
    """Let the clock give an order; that the campaign moved meanwhile is no error."""
    try:
        _order(campaign, None, rule)
    except IllegalMove:
        return False
    return True


def _release(row: Campaign, now: datetime, by: Any, version: int) -> None:
    if row.status != Status.DRAFT:
        raise IllegalMove(_("This campaign was released already."))
    if row.version != version:
        raise IllegalMove(_("The plan was changed meanwhile. Look at it again."))
    if row.scheduled_at is None or row.not_after is None or row.not_after <= now:
        raise IllegalMove(_("The moment has passed. Choose another one."))
    _pin_articles(row)
    quota.hold_for_campaign(row, row.audience, max(row.scheduled_at, now))
    row.status, row.command, row.released_by, row.released_at = Status.SCHEDULED, Command.RUN, by, now
    row.save()


def _pin_articles(row: Campaign) -> None:
    """Fix which revision of each article is sent, and the fingerprint of all of them."""
    places = list(row.places.select_related("article"))
    if not places:
        raise IllegalMove(_("A campaign needs at least one article."))
    for place in places:
        place.revision = place.article.latest_revision()
        place.save(update_fields=["revision"])
    row.content_fingerprint = publishing.content_fingerprint([place.revision for place in places])


def _withdraw(row: Campaign, batches: list[Batch], now: datetime) -> None:
    if row.status != Status.SCHEDULED or row.frozen_at is not None or row.quarantined_at is not None:
        raise IllegalMove(_("This campaign cannot be changed any more. Cancel it and plan it anew."))
    quota.release_campaign(row)
    row.places.update(revision=None)
    row.status, row.command, row.content_fingerprint, row.released_by, row.released_at = (
        Status.DRAFT,
        Command.RUN,
        "",
        None,
        None,
    )
    row.version += 1
    row.save()


def _cancel(row: Campaign, batches: list[Batch], now: datetime) -> None:
    if row.status == Status.CANCELLED:
        raise IllegalMove(_("This campaign is cancelled already."))
    if any(batch.state not in NOT_STARTED for batch in batches):
        raise IllegalMove(_("A call has begun. Stop the campaign instead."))
    if batches:
        row.command = Command.STOP
        _call_off(batches, S.CANCELLED, now, "people")
    else:
        quota.release_campaign(row)
        row.status = Status.CANCELLED
    row.save()


def _pause(row: Campaign, batches: list[Batch], now: datetime) -> None:
    if row.status != Status.SCHEDULED or row.command != Command.RUN:
        raise IllegalMove(_("There is nothing to pause."))
    if batches and all(batch.state in Batch.FINAL | {S.ACCEPTED, S.UNDECIDED} for batch in batches):
        raise IllegalMove(_("Every call was made already."))
    row.command = Command.PAUSE
    row.save()


def _resume(row: Campaign, batches: list[Batch], now: datetime, by: Any) -> None:
    stuck = [batch for batch in batches if batch.state == S.BLOCKED and batch.needs_person]
    if row.status != Status.SCHEDULED or row.command == Command.STOP or (row.command == Command.RUN and not stuck):
        raise IllegalMove(_("There is nothing to resume."))
    row.command = Command.RUN
    row.save()
    if stuck:
        # The account was barred until a person acts: this is the person.
        Bar.objects.filter(official_account=row.official_account_id, until=None, lifted_at=None).update(lifted_at=now)
    for batch in stuck:
        Batch.objects.filter(pk=batch.pk, state=S.BLOCKED).update(needs_person=False, not_before=now, token_renewals=0)
        note(batch, "resumed", now=now, actor=str(by))


def _stop(row: Campaign, batches: list[Batch], now: datetime, by: Any) -> None:
    if row.status != Status.SCHEDULED or row.command == Command.STOP:
        raise IllegalMove(_("There is nothing to stop."))
    if not batches:
        _cancel(row, batches, now)
        return
    if all(batch.state in Batch.FINAL for batch in batches):
        raise IllegalMove(_("This campaign has ended already."))
    row.command = Command.STOP
    row.save()
    _call_off(batches, S.CANCELLED, now, str(by))


def _miss(row: Campaign, batches: list[Batch], now: datetime) -> None:
    """Expire everything, unless something can have gone out: then the latest start binds no longer."""
    begun = any(map(_can_have_begun, batches))
    if row.not_after is None or row.not_after > now or begun or row.command == Command.STOP:
        raise IllegalMove(_("This campaign was not missed."))
    _call_off(batches, S.EXPIRED, now, "clock")


def _sweep(row: Campaign, batches: list[Batch], now: datetime) -> None:
    if row.command != Command.STOP:
        raise IllegalMove(_("This campaign was not stopped."))
    _call_off(batches, S.CANCELLED, now, "clock")


def _call_off(batches: list[Batch], to: str, now: datetime, actor: str) -> None:
    """Cancel or expire every batch that has not started (T11), and give its slots back."""
    moved = [
        move_batch(batch.pk, transitions.CALL_OFF, to, now=now, actor=actor)
        for batch in batches
        if batch.state in NOT_STARTED
    ]
    quota.release([batch for batch in moved if batch is not None])
