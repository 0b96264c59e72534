"""The life of a verification: events on the sandbox's clock, and the interfaces follow."""

import re

import pytest

from tests.sandbox.caller import Caller, eventually
from tests.sandbox.listener import AES_KEY, TOKEN, Listener
from wxportal.sandbox.control import Control, ControlError
from wxportal.sandbox.verification import next_year

DAY = 86_400


@pytest.fixture
def account(sandbox: Control, listener: Listener) -> Caller:
    caller = Caller.of_new(sandbox, verified_until=None)
    assert sandbox.set_callback(caller.appid, listener.url, TOKEN, AES_KEY, "plain")["ok"]
    return caller


def events(listener: Listener) -> list[str]:
    return [re.findall(r"<Event><!\[CDATA\[(.*?)\]\]>", push.body.decode())[0] for push in listener.pushes]


def in_time(listener: Listener, *wanted: str) -> None:
    eventually(lambda: sorted(events(listener)) == sorted(wanted))
    listener.pushes.clear()


def may_read_tags(caller: Caller) -> bool:
    caller.token = caller.stable()["access_token"]
    return "tags" in caller.get("/cgi-bin/tags/get")


def test_from_application_to_lapse_and_renewal(account: Caller, sandbox: Control, listener: Listener) -> None:
    sandbox.apply_for_verification(account.appid, review_seconds=DAY, naming_seconds=2 * DAY)
    in_time(listener, "wx_verify_pay_succ", "wx_verify_dispatch")
    assert not may_read_tags(account)
    sandbox.advance(DAY)
    in_time(listener, "qualification_verify_success")
    assert may_read_tags(account)
    sandbox.advance(DAY)
    in_time(listener, "naming_verify_success")
    assert sandbox.books(account.appid)["named"]
    sandbox.advance(275 * DAY)
    in_time(listener, "annual_renew")
    sandbox.advance(90 * DAY)
    in_time(listener, "verify_expired")
    assert not may_read_tags(account)
    assert not sandbox.books(account.appid)["named"]
    sandbox.apply_for_verification(account.appid, review_seconds=0, naming_seconds=0)
    in_time(
        listener,
        "wx_verify_pay_succ",
        "wx_verify_dispatch",
        "qualification_verify_success",
        "naming_verify_success",
    )
    assert may_read_tags(account)


def test_a_leap_over_everything_leaves_each_event_its_own_moment(
    account: Caller, sandbox: Control, listener: Listener
) -> None:
    sandbox.apply_for_verification(account.appid)
    applied = sandbox.clock()["now"]
    sandbox.advance(800 * DAY)
    eventually(lambda: "verify_expired" in events(listener))
    push = next(push for push in listener.pushes if b"verify_expired" in push.body)
    created, until = (
        int(re.findall(rf"<{name}>(\d+)", push.body.decode())[0]) for name in ("CreateTime", "ExpiredTime")
    )
    assert created == until == pytest.approx(next_year(applied + 3 * DAY), abs=5)


@pytest.mark.parametrize(
    ("outcome", "event"),
    [
        ("qualification_fail", "qualification_verify_fail"),
        ("refused", "wx_verify_fail"),
        ("correction", "wx_verify_refill"),
    ],
)
def test_a_refusal_gives_nothing(
    outcome: str, event: str, account: Caller, sandbox: Control, listener: Listener
) -> None:
    sandbox.apply_for_verification(account.appid, review_seconds=0, naming_seconds=0, outcome=outcome)
    in_time(listener, "wx_verify_pay_succ", "wx_verify_dispatch", event)
    assert not may_read_tags(account)


def test_a_refused_name_leaves_the_interfaces(account: Caller, sandbox: Control, listener: Listener) -> None:
    sandbox.apply_for_verification(account.appid, review_seconds=0, naming_seconds=0, outcome="naming_fail")
    eventually(lambda: "naming_verify_fail" in events(listener))
    assert may_read_tags(account)
    assert not sandbox.books(account.appid)["named"]


def test_three_corrections_are_taken_and_the_fourth_is_not(
    account: Caller, sandbox: Control, listener: Listener
) -> None:
    quick = {"review_seconds": 0, "naming_seconds": 0, "outcome": "correction"}
    sandbox.apply_for_verification(account.appid, **quick)
    for number in range(1, 5):
        eventually(lambda number=number: events(listener).count("wx_verify_refill") == number)
        sandbox.correct_application(account.appid, **quick)
    eventually(lambda: "wx_verify_fail" in events(listener))


def test_a_renewed_account_is_not_told_of_its_former_end(sandbox: Control, listener: Listener) -> None:
    caller = Caller.of_new(sandbox, verified_until=sandbox.clock()["now"] + 60 * DAY)
    sandbox.set_callback(caller.appid, listener.url, TOKEN, AES_KEY, "plain")
    sandbox.apply_for_verification(caller.appid, review_seconds=0, naming_seconds=0)
    eventually(lambda: "naming_verify_success" in events(listener))
    sandbox.advance(61 * DAY)
    assert may_read_tags(caller)
    assert "verify_expired" not in events(listener)


def test_what_wechat_does_not_take_is_named(account: Caller, sandbox: Control) -> None:
    verified = Caller.of_new(sandbox)
    with pytest.raises(ControlError, match="90 days"):
        sandbox.apply_for_verification(verified.appid)
    personal = Caller.of_new(sandbox, personal=True)
    with pytest.raises(ControlError, match="person"):
        sandbox.apply_for_verification(personal.appid)
    with pytest.raises(ControlError, match="No correction"):
        sandbox.correct_application(account.appid)
    sandbox.apply_for_verification(account.appid)
    with pytest.raises(ControlError, match="already"):
        sandbox.apply_for_verification(account.appid)
    with pytest.raises(ControlError, match="outcome"):
        sandbox.apply_for_verification(Caller.of_new(sandbox, verified_until=None).appid, outcome="maybe")
