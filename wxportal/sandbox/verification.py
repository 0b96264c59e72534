"""The life of a verification on the sandbox's clock (§10, rule 24).

application → qualification → naming → reminder 90 days before the end → lapse,
and again. What an account may call follows from ``verified_until`` and the
clock alone; here stands when it changes and which events tell the callback.
Every step happens at its own moment, also when the clock jumps over several.
"""

from typing import Any

from wxportal.sandbox import specs
from wxportal.sandbox.account import DAY, Account
from wxportal.sandbox.clock import beijing
from wxportal.sandbox.specs import BadSpec
from wxportal.sandbox.world import World

SYSTEM = "oSYSTEM0000000000000000000001"  # the account such events come from; no follower
RENEWAL = 90 * DAY  # seconds before the end from which WeChat reminds and takes a renewal
REVIEW, NAMING = 3 * DAY, 4 * DAY  # seconds from the application to the two results, unless told otherwise
MOST_CORRECTIONS = 3  # for each application
OUTCOMES = ("passed", "qualification_fail", "naming_fail", "correction", "refused")
REASON = "营业执照不清晰"


def apply(world: World, account: Account, asked: dict[str, Any]) -> None:
    """Take an application, for the first time or for the yearly review. Raises BadSpec. The caller holds the lock."""
    now = world.clock.now()
    if reason := _not_now(account, now):
        raise BadSpec(reason)
    review = {"applied": now, "corrections": 0, "waiting": False, "qualified": False, **_plan(asked, now)}
    world.record("verification.review", account, review=review)
    for event in ("wx_verify_pay_succ", "wx_verify_dispatch"):
        _tell(world, account, event, now)
    _schedule(world, account)


def correct(world: World, account: Account, asked: dict[str, Any]) -> None:
    """Take corrected papers; the fourth time WeChat refuses for good. Raises BadSpec. The caller holds the lock."""
    now, review = world.clock.now(), account.review
    if review is None or not review["waiting"]:
        raise BadSpec("No correction is asked for.")
    if review["corrections"] >= MOST_CORRECTIONS:
        _refuse(world, account, "wx_verify_fail", now)
        return
    again = {**review, "corrections": review["corrections"] + 1, "waiting": False, **_plan(asked, now)}
    world.record("verification.review", account, review=again)
    _schedule(world, account)


def watch(world: World, account: Account, since: float | None = None) -> None:
    """Remind and lapse when the clock gets there; call it whenever the end changed (at ``since``, otherwise now)."""
    until = account.verified_until
    if account.personal or until is None:
        return
    since = world.clock.now() if since is None else since
    for event, due in (("annual_renew", until - RENEWAL), ("verify_expired", until)):
        if _mark(event, until) not in account.told:
            _at(world, max(due, min(since, until)), account, event, until)


def resume(world: World) -> None:
    """Go on after a restart."""
    for account in world.accounts.values():
        watch(world, account)
        _schedule(world, account)


def next_year(moment: float) -> float:
    """The same Beijing minute one year later; 29 February becomes 28 February."""
    local = beijing(moment)
    try:
        return local.replace(year=local.year + 1).timestamp()
    except ValueError:
        return local.replace(year=local.year + 1, day=28).timestamp()


def _not_now(account: Account, now: float) -> str:
    if account.personal:
        return "An account of a person cannot be verified."
    if account.review is not None:
        return "An application is in review already."
    if account.verified(now) and account.verified_until is not None and now < account.verified_until - RENEWAL:
        return "WeChat takes a renewal from 90 days before the end."
    return ""


def _plan(asked: dict[str, Any], now: float) -> dict[str, Any]:
    outcome = asked.get("outcome", "passed")
    if outcome not in OUTCOMES:
        raise BadSpec(f"The outcome is one of {', '.join(OUTCOMES)}.")
    review = specs.number(asked, "review_seconds", REVIEW)
    naming = max(specs.number(asked, "naming_seconds", NAMING), review)
    reason = str(asked.get("reason", REASON))
    return {"outcome": outcome, "reason": reason, "qualification_at": now + review, "naming_at": now + naming}


def _schedule(world: World, account: Account) -> None:
    review = account.review
    if review is None or review["waiting"]:
        return
    key = (review["applied"], review["corrections"])
    if not review["qualified"]:
        world.alarm.at(review["qualification_at"], lambda: _decide(world, account, key))
    world.alarm.at(review["naming_at"], lambda: _name(world, account, key))


def _at(world: World, due: float, account: Account, event: str, until: float) -> None:
    world.alarm.at(due, lambda: _remind(world, account, event, until, due))


def _remind(world: World, account: Account, event: str, until: float, due: float) -> None:
    """Tell the callback once, unless the end has changed since."""
    with world.lock:
        if account.verified_until != until or _mark(event, until) in account.told:
            return
        world.record("verification.told", account, mark=_mark(event, until), lapsed=event == "verify_expired")
        _tell(world, account, event, due, ExpiredTime=int(until))


def _decide(world: World, account: Account, key: tuple[float, int]) -> None:
    """The qualification's result; from a good one on the verified-only interfaces answer."""
    with world.lock:
        review = account.review
        if review is None or _key(review) != key or review["qualified"]:
            return
        moment = review["qualification_at"]
        match review["outcome"]:
            case "qualification_fail":
                _refuse(world, account, "qualification_verify_fail", moment)
            case "refused":
                _refuse(world, account, "wx_verify_fail", moment)
            case "correction":
                world.record("verification.review", account, review={**review, "waiting": True})
                _tell(world, account, "wx_verify_refill", moment, RefillTime=int(moment), RefillReason=review["reason"])
            case _:
                until = next_year(moment)
                world.record("verification.qualified", account, until=until)
                _tell(world, account, "qualification_verify_success", moment, ExpiredTime=int(until))
                watch(world, account, moment)


def _name(world: World, account: Account, key: tuple[float, int]) -> None:
    """The name's result: a refused one takes no interface away, it only leaves the tick off."""
    with world.lock:
        review = account.review
        if review is None or _key(review) != key or not review["qualified"]:
            return
        named, moment = review["outcome"] != "naming_fail", review["naming_at"]
        world.record("verification.named", account, named=named)
        if named:
            _tell(world, account, "naming_verify_success", moment, ExpiredTime=int(account.verified_until or 0))
        else:
            _tell(world, account, "naming_verify_fail", moment, FailTime=int(moment), FailReason=review["reason"])


def _refuse(world: World, account: Account, event: str, moment: float) -> None:
    reason = account.review["reason"] if account.review else REASON
    world.record("verification.review", account, review=None)
    _tell(world, account, event, moment, FailTime=int(moment), FailReason=reason)


def _tell(world: World, account: Account, event: str, moment: float, **more: Any) -> None:
    fields = {"FromUserName": SYSTEM, "CreateTime": int(moment), "MsgType": "event", "Event": event, **more}
    world.postman.queue(account, event, fields)


def _key(review: dict[str, Any]) -> tuple[float, int]:
    return review["applied"], review["corrections"]


def _mark(event: str, until: float) -> str:
    return f"{event}:{until}"
