"""Every row of the answer table, in both columns: before and after something ambiguous happened."""

from datetime import timedelta

import pytest

from accounts.models import OfficialAccount
from campaigns.models import Bar, Batch
from campaigns.sending import dispatch, resolver
from tests.campaigns.plans import fresh, make_replay_due, planned
from wxportal.sandbox.control import Control
from wxportal.wechat.client import Client
from wxportal.wechat.tokens import fetch_stable_token
from wxportal.wechat.transport import Transport

pytestmark = pytest.mark.django_db
S = Batch.State
SENDALL = "/cgi-bin/message/mass/sendall"

UNTIL_A_MOMENT, UNTIL_A_PERSON, NO_BAR = "moment", "person", ""

# errcode -> where it leads at first, whether the account is barred
ROWS = [
    (40001, S.PLANNED, NO_BAR),
    (40014, S.PLANNED, NO_BAR),
    (42001, S.PLANNED, NO_BAR),
    (45009, S.BLOCKED, UNTIL_A_MOMENT),
    (45011, S.BLOCKED, UNTIL_A_MOMENT),
    (45028, S.BLOCKED, UNTIL_A_MOMENT),
    (42010, S.BLOCKED, UNTIL_A_MOMENT),
    (50002, S.BLOCKED, UNTIL_A_PERSON),
    (48004, S.BLOCKED, UNTIL_A_PERSON),
    (40164, S.BLOCKED, UNTIL_A_PERSON),
    (40003, S.REJECTED, NO_BAR),
    (40007, S.PLANNED, NO_BAR),
    (40130, S.REJECTED, NO_BAR),
    (45002, S.REJECTED, NO_BAR),
    (45067, S.REJECTED, NO_BAR),
    (48001, S.REJECTED, NO_BAR),
    (48008, S.REJECTED, NO_BAR),
    (45066, S.UNKNOWN, NO_BAR),
    (-1, S.UNKNOWN, NO_BAR),
    (268488001, S.UNKNOWN, NO_BAR),
    (89503, S.UNKNOWN, NO_BAR),
    (99999, S.UNKNOWN, NO_BAR),
]


def bar_of(account: OfficialAccount) -> str:
    bar = Bar.objects.filter(official_account=account).first()
    if bar is None:
        return NO_BAR
    return UNTIL_A_PERSON if bar.until is None else UNTIL_A_MOMENT


def send_once(account: OfficialAccount, wechat: Client) -> None:
    claimed = dispatch.claim(account)
    assert claimed is not None
    dispatch.send(claimed, wechat)


@pytest.fixture
def batch(account: OfficialAccount) -> Batch:
    return planned(account)


@pytest.mark.parametrize(("errcode", "state", "bar"), ROWS)
def test_before_anything_ambiguous(
    errcode: int, state: str, bar: str, batch: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
) -> None:
    sandbox.fault(SENDALL, "errcode", code=errcode, appid=account.appid)
    send_once(account, wechat)
    batch = fresh(batch)
    assert (batch.state, bar_of(account), batch.last_errcode) == (state, bar, errcode)
    assert batch.maybe_accepted == (state == S.UNKNOWN)
    # A conclusive no means that nothing can have gone out: the latest start binds again.
    assert (batch.first_armed_at is None) == (state != S.UNKNOWN)
    assert batch.slots.exists() == (state in (S.PLANNED, S.UNKNOWN))


@pytest.mark.parametrize(("errcode", "state", "bar"), ROWS)
def test_after_an_ambiguous_attempt_a_rejection_proves_nothing(
    errcode: int, state: str, bar: str, batch: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
) -> None:
    sandbox.fault(SENDALL, "hang_up_before", appid=account.appid)
    send_once(account, wechat)
    make_replay_due(batch)
    sandbox.fault(SENDALL, "errcode", code=errcode, appid=account.appid)
    assert resolver.replay_due(account, wechat) == 1
    batch = fresh(batch)
    assert (batch.state, bar_of(account), batch.maybe_accepted) == (S.UNKNOWN, bar, True)
    assert batch.first_armed_at is not None
    assert batch.slots.exists()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("http", {"status": 502}),
        ("http", {"status": 502, "when": "after"}),
        ("cut_body", {}),
        ("accept_then_hang_up", {}),
        ("hang_up_before", {}),
        ("errcode", {"code": -1, "when": "after"}),
    ],
)
def test_no_usable_answer_is_unknown(
    kind: str, options: dict[str, object], batch: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
) -> None:
    sandbox.fault(SENDALL, kind, appid=account.appid, **options)
    send_once(account, wechat)
    batch = fresh(batch)
    assert (batch.state, batch.maybe_accepted) == (S.UNKNOWN, True)
    assert batch.slots.exists()


def test_a_connection_refused_leaves_the_batch_planned(batch: Batch, account: OfficialAccount, wechat: Client) -> None:
    claimed = dispatch.claim(account)
    assert claimed is not None
    prepared = dispatch.drafting.prepare(claimed, wechat)
    armed = dispatch.arm(prepared)
    nobody = dispatch.Armed(armed.batch, armed.request, armed.write_before - 3600)
    dispatch.fire(nobody, wechat)
    batch = fresh(batch)
    assert (batch.state, batch.first_armed_at, batch.maybe_accepted) == (S.PLANNED, None, False)
    assert batch.slots.exists()
    assert batch.not_before > batch.campaign.scheduled_at


def test_nothing_written_by_a_replay_is_still_unknown(
    batch: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
) -> None:
    sandbox.fault(SENDALL, "hang_up_before", appid=account.appid)
    send_once(account, wechat)
    make_replay_due(batch)
    armed = dispatch.arm_again(fresh(batch))
    dispatch.fire(dispatch.Armed(armed.batch, armed.request, armed.write_before - 3600), wechat)
    batch = fresh(batch)
    assert (batch.state, batch.maybe_accepted) == (S.UNKNOWN, True)


def test_the_third_rejected_token_asks_for_a_person(
    batch: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
) -> None:
    sandbox.fault(SENDALL, "stale_token", times=3, appid=account.appid)
    assert dispatch.send_all(account, wechat) == 3
    batch = fresh(batch)
    assert (batch.state, batch.needs_person, batch.token_renewals) == (S.BLOCKED, True, 2)
    assert sandbox.ledger(account.appid) == []


def test_a_token_rejected_by_a_replay_is_renewed_for_the_next_one(
    batch: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
) -> None:
    sandbox.fault(SENDALL, "hang_up_before", appid=account.appid)
    send_once(account, wechat)
    make_replay_due(batch)
    wechat.prepare()
    # Somebody forced a new token: the one we hold is dead.
    steal_the_token(account)
    assert resolver.replay_due(account, wechat) == 1
    assert fresh(batch).state == S.UNKNOWN
    make_replay_due(batch)
    resolver.replay_due(account, wechat)
    assert fresh(batch).state == S.ACCEPTED


def steal_the_token(account: OfficialAccount) -> None:
    fetch_stable_token(Transport(account.base_url), account.appid, account.secret(), force=True)


def test_a_rejected_token_is_renewed_and_the_batch_goes_out(
    batch: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
) -> None:
    sandbox.fault(SENDALL, "stale_token", appid=account.appid)
    assert dispatch.send_all(account, wechat) == 2
    assert fresh(batch).state == S.ACCEPTED
    assert len(sandbox.ledger(account.appid)) == 1


def test_a_dead_draft_is_made_again_once_then_it_is_rejected(
    batch: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
) -> None:
    sandbox.fault(SENDALL, "errcode", times=2, code=40007, appid=account.appid)
    send_once(account, wechat)
    first = fresh(batch)
    assert (first.state, first.draft_media_id, first.draft_rebuilds) == (S.PLANNED, "", 1)
    send_once(account, wechat)
    assert fresh(batch).state == S.REJECTED


def test_a_spent_day_lets_no_further_call_begin_before_beijings_midnight(
    batch: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
) -> None:
    sandbox.fault(SENDALL, "errcode", code=45009, appid=account.appid)
    send_once(account, wechat)
    other = planned(account)
    assert dispatch.send_all(account, wechat) == 0
    assert fresh(other).state == S.PLANNED
    Bar.objects.update(until=fresh(batch).campaign.scheduled_at - timedelta(seconds=1))
    Batch.objects.filter(pk=batch.pk).update(not_before=batch.not_before)
    assert dispatch.send_all(account, wechat) == 2
    assert {fresh(batch).state, fresh(other).state} == {S.ACCEPTED}
