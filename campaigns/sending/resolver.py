"""Find out what became of calls nobody answered: T5, T6, T8, and what the diary still owes (T10, T11).

Everything here may run at any time, in any number of processes: each step is a
conditional move. Only ``replay_due`` and ``believe`` speak to WeChat.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.models import OfficialAccount
from campaigns.models import Batch, OrphanEvent
from campaigns.sending import dispatch, incarnation, notes, reports, transitions
from campaigns.sending.constants import MOST_REPLAYS, seconds, times
from campaigns.sending.crashpoints import crashpoint
from campaigns.sending.moments import moment_for
from campaigns.sending.transitions import move
from wxportal.wechat.client import Client

REAPER, RESOLVER = "reaper", "resolver"
S = Batch.State


def accounts_with_open_questions() -> list[int]:
    """Return the accounts with a call in the air, a noted id, or a report that belongs to no batch."""
    in_the_air = Q(state__in=[S.ARMED, S.UNKNOWN]) | Q(state=S.UNDECIDED, noted_msg_id__isnull=False)
    calls = Batch.objects.filter(in_the_air).order_by().values_list("official_account_id", flat=True).distinct()
    strangers = OrphanEvent.objects.filter(batch=None, booked_on=None, signed=True)
    waiting = strangers.order_by().values_list("official_account_id", flat=True)
    return sorted(set(calls) | set(waiting.distinct()))


def reap(official_account: OfficialAccount) -> int:
    """Call armed batches unknown whose deadline is well past, whoever holds them, alive or not (T5).

    Never back to planned: the request may have left. Returns how many.
    """
    now = _now(official_account)
    over = Q(deadline__lte=now - seconds(times().grace))
    overdue = Batch.objects.filter(over, official_account=official_account, state=S.ARMED)
    return sum(_step(pk, transitions.REAP, S.UNKNOWN, now, REAPER, over) for pk in _keys(overdue))


def give_up(official_account: OfficialAccount) -> int:
    """Ask people about unknown batches whose window is closed or whose replays are used up (T8). Returns how many."""
    now = _now(official_account)
    over = Q(first_armed_at__lte=now - seconds(times().replay_window)) | Q(replays__gte=MOST_REPLAYS)
    closed = Batch.objects.filter(over, official_account=official_account, state=S.UNKNOWN)
    return sum(_step(pk, transitions.GIVE_UP, S.UNDECIDED, now, RESOLVER, over) for pk in _keys(closed))


def match_reports(official_account: OfficialAccount) -> int:
    """Match reports and answers that crossed, and count the sends that were not ours. Returns how many matched."""
    now = _now(official_account)
    matched = reports.match_waiting(official_account, now)
    reports.book_foreign(official_account, notes.open_batches(official_account, now))
    return matched


def has_work_at_wechat(official_account: OfficialAccount) -> bool:
    """Return whether a replay is due or a noted id can be asked about."""
    now = _now(official_account)
    noted = notes.open_batches(official_account, now).filter(noted_msg_id__isnull=False)
    return bool(_replayable(official_account, now)) or noted.exists()


def replay_due(official_account: OfficialAccount, client: Client) -> int:
    """Repeat unknown calls whose time has come, with the same key and the same bytes (T6). Returns how many."""
    if not incarnation.sending_is_on():
        return 0
    repeated = 0
    for batch in _replayable(official_account, _now(official_account)):
        client.prepare()
        armed = dispatch.arm_again(batch)
        if armed is not None:
            dispatch.fire(armed, client)
            repeated += 1
    return repeated


def believe(official_account: OfficialAccount, client: Client) -> int:
    """Look again at ids noted from 45065. Returns how many are believed by now."""
    return notes.believe_notes(official_account, client, actor=RESOLVER)


def _replayable(official_account: OfficialAccount, now: datetime) -> list[Batch]:
    unknown = Batch.objects.filter(
        official_account=official_account, state=S.UNKNOWN, campaign__command="run"
    ).select_related("campaign", "official_account")
    return [batch for batch in unknown if Batch.objects.filter(dispatch.replay_is_due(batch.replays, now), pk=batch.pk)]


def _step(pk: int, transition: transitions.Transition, to: str, now: datetime, actor: str, guard: Q) -> bool:
    with transaction.atomic():
        moved = move(pk, transition, to, now=now, actor=actor, guard=guard)
        crashpoint(f"before_{actor}_commit")
    return moved is not None


def _keys(batches: "object") -> list[int]:
    return list(batches.order_by("pk").values_list("pk", flat=True))  # type: ignore[attr-defined]


def _now(official_account: OfficialAccount) -> datetime:
    return moment_for(official_account)
