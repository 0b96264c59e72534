"""WeChat's events about a verification: each one record, whatever order they come in."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.test import Client

from accounts import inbound, verification
from accounts.clock import database_now
from accounts.models import InboundEvent, OfficialAccount, VerificationRecord
from accounts.models.verification import AppendOnly
from accounts.verification import State
from accounts.verification_log import Kind, Source, record
from tests.accounts.pushes import event, push_plain, push_secure

PASSED = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)
END = datetime(2028, 3, 10, 2, 0, tzinfo=UTC)


def stamp(moment: datetime) -> int:
    return int(moment.timestamp())


@pytest.fixture
def unverified(official_account: OfficialAccount) -> OfficialAccount:
    OfficialAccount.objects.update(verified_until=None)
    official_account.refresh_from_db()
    return official_account


def say(client: Client, account: OfficialAccount, name: str, at: datetime, **fields: object) -> None:
    """Let WeChat push the event, and deliver it."""
    more = "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())
    push_secure(client, account, event(name, at=stamp(at), more=more))
    for number in inbound.waiting(database_now()):
        inbound.deliver(number, database_now())
    account.refresh_from_db()


def state_of(account: OfficialAccount, now: datetime) -> State:
    return verification.state(account, now).state


def test_the_life_of_a_verification(client: Client, unverified: OfficialAccount) -> None:
    say(client, unverified, "wx_verify_pay_succ", PASSED - timedelta(days=9))
    assert state_of(unverified, PASSED) == State.IN_REVIEW
    say(client, unverified, "qualification_verify_success", PASSED, ExpiredTime=stamp(END))
    assert (unverified.verified_until, unverified.verification_computed) == (END, False)
    say(client, unverified, "naming_verify_success", PASSED + timedelta(days=1), ExpiredTime=stamp(END))
    assert state_of(unverified, PASSED + timedelta(days=1)) == State.VERIFIED
    say(client, unverified, "annual_renew", END - timedelta(days=90), ExpiredTime=stamp(END))
    assert state_of(unverified, END - timedelta(days=89)) == State.RENEWAL_OPEN
    say(client, unverified, "verify_expired", END, ExpiredTime=stamp(END))
    assert state_of(unverified, END) == State.LAPSED
    renewed = END + timedelta(days=3)
    say(client, unverified, "qualification_verify_success", renewed, ExpiredTime=stamp(END + timedelta(days=368)))
    assert state_of(unverified, renewed) == State.VERIFIED
    assert unverified.verification_records.count() == 6


def test_an_end_wechat_did_not_name_is_computed_and_marked(client: Client, unverified: OfficialAccount) -> None:
    say(client, unverified, "qualification_verify_success", PASSED)
    assert (unverified.verified_until, unverified.verification_computed) == (END, True)


@pytest.mark.parametrize(
    "named", ["", "soon", "99999999999999999", str(stamp(PASSED) - 1), str(stamp(PASSED + timedelta(days=1100)))]
)
def test_an_absurd_end_is_computed_instead(named: str, client: Client, unverified: OfficialAccount) -> None:
    say(client, unverified, "qualification_verify_success", PASSED, ExpiredTime=named)
    assert (unverified.verified_until, unverified.verification_computed) == (END, True)


STORY = [
    ("qualification_verify_success", PASSED, END),
    ("annual_renew", END - timedelta(days=90), END),
    ("verify_expired", END, END),
    ("qualification_verify_success", END + timedelta(days=3), END + timedelta(days=368)),
]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_the_order_of_arrival_makes_no_difference(
    order: tuple[int, ...], client: Client, unverified: OfficialAccount
) -> None:
    for name, at, end in (STORY[number] for number in order):
        say(client, unverified, name, at, ExpiredTime=stamp(end))
    assert unverified.verified_until == END + timedelta(days=368)


def test_a_repeat_is_stored_once_and_another_of_the_same_changes_nothing(
    client: Client, unverified: OfficialAccount
) -> None:
    for _time in range(2):
        say(client, unverified, "qualification_verify_success", PASSED, ExpiredTime=stamp(END))
    assert InboundEvent.objects.count() == unverified.verification_records.count() == 1
    for days in (90, 60):
        say(client, unverified, "annual_renew", END - timedelta(days=days), ExpiredTime=stamp(END))
    due = unverified.verification_records.filter(kind=Kind.ANNUAL_REVIEW_DUE)
    assert [each.changed_something for each in due] == [False, False]
    assert unverified.verified_until == END


@pytest.mark.parametrize("named", [{"ExpiredTime": stamp(END)}, {}], ids=["named", "computed"])
def test_a_late_reminder_of_last_year_does_not_shorten_a_renewed_verification(
    named: dict[str, int], client: Client, unverified: OfficialAccount
) -> None:
    say(client, unverified, "qualification_verify_success", PASSED, **named)
    last_year = PASSED - timedelta(days=2)
    say(client, unverified, "annual_renew", PASSED + timedelta(days=1), ExpiredTime=stamp(last_year))
    say(client, unverified, "verify_expired", PASSED + timedelta(days=2), ExpiredTime=stamp(last_year))
    assert unverified.verified_until == END


def test_a_computed_end_never_replaces_the_one_wechat_named(client: Client, unverified: OfficialAccount) -> None:
    named = END + timedelta(days=20)
    say(client, unverified, "qualification_verify_success", PASSED, ExpiredTime=stamp(named))
    facts = {"expires_at": END, "computed": True}
    later = PASSED + timedelta(days=2)
    record(unverified, Kind.COMPLETED, Source.PERSON, moment=PASSED, now=later, **facts)
    assert (unverified.verified_until, unverified.verification_computed) == (named, False)


def test_a_push_nobody_signed_is_kept_and_moves_nothing(client: Client, official_account: OfficialAccount) -> None:
    OfficialAccount.objects.update(callback_mode="plain")
    official_account.refresh_from_db()
    until = official_account.verified_until
    push_plain(client, official_account, event("verify_expired", at=stamp(database_now() + timedelta(hours=1))))
    for number in inbound.waiting(database_now()):
        inbound.deliver(number, database_now())
    official_account.refresh_from_db()
    assert official_account.verified_until == until
    kept = official_account.verification_records.get(kind=Kind.EXPIRED)
    assert (kept.believed, kept.changed_something) == (False, False)


def test_a_refused_name_leaves_the_rights(client: Client, unverified: OfficialAccount) -> None:
    say(client, unverified, "qualification_verify_success", PASSED, ExpiredTime=stamp(END))
    failed = PASSED + timedelta(days=1)
    say(client, unverified, "naming_verify_fail", failed, FailTime=stamp(failed), FailReason="名称不符")
    assert state_of(unverified, failed) == State.VERIFIED
    assert unverified.verification_records.get(kind=Kind.NAMING_FAILED).reason == "名称不符"


def test_an_end_from_before_the_records_is_not_lost(client: Client, official_account: OfficialAccount) -> None:
    until = official_account.verified_until
    say(client, official_account, "wx_verify_dispatch", database_now() + timedelta(days=1))
    assert official_account.verified_until == until
    assert official_account.verification_records.count() == 2


def test_a_record_is_never_changed_or_deleted(official_account: OfficialAccount) -> None:
    now = database_now()
    added = record(official_account, Kind.CONTACT, Source.PERSON, moment=now, now=now, contact="Sato")
    with pytest.raises(AppendOnly):
        added.save()
    with pytest.raises(AppendOnly):
        added.delete()
    assert VerificationRecord.objects.filter(pk=added.pk).exists()


def test_a_probe_says_what_nobody_knew(unverified: OfficialAccount) -> None:
    record(unverified, Kind.PROBE_ANSWERED, Source.PROBE, moment=PASSED, now=PASSED)
    assert state_of(unverified, PASSED) == State.UNKNOWN_DATE
    later = PASSED + timedelta(days=7)
    record(unverified, Kind.PROBE_REFUSED, Source.PROBE, moment=later, now=later)
    assert state_of(unverified, later) == State.LAPSED
