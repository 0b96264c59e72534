"""Ask WeChat what became of an accepted send where no report came (T10)."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from accounts.models import OfficialAccount
from campaigns.models import Batch
from campaigns.sending import reports, transitions
from campaigns.sending.constants import seconds, times
from campaigns.sending.moments import moment_for, world_now
from campaigns.sending.transitions import move, note
from wxportal.wechat import mass
from wxportal.wechat.client import Client
from wxportal.wechat.errors import ApiError, WeChatError

POLLER = "poller"
# mass/get's words (official-account.md §6.7): it has no counts and no reason.
SUCCESS, FAIL, DELETED = "SEND_SUCCESS", "SEND_FAIL", "DELETE"
OUTCOMES = {SUCCESS: Batch.Outcome.SUCCESS, FAIL: Batch.Outcome.FAILED, DELETED: Batch.Outcome.DELETED}
# The administrator must confirm: the send waits, at most 30 minutes (§6.10).
WAITING_CODES = frozenset({89504, 89505})
WAITING = "WAITING_ADMIN"


def accounts_to_ask() -> list[int]:
    """Return the accounts with an accepted batch whose next question is due."""
    due = Batch.objects.filter(state=Batch.State.ACCEPTED, next_poll_at__lte=world_now())
    return list(due.order_by().values_list("official_account_id", flat=True).distinct())


def poll(official_account: OfficialAccount, client: Client) -> int:
    """Ask about every accepted batch of the account that is due; return how many were asked about."""
    now = moment_for(official_account)
    due = Batch.objects.filter(official_account=official_account, state=Batch.State.ACCEPTED, next_poll_at__lte=now)
    batches = list(due.select_related("official_account").order_by("next_poll_at"))
    for batch in batches:
        _ask(batch, client)
    return len(batches)


def _ask(batch: Batch, client: Client) -> None:
    """Ask, outside any transaction, then write what was heard."""
    assert batch.msg_id is not None
    try:
        word = mass.status(client, batch.msg_id)
    except ApiError as exc:
        word = WAITING if exc.errcode in WAITING_CODES else ""
    except WeChatError:
        word = ""
    with transaction.atomic():
        _write(batch, word, moment_for(batch.official_account))


def _write(batch: Batch, word: str, now: datetime) -> None:
    report = reports.confirmed(batch)
    if word in OUTCOMES and report is not None and _agrees(word, report):
        # Nobody signed the report, but WeChat says the same when asked.
        reports.apply(batch, report, now)
    elif word in OUTCOMES:
        _finish(batch, OUTCOMES[word], word, now)
    elif now >= _report_ends(batch):
        _finish(batch, Batch.Outcome.NO_REPORT, word, now)
    else:
        _ask_later(batch, word)


def _agrees(word: str, report: dict[str, object]) -> bool:
    good = reports.outcome_of(report) in (Batch.Outcome.SUCCESS, Batch.Outcome.PARTIAL)
    return good == (word == SUCCESS)


def _finish(batch: Batch, outcome: str, word: str, now: datetime) -> None:
    move(
        batch.pk,
        transitions.REPORT,
        Batch.State.DONE,
        now=now,
        actor=POLLER,
        evidence={"msg_status": word, "outcome": outcome},
        outcome=outcome,
        msg_status=word,
        done_at=now,
        next_poll_at=None,
    )


def _ask_later(batch: Batch, word: str) -> None:
    """Set the next question; after the last one only the end of the wait is left."""
    assert batch.accepted_at is not None
    polls = times().polls
    asked = batch.polls + 1
    following = batch.accepted_at + seconds(polls[asked]) if asked < len(polls) else _report_ends(batch)
    still_waiting = Q(pk=batch.pk, state=Batch.State.ACCEPTED, polls=batch.polls)
    moved = Batch.objects.filter(still_waiting).update(polls=F("polls") + 1, next_poll_at=following, msg_status=word)
    if moved and word and word != batch.msg_status:
        note(batch, "mass/get", now=moment_for(batch.official_account), actor=POLLER, evidence={"msg_status": word})


def _report_ends(batch: Batch) -> datetime:
    assert batch.accepted_at is not None
    return batch.accepted_at + seconds(times().report_ends)
