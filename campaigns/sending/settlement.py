"""Write down what became of a call: T4 (DISPATCH §2, §3).

Positive proof always wins, from anyone and at any time. A conclusive no counts
only under the epoch that asked, and only while nothing ambiguous happened
before. Everything else is unknown, and unknown is a state.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import OfficialAccount
from campaigns.models import Bar, Batch
from campaigns.planning import quota
from campaigns.sending import guards, reports, transitions
from campaigns.sending.answers import (
    ACCOUNT_CODES,
    CONCLUSIVE,
    DAY_SPENT,
    MINUTE_SPENT,
    PERIOD_SPENT,
    TOO_FAST,
    Reading,
    Verdict,
)
from campaigns.sending.constants import MOST_DRAFT_REBUILDS, MOST_TOKEN_RENEWALS, seconds, times
from campaigns.sending.crashpoints import crashpoint
from campaigns.sending.moments import moment_for
from campaigns.sending.persistence import persistently
from campaigns.sending.transitions import move, note

logger = logging.getLogger(__name__)

S = Batch.State
# After one of these the slots go back: it was certainly not accepted, and will not be soon.
GIVES_SLOTS_BACK = frozenset({S.REJECTED, S.BLOCKED})


def settle(batch: Batch, verdict: Verdict, *, actor: str) -> None:
    """Move the batch by the answer to the call it was armed for.

    A connection that is cut meanwhile is opened again: every move is conditional,
    so writing it twice changes nothing. If it cannot be had, the reaper finds the
    batch armed, and the replay learns the truth.
    """
    persistently(lambda: _settle(batch, verdict, actor))


def accept(batch: Batch, msg_id: int, msg_data_id: int | None, *, actor: str, evidence: dict[str, Any]) -> bool:
    """Record positive proof (T4 yes); return whether the batch is bound to ``msg_id`` now.

    Another msg_id on the row, or this one on another batch, is a duplicate send or
    a wrong reading: the account stops and people are told.
    """
    with transaction.atomic():
        return _accept(batch, msg_id, msg_data_id, moment_for(batch.official_account), actor, evidence)


def give_back(
    batch: Batch,
    reason: str,
    *,
    actor: str,
    not_before: datetime | None = None,
    blocked: bool = False,
    needs_person: bool = False,
) -> None:
    """Let go of a claim under which nothing was sent; ``needs_person`` blocks it until somebody acts."""
    with transaction.atomic():
        now = moment_for(batch.official_account)
        moved = move(
            batch.pk,
            transitions.GIVE_BACK,
            S.BLOCKED if blocked or needs_person else S.PLANNED,
            now=now,
            actor=actor,
            epoch=batch.epoch,
            evidence={"reason": reason},
            not_before=not_before or now + _retry_delay(batch),
            needs_person=needs_person,
            last_answer=reason[:300] if needs_person or blocked else "",
        )
        if moved is not None and moved.state in GIVES_SLOTS_BACK:
            quota.release([moved])


def bar(
    official_account: OfficialAccount,
    route: str,
    until: datetime | None,
    reason: str,
    now: datetime,
    errcode: int | None = None,
) -> None:
    """Let the account make no mass call of ``route`` (empty: none at all) until then, or until a person acts."""
    Bar.objects.create(
        official_account=official_account, route=route, until=until, errcode=errcode, reason=reason[:300], since=now
    )


def _settle(batch: Batch, verdict: Verdict, actor: str) -> None:
    with transaction.atomic():
        now = moment_for(batch.official_account)
        if verdict.reading == Reading.ACCEPTED:
            assert verdict.msg_id is not None
            _accept(batch, verdict.msg_id, verdict.msg_data_id, now, actor, verdict.evidence)
        elif verdict.reading in CONCLUSIVE:
            _no(batch, verdict, now, actor)
        else:
            _unclear(batch, verdict, now, actor)
        crashpoint("before_record_commit")


def _accept(
    batch: Batch, msg_id: int, msg_data_id: int | None, now: datetime, actor: str, evidence: dict[str, Any]
) -> bool:
    # One after the other: two answers with one id must not both find it free.
    guards.wait_for(batch.official_account_id)
    row = Batch.objects.select_for_update(of=("self",), no_key=True).get(pk=batch.pk)
    if row.msg_id == msg_id:
        return True
    owner = Batch.objects.filter(official_account=row.official_account_id, msg_id=msg_id).first()
    if owner is not None or row.msg_id is not None:
        _incident(row, msg_id, owner, now, actor)
        return False
    ids: dict[str, Any] = {"msg_id": msg_id, "msg_data_id": msg_data_id, "noted_msg_id": None}
    moved = move(
        row.pk,
        transitions.ACCEPTED,
        S.ACCEPTED,
        now=now,
        actor=actor,
        evidence=evidence,
        accepted_at=now,
        next_poll_at=now + seconds(times().polls[0]),
        last_errcode=evidence.get("errcode"),
        last_answer="",
        **ids,
    )
    if moved is None:
        return _late_proof(row, ids, now, actor, evidence)
    quota.use(moved)
    reports.match_orphans(moved, now)
    return True


def _late_proof(row: Batch, ids: dict[str, Any], now: datetime, actor: str, evidence: dict[str, Any]) -> bool:
    """Bind an id to a batch a person confirmed before; anything else that was not on its way is an incident."""
    bound = Batch.objects.filter(pk=row.pk, state=S.DONE, msg_id=None).update(**ids)
    if not bound:
        _incident(row, ids["msg_id"], None, now, actor)
        return False
    row.refresh_from_db()
    note(row, "proof", now=now, actor=actor, evidence=evidence)
    reports.match_orphans(row, now)
    return True


def _no(batch: Batch, verdict: Verdict, now: datetime, actor: str) -> None:
    """A conclusive no, or nothing written: it counts where nothing ambiguous happened before (T4 no, T4 none)."""
    route, until = _barred(batch, verdict, now)
    if verdict.reading == Reading.BARRED:
        bar(batch.official_account, route, until, verdict.text, now, verdict.errcode)
    to, changes = _consequence(batch, verdict, until, now)
    transition = transitions.NOTHING_WRITTEN if verdict.reading == Reading.NOTHING_WRITTEN else transitions.REFUSED
    moved = move(
        batch.pk,
        transition,
        to,
        now=now,
        actor=actor,
        epoch=batch.epoch,
        evidence=verdict.evidence,
        last_errcode=verdict.errcode,
        last_answer=verdict.text[:300],
        **changes,
    )
    if moved is None:
        _unclear(batch, verdict, now, actor)
    elif moved.state in GIVES_SLOTS_BACK:
        quota.release([moved])


def _unclear(batch: Batch, verdict: Verdict, now: datetime, actor: str) -> None:
    """Nobody knows (T4 ?); an id that came along is noted. A worker that was given up only leaves its evidence."""
    noted = _free_id(batch, verdict.msg_id, now)
    moved = move(
        batch.pk,
        transitions.UNCLEAR,
        S.UNKNOWN,
        now=now,
        actor=actor,
        epoch=batch.epoch,
        evidence=verdict.evidence,
        noted_msg_id=noted,
        last_errcode=verdict.errcode,
        last_answer=verdict.text[:300],
    )
    if moved is None:
        row = Batch.objects.get(pk=batch.pk)
        # A late 45065 is worth its id while the batch waits for one.
        Batch.objects.filter(pk=batch.pk, state__in=[S.UNKNOWN, S.UNDECIDED], msg_id=None, noted_msg_id=None).update(
            noted_msg_id=noted
        )
        note(row, "late answer", now=now, actor=actor, evidence=verdict.evidence)


def _free_id(batch: Batch, msg_id: int | None, now: datetime) -> int | None:
    """Return an id from a 45065 if no other batch has it; one that names another's batch is false, and reported."""
    if msg_id is None:
        return None
    owner = Batch.objects.filter(official_account=batch.official_account_id, msg_id=msg_id).exclude(pk=batch.pk)
    if owner.exists():
        logger.error("batch %s: 45065 names the id of another batch", batch.pk)
        return None
    return msg_id


def _consequence(batch: Batch, verdict: Verdict, until: datetime | None, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return where a conclusive no leads while nothing ambiguous happened, and what is written with it."""
    soon = now + _retry_delay(batch)
    if verdict.reading == Reading.NOTHING_WRITTEN:
        return S.PLANNED, {"not_before": soon}
    if verdict.reading == Reading.BARRED:
        return S.BLOCKED, {"not_before": until or now, "needs_person": until is None}
    if verdict.reading == Reading.TOKEN:
        if batch.token_renewals >= MOST_TOKEN_RENEWALS:
            return S.BLOCKED, {"needs_person": True}
        return S.PLANNED, {"token_renewals": batch.token_renewals + 1, "not_before": now}
    if verdict.reading == Reading.DRAFT_GONE and batch.draft_rebuilds < MOST_DRAFT_REBUILDS:
        return S.PLANNED, {"draft_rebuilds": batch.draft_rebuilds + 1, "draft_media_id": "", "not_before": now}
    return S.REJECTED, {}


def _barred(batch: Batch, verdict: Verdict, now: datetime) -> tuple[str, datetime | None]:
    """Return which routes a budget or account code closes, and until when; None means until a person acts."""
    account = batch.official_account
    if verdict.errcode in ACCOUNT_CODES:
        return "", None
    if verdict.errcode == PERIOD_SPENT and account.type == OfficialAccount.Type.SERVICE:
        # The month's sends to all; a tag or a list has its quota per follower. Refused there, nobody knows why.
        return (batch.route, quota.next_month(now)) if batch.route == Batch.Route.ALL else (batch.route, None)
    waits: dict[int | None, Callable[[], datetime]] = {
        MINUTE_SPENT: lambda: now + seconds(times().rate_bar),
        TOO_FAST: lambda: now + seconds(times().pace_bar),
        DAY_SPENT: lambda: quota.next_day(now),
        PERIOD_SPENT: lambda: quota.next_day(now),
    }
    return "", waits.get(verdict.errcode, lambda: now)()


def _retry_delay(batch: Batch) -> timedelta:
    """Return how long to leave a batch alone that could not be brought to WeChat: longer each time."""
    return seconds(min(times().retry_delay * max(batch.epoch, 1), times().most_retry_delay))


def _incident(row: Batch, msg_id: int, owner: Batch | None, now: datetime, actor: str) -> None:
    """Two jobs for one batch, or one job for two: stop the account until a person looked."""
    logger.error("batch %s: msg_id %s contradicts what is recorded", row.pk, msg_id)
    evidence = {"msg_id": msg_id, "recorded": row.msg_id, "owner": owner.pk if owner else None}
    note(row, "incident", now=now, actor=actor, evidence=evidence)
    reason = f"WeChat's answer for {row} names job {msg_id}, which contradicts what is recorded."
    bar(row.official_account, "", None, reason, now)
