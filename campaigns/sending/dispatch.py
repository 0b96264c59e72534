"""Send due batches: claim one, make its draft, arm it, call WeChat, settle the row.

The database is the queue. A Celery message only says "look now"; a lost or
doubled message changes nothing. Intent is committed before the first byte
leaves, the result after the answer came.
"""

import logging
import os
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import OfficialAccount
from accounts.scoping import BrandScopedQuerySet
from campaigns.models import Bar, Batch, Campaign
from campaigns.planning import quota
from campaigns.sending import calls, drafting, guards, incarnation, notes, settlement, transitions
from campaigns.sending.answers import Reading, Verdict
from campaigns.sending.constants import seconds, times
from campaigns.sending.crashpoints import crashpoint
from campaigns.sending.moments import moment_for, wait_briefly_for_locks, world_now
from campaigns.sending.transitions import move
from wxportal.wechat import mass
from wxportal.wechat.client import Client
from wxportal.wechat.errors import WeChatError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Armed:
    """An armed batch and what it says; past ``write_before`` (monotonic seconds) it must stay silent."""

    batch: Batch
    request: mass.Request
    write_before: float


def worker_name() -> str:
    """Return who holds a lease: this process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def accounts_with_due_work() -> list[int]:
    """Return the accounts for which a claim may succeed now: the tick nudges a sender for each."""
    if not incarnation.sending_is_on():
        return []
    due = Batch.objects.filter(_due(world_now()), campaign__quarantined_at=None, official_account__paused_at=None)
    closed = Bar.objects.filter(guards.holding(world_now()), official_account=OuterRef("official_account"), route="")
    return list(due.exclude(Exists(closed)).order_by().values_list("official_account_id", flat=True).distinct())


def send_all(official_account: OfficialAccount, client: Client) -> int:
    """Send this account's batches, one after the other, until none is due; return how many were tried."""
    tried = 0
    while batch := claim(official_account):
        send(batch, client)
        tried += 1
    return tried


def claim(official_account: OfficialAccount) -> Batch | None:
    """Take the account's next due batch (T1), None where none is due or another call is on its way.

    Claimed means: no byte was ever sent under this epoch.
    """
    with transaction.atomic():
        if not guards.alone_with(official_account.pk):
            return None
        now = moment_for(official_account)
        if guards.busy(official_account.pk, now) or not guards.may_send(official_account):
            return None
        batch = _take(official_account, now)
    if batch is not None:
        crashpoint("after_claim")
    return batch


def send(batch: Batch, client: Client) -> None:
    """Bring a claimed batch to WeChat, once."""
    prepared = drafting.prepare(batch, client)
    if prepared is None:
        return
    crashpoint("before_arm")
    armed = arm(prepared)
    if armed is None:
        settlement.give_back(prepared, "T2 refused", actor=worker_name())
        return
    fire(armed, client)


def arm(batch: Batch) -> Armed | None:
    """Commit the intent to call (T2); None where a guard says no.

    The clock of T3 starts before the transaction does: a commit that was slow
    to come back must not lengthen it.
    """
    started = time.monotonic()
    request = calls.new_request(batch)
    try:
        with transaction.atomic():
            wait_briefly_for_locks()
            moved = _arm(batch, request)
            crashpoint("before_arm_commit")
    except (quota.NoRoom, OperationalError) as exc:
        # A lock that was not had, or a period that is full: nothing was committed, nothing is called.
        logger.warning("batch %s not armed: %s", batch.pk, type(exc).__name__)
        return None
    if moved is None:
        return None
    crashpoint("after_arm_commit")
    return Armed(moved, request, started + times().call_starts_within)


def arm_again(batch: Batch) -> Armed | None:
    """Commit the intent to repeat an unknown call with the same bytes (T6); None where a guard says no.

    If the first request never arrived, the replay *is* the send: so only while
    the campaign's command is *run*.
    """
    started = time.monotonic()
    request = calls.stored_request(batch)
    try:
        with transaction.atomic():
            wait_briefly_for_locks()
            moved = _arm_again(batch)
            crashpoint("before_replay_commit")
    except (quota.NoRoom, OperationalError) as exc:
        logger.warning("batch %s not armed again: %s", batch.pk, type(exc).__name__)
        return None
    if moved is None:
        return None
    crashpoint("after_replay_commit")
    return Armed(moved, request, started + times().call_starts_within)


def fire(armed: Armed, client: Client) -> None:
    """Make the call (T3) and write down what came of it (T4)."""
    crashpoint("before_write")
    verdict = calls.call(client, armed.request, armed.write_before)
    crashpoint("after_answer")
    if verdict.reading == Reading.TOKEN:
        # Also after an ambiguous attempt: the next replay needs a token WeChat takes.
        verdict = _with_new_token(verdict, client)
    settlement.settle(armed.batch, verdict, actor=worker_name())
    crashpoint("after_record")
    if verdict.reading == Reading.DUPLICATE:
        notes.believe_notes(armed.batch.official_account, client, actor=worker_name())


def _due(now: object) -> Q:
    """Return what T1 may take, apart from what stands above the batch."""
    waiting = Q(state__in=[Batch.State.PLANNED, Batch.State.BLOCKED])
    left = Q(state=Batch.State.CLAIMED, lease_until__lte=now)
    return (waiting | left) & Q(not_before__lte=now, needs_person=False, campaign__command=Campaign.Command.RUN)


def _candidates(official_account: OfficialAccount, now: datetime) -> BrandScopedQuerySet:
    barred = guards.barred_routes(official_account.pk, now)
    due = Batch.objects.filter(_due(now), official_account=official_account, campaign__quarantined_at=None)
    rows = due.exclude(route__in=barred).order_by("not_before", "campaign_id", "seq")
    return rows.select_for_update(of=("self",), skip_locked=True, no_key=True)


def _take(official_account: OfficialAccount, now: datetime) -> Batch | None:
    candidate = _candidates(official_account, now).values_list("pk", flat=True).first()
    if candidate is None:
        return None
    return move(
        candidate,
        transitions.CLAIM,
        Batch.State.CLAIMED,
        now=now,
        actor=worker_name(),
        guard=_due(now),
        lease_owner=worker_name(),
        lease_until=now + seconds(times().lease),
    )


def _arm(batch: Batch, request: mass.Request) -> Batch | None:
    """Everything that must be true at the moment of arming, in one transaction."""
    campaign = guards.shared_campaign(batch.campaign_id)
    if campaign is None or campaign.content_fingerprint != batch.campaign.content_fingerprint:
        return None
    now = moment_for(batch.official_account)
    if not guards.may_call(batch.official_account, batch.route, now) or _too_late(campaign, now):
        return None
    moved = move(
        batch.pk,
        transitions.ARM,
        Batch.State.ARMED,
        now=now,
        actor=worker_name(),
        epoch=batch.epoch,
        guard=Q(lease_until__gt=now + seconds(times().lease_left_to_arm)),
        evidence={"clientmsgid": batch.clientmsgid, "media_id": batch.draft_media_id},
        request_body=request.body.decode(),
        request_fingerprint=calls.fingerprint(request.body),
        **_arming(now),
    )
    if moved is not None:
        quota.hold_for_batch(moved, now, keep=False)
    return moved


def _arm_again(batch: Batch) -> Batch | None:
    if not guards.alone_with(batch.official_account_id) or guards.shared_campaign(batch.campaign_id) is None:
        return None
    now = moment_for(batch.official_account)
    if guards.busy(batch.official_account_id, now) or not guards.may_call(batch.official_account, batch.route, now):
        return None
    moved = move(
        batch.pk,
        transitions.REPLAY,
        Batch.State.ARMED,
        now=now,
        actor=worker_name(),
        guard=Q(epoch=batch.epoch, replays=batch.replays) & replay_is_due(batch.replays, now),
        evidence={"replay": batch.replays + 1},
        replays=F("replays") + 1,
        **_arming(now),
    )
    if moved is not None:
        # An earlier attempt may have been charged to a day that has passed: its slot stays.
        quota.hold_for_batch(moved, now, keep=True)
    return moved


def replay_is_due(replays: int, now: datetime) -> Q:
    """Return what must be true of an unknown batch with so many replays to be repeated at ``now`` (T6)."""
    gaps = times().replay_gaps
    if replays >= len(gaps):
        return Q(pk=None)
    gap_over = Q(deadline__lte=now - seconds(gaps[replays]))
    return gap_over & Q(first_armed_at__gt=now - seconds(times().replay_window))


def _arming(now: datetime) -> dict[str, Any]:
    return {
        "first_armed_at": Coalesce(F("first_armed_at"), now),
        "last_armed_at": now,
        "armed_count": F("armed_count") + 1,
        "deadline": now + seconds(times().deadline),
    }


def _too_late(campaign: Campaign, now: datetime) -> bool:
    """Return whether the latest start has passed; it binds while nothing can have gone out."""
    not_after = campaign.not_after
    return not_after is not None and now >= not_after and not guards.can_have_begun(campaign.pk)


def _with_new_token(verdict: Verdict, client: Client) -> Verdict:
    """Renew the token WeChat rejected, once for all workers; that it failed is part of the evidence."""
    try:
        client.renew_token()
    except WeChatError as exc:
        verdict.evidence["renewal"] = f"{type(exc).__name__}: {exc}"
    return verdict
