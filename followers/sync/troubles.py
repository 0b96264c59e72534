"""When WeChat does not answer as it should: wait and go on by itself, or stop and tell a person."""

from datetime import datetime, time, timedelta

from accounts.clock import database_now, now_for
from accounts.models import OfficialAccount
from followers.sync.listing import Unbelievable
from followers.sync.runs import Grip
from wxportal.shell.clocks import BEIJING
from wxportal.wechat.errors import (
    ApiError,
    Busy,
    NoToken,
    NotSent,
    OutcomeUnknown,
    QuotaSpent,
    TokenRejected,
    WeChatError,
)

FIRST_WAIT = timedelta(minutes=1)  # doubles with every failure in a row
LONGEST_WAIT = timedelta(minutes=30)
MOST_FAILURES = 10  # in a row, about three hours; then a person has to look
# WeChat does not publish when its counters start again; a little after midnight is late enough.
AFTER_MIDNIGHT = timedelta(minutes=5)


def handle(grip: Grip, exc: WeChatError | Unbelievable) -> None:
    """Put the run down: for a while where waiting helps, else until somebody looks. Raises Overtaken."""
    if isinstance(exc, Unbelievable):
        return grip.fail(exc.problem, **exc.data)
    if isinstance(exc, NoToken):
        return handle(grip, exc.cause)
    if isinstance(exc, QuotaSpent):
        return grip.wait(next_allowance(grip.run.official_account), "quota")
    if isinstance(exc, NotSent):
        return _wait_and_retry(grip, "unreachable")
    if isinstance(exc, OutcomeUnknown | Busy):
        return _wait_and_retry(grip, "no_answer")
    # The client has renewed the token once already: somebody else keeps replacing it.
    return _wait_and_retry(grip, "token") if isinstance(exc, TokenRejected) else _refused(grip, exc)


def next_allowance(official_account: OfficialAccount) -> datetime:
    """Return when WeChat's daily counters have started again, by the database's clock.

    The day is the account's own: a rehearsal's WeChat may live in another one.
    """
    there = now_for(official_account).astimezone(BEIJING)
    midnight = datetime.combine(there.date() + timedelta(days=1), time(), BEIJING)
    return database_now() + (midnight + AFTER_MIDNIGHT - there)


def _wait_and_retry(grip: Grip, problem: str) -> None:
    failures = grip.run.failures
    if failures >= MOST_FAILURES:
        return grip.fail(problem)
    return grip.wait(database_now() + min(FIRST_WAIT * 2**failures, LONGEST_WAIT), problem)


def _refused(grip: Grip, exc: WeChatError) -> None:
    if not isinstance(exc, ApiError):
        return grip.fail("wechat", text=str(exc))
    named = {48001: "not_allowed", 40164: "address", 40013: "secret", 40125: "secret", 40001: "secret"}
    problem = named.get(exc.errcode, "wechat")
    return grip.fail(problem, errcode=exc.errcode, text=exc.errmsg, ip=exc.ip, meaning=exc.meaning)
