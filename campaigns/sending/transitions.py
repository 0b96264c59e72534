"""Who may move a batch from where to where: one table, and the one function that does it.

The model checker in ``tests/faults/model`` is generated from this table, so what
is proved is what runs. A move is one conditional UPDATE that names what it
believes; 0 rows means somebody else was faster, and the caller stops.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from campaigns.models import Batch, BatchLog

S = Batch.State
OPEN = frozenset(S.values) - Batch.FINAL


@dataclass(frozen=True)
class Transition:
    """One row of the protocol's table.

    ``fenced``: only under the epoch the caller claimed. ``new_epoch``: makes the
    epochs before it stale. ``needs_run``: only while the campaign's command is
    *run*, read FOR SHARE. ``unless_maybe``: only while nothing ambiguous happened.
    ``clears``: nothing was accepted, so it counts as never armed.
    """

    name: str
    sources: frozenset[str]
    targets: frozenset[str]
    fenced: bool = False
    new_epoch: bool = False
    needs_run: bool = False
    unless_maybe: bool = False
    sets_maybe: bool = False
    clears: bool = False
    forgets_note: bool = False


def _row(name: str, sources: set[str], targets: set[str], **flags: bool) -> Transition:
    return Transition(name, frozenset(sources), frozenset(targets), **flags)


CLAIM = _row("T1", {S.PLANNED, S.BLOCKED, S.CLAIMED}, {S.CLAIMED}, new_epoch=True, needs_run=True)
# Claimed means that no byte was sent under this epoch, so its owner may give it back before the lease is over.
GIVE_BACK = _row("T1 back", {S.CLAIMED}, {S.PLANNED, S.BLOCKED}, fenced=True)
ARM = _row("T2", {S.CLAIMED}, {S.ARMED}, fenced=True, needs_run=True)
NOTHING_WRITTEN = _row("T4 none", {S.ARMED}, {S.PLANNED}, fenced=True, unless_maybe=True, clears=True)
ACCEPTED = _row("T4 yes", {S.ARMED, S.UNKNOWN, S.UNDECIDED, S.QUARANTINED, S.ABANDONED}, {S.ACCEPTED})
REFUSED = _row("T4 no", {S.ARMED}, {S.REJECTED, S.BLOCKED, S.PLANNED}, fenced=True, unless_maybe=True, clears=True)
UNCLEAR = _row("T4 ?", {S.ARMED}, {S.UNKNOWN}, fenced=True, sets_maybe=True)
REAP = _row("T5", {S.ARMED}, {S.UNKNOWN}, sets_maybe=True)
REPLAY = _row("T6", {S.UNKNOWN}, {S.ARMED}, new_epoch=True, needs_run=True, forgets_note=True)
GIVE_UP = _row("T8", {S.UNKNOWN}, {S.UNDECIDED})
DECIDE = _row("T9", {S.UNDECIDED}, {S.DONE, S.ABANDONED})
REPORT = _row("T10", {S.ACCEPTED}, {S.DONE})
CALL_OFF = _row("T11", {S.PLANNED, S.CLAIMED, S.BLOCKED}, {S.CANCELLED, S.EXPIRED})
# A restored or cloned database: what its rows say about "never armed" proves nothing.
QUARANTINE = _row("restore", set(OPEN) - {S.QUARANTINED}, {S.QUARANTINED}, sets_maybe=True)
RELEASE = _row("looked", {S.QUARANTINED}, {S.UNDECIDED})

TABLE = (
    CLAIM,
    GIVE_BACK,
    ARM,
    NOTHING_WRITTEN,
    ACCEPTED,
    REFUSED,
    UNCLEAR,
    REAP,
    REPLAY,
    GIVE_UP,
    DECIDE,
    REPORT,
    CALL_OFF,
    QUARANTINE,
    RELEASE,
)


def move(
    batch_id: int,
    transition: Transition,
    to: str,
    *,
    now: datetime,
    actor: str,
    epoch: int | None = None,
    guard: Q | None = None,
    evidence: dict[str, Any] | None = None,
    **changes: Any,
) -> Batch | None:
    """Move one batch and write its diary; return the row as it is now, None when the guards did not hold.

    Call it in a transaction, which is the caller's to commit. ``guard`` names what
    else must be true of the row; ``changes`` are written with the move.
    Raises ValueError for a target the table does not have, or a fence without an epoch.
    """
    assert connection.in_atomic_block, "a move and its diary are one transaction"
    before = _lock(batch_id, transition, to, epoch, guard)
    if before is None:
        return None
    changes = {**_changes_of(transition, before), **changes, "state": to}
    moved = Batch.objects.filter(_belief(batch_id, transition, epoch, guard)).update(**changes)
    if not moved:
        return None
    after: Batch = Batch.objects.get(pk=batch_id)
    BatchLog.objects.create(
        batch=after,
        at=now,
        move=transition.name,
        from_state=before.state,
        to_state=to,
        epoch=after.epoch,
        actor=actor[:80],
        evidence=evidence or {},
    )
    return after


def note(batch: Batch, text: str, *, now: datetime, actor: str, evidence: dict[str, Any] | None = None) -> None:
    """Write a line into the diary of a batch that stays where it is; ``text`` is a short word for the move's column."""
    BatchLog.objects.create(
        batch=batch,
        at=now,
        move=text[:12],
        from_state=batch.state,
        to_state=batch.state,
        epoch=batch.epoch,
        actor=actor[:80],
        evidence=evidence or {},
    )


def _lock(batch_id: int, transition: Transition, to: str, epoch: int | None, guard: Q | None) -> Batch | None:
    """Lock the row if it is as believed; the diary needs to know where it came from."""
    if to not in transition.targets:
        raise ValueError(f"{transition.name} does not lead to {to}")
    if transition.fenced and epoch is None:
        raise ValueError(f"{transition.name} needs the epoch it was claimed under")
    rows = Batch.objects.select_for_update(of=("self",), no_key=True)
    row: Batch | None = rows.filter(_belief(batch_id, transition, epoch, guard)).first()
    return row


def _belief(batch_id: int, transition: Transition, epoch: int | None, guard: Q | None) -> Q:
    """Return everything that must be true of the row for this move."""
    belief = Q(pk=batch_id, state__in=transition.sources)
    if transition.fenced:
        belief &= Q(epoch=epoch)
    if transition.unless_maybe:
        belief &= Q(maybe_accepted=False)
    return belief & guard if guard is not None else belief


def _changes_of(transition: Transition, before: Batch) -> dict[str, Any]:
    """Return what the move itself writes, whoever makes it."""
    changes: dict[str, Any] = {}
    if transition.new_epoch:
        changes["epoch"] = before.epoch + 1
    if transition.sets_maybe:
        changes["maybe_accepted"] = True
    if transition.clears:
        changes |= {"first_armed_at": None, "last_armed_at": None, "deadline": None}
    if transition.forgets_note:
        changes["noted_msg_id"] = None
    return changes
