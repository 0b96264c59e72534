"""The order in which WeChat looks at a call (§13), and the faults around it.

method → token → address → punishment → capability → minute → day → body and
parameters → effect. Calls are counted also when they fail later.
"""

import ipaddress
import re
import sys
import time
from collections import deque
from concurrent.futures import wait
from contextlib import suppress
from typing import Any

from wxportal.sandbox import shapes
from wxportal.sandbox.account import Account
from wxportal.sandbox.calls import INTERFACES, Call, Interface, Refused, Result, parsed
from wxportal.sandbox.clock import beijing_day
from wxportal.sandbox.faults import WIRE, Fault
from wxportal.sandbox.wire import Answer, Request, json_answer
from wxportal.sandbox.world import World

MINUTE = 60  # seconds
LONGEST_PUSH = 20  # seconds; three attempts of five seconds with their gaps
TOKEN_SHAPE = re.compile(r"\d{2,3}_[A-Za-z0-9_-]{100,}")
SIMPLEST_BODY = 64_000  # bytes; larger bodies are not searched for an appid when a fault asks whose call it is


def answer(world: World, request: Request) -> Answer:
    """The answer to one call of the API, faults included."""
    caller = _caller(world, request)
    fault = world.faults.take(request.path, caller.appid if caller else None, WIRE)
    if fault is None:
        return _answered(world, request, caller)
    return _with_fault(world, request, caller, fault)


def _with_fault(world: World, request: Request, caller: Account | None, fault: Fault) -> Answer:
    early = fault.options.get("when", "before") == "before"
    match fault.kind:
        case "hang_up_before":
            return Answer(b"", ending="hang_up")
        case "stale_token":
            return json_answer(_refusal(world, caller, request, Refused(40001)))
        case "http" | "errcode" if early:
            return _trouble(world, request, caller, fault)
        case "latency" if early:
            time.sleep(fault.options["seconds"])
    genuine = _answered(world, request, caller)
    with _Answering(world, caller, request):
        return _after(world, request, caller, fault, genuine)


def _after(world: World, request: Request, caller: Account | None, fault: Fault, genuine: Answer) -> Answer:
    """The effect has happened; now the answer suffers."""
    match fault.kind:
        case "http" | "errcode":
            return _trouble(world, request, caller, fault)
        case "accept_then_hang_up":
            genuine.ending = "hang_up"
        case "cut_body":
            genuine.ending = "cut"
        case "slow":
            genuine.trickle = fault.options["seconds"]
        case "latency" if fault.options.get("when") == "after":
            time.sleep(fault.options["seconds"])
    return genuine


def _trouble(world: World, request: Request, caller: Account | None, fault: Fault) -> Answer:
    if fault.kind == "http":
        return Answer(b"<html><body>Bad Gateway</body></html>", fault.options.get("status", 502), "text/html")
    refused = Refused(fault.options["code"], fault.options.get("errmsg", ""))
    return json_answer(_refusal(world, caller, request, refused))


class _Answering:
    """Marks an account whose mass call is still being answered: another one meanwhile is refused with 42010."""

    def __init__(self, world: World, account: Account | None, request: Request) -> None:
        self._world = world
        self._account = account if _is_send(request) else None

    def __enter__(self) -> None:
        self._add(1)

    def __exit__(self, *_: object) -> None:
        self._add(-1)

    def _add(self, step: int) -> None:
        if self._account:
            with self._world.lock:
                self._account.answering += step


def _answered(world: World, request: Request, caller: Account | None) -> Answer:
    """The genuine answer: HTTP 200 also for every refusal."""
    with world.lock:
        try:
            result = _checked(world, request)
        except Refused as refused:
            result = _refusal(world, caller, request, refused)
        except OSError as problem:
            # A full disk: nothing was written, so nothing happened; WeChat's word for its own trouble is -1.
            print(f"The sandbox cannot write: {problem}.", file=sys.stderr)
            result = _refusal(world, caller, request, Refused(-1))
        else:
            _remember(world, caller, request, result)
    if _is_send(request):
        _wait_for_early_events(caller)
    return result if isinstance(result, Answer) else json_answer(result)


def _is_send(request: Request) -> bool:
    return request.path.startswith("/cgi-bin/message/mass/send")


def _wait_for_early_events(account: Account | None) -> None:
    """An event ordered to come before the answer has to be there before it, so the answer waits."""
    while account and account.awaited:
        wait([account.awaited.pop()], timeout=LONGEST_PUSH)


def _refusal(world: World, account: Account | None, request: Request, refused: Refused) -> dict[str, Any]:
    """WeChat's refusal: code, text and the rid by which the call can be looked up for seven days."""
    rid = shapes.rid(world.clock.now())
    result = {"errcode": refused.errcode, "errmsg": f"{refused.errmsg} rid: {rid}", **refused.more}
    _remember(world, account, request, result, rid)
    return result


def _remember(world: World, account: Account | None, request: Request, result: Result, rid: str = "") -> None:
    if account is None:
        return
    code = result.get("errcode", 0) if isinstance(result, dict) else 0
    account.recent.append(
        {"at": world.clock.now(), "path": request.path, "errcode": code, "rid": rid, "client_ip": request.peer}
    )


def _checked(world: World, request: Request) -> Result:
    interface = INTERFACES.get(request.path)
    if interface is None:
        raise Refused(40066, "invalid url")
    if request.method != interface.method:
        raise Refused(43001 if interface.method == "GET" else 43002)
    now = world.clock.now()
    account = _by_secret(world, request) if interface.by_secret else _by_token(world, request, now)
    _check_address(account, request.peer)
    if account.manner.forbidden:
        raise Refused(account.manner.forbidden)
    if not interface.need.met(account, now):
        raise Refused(48001)
    _count(world, account, interface, now)
    return interface.function(Call(world, account, request, now))


def _by_token(world: World, request: Request, now: float) -> Account:
    token = request.query.get("access_token", "")
    if not token:
        raise Refused(41001)
    owner = world.token_owners.get(token)
    if owner is None:
        raise Refused(40001 if TOKEN_SHAPE.fullmatch(token) else 40014)
    account = world.accounts[owner]
    if token not in account.tokens.valid(now):
        raise Refused(_why_invalid(account, token))
    return account


def _why_invalid(account: Account, token: str) -> int:
    """42001 for a token that grew old, 40001 for one that was replaced."""
    slots = (account.tokens.classic, account.tokens.stable, account.tokens.stable_before)
    return 42001 if any(slot and slot.value == token for slot in slots) else 40001


def _by_secret(world: World, request: Request) -> Account:
    """Raises Refused 41002, 40013, 41004, 40125."""
    given = dict(request.query) if request.method == "GET" or not request.body else parsed(request.body)
    appid, secret = given.get("appid"), given.get("secret") or given.get("appsecret")
    if not appid:
        raise Refused(41002)
    account = world.accounts.get(str(appid))
    if account is None:
        raise Refused(40013)
    if not secret:
        raise Refused(41004)
    if secret != account.secret:
        raise Refused(40125)
    return account


def _check_address(account: Account, peer: str) -> None:
    """Raises Refused 40164 with the caller's address in the text, as an operator will see it."""
    address = ipaddress.ip_address(peer)
    for entry in account.allow_list:
        network = ipaddress.ip_network(entry, strict=False)
        if address.version == network.version and address in network:
            return
    shown = peer if address.version == 6 else f"::ffff:{peer}"
    raise Refused(40164, f"invalid ip {peer} ipv6 {shown}, not in whitelist")


def _count(world: World, account: Account, interface: Interface, now: float) -> None:
    """Raises Refused 45011 (this minute) and 45009 (this Beijing day)."""
    if interface.per_minute is not None:
        recent = account.minute.setdefault(interface.counter, deque())
        while recent and recent[0] <= now - MINUTE:
            recent.popleft()
        if len(recent) >= interface.per_minute:
            raise Refused(45011)
        recent.append(now)
    day = beijing_day(now)
    if interface.daily is not None and account.calls_on(day)[interface.counter] >= interface.daily:
        raise Refused(45009)
    world.record("call", account, counter=interface.counter, day=day, times=1)


def _caller(world: World, request: Request) -> Account | None:
    """Whose call this seems to be, before any check: for faults meant for one account."""
    with world.lock:
        appid = world.token_owners.get(request.query.get("access_token", "")) or request.query.get("appid")
        if appid is None and 0 < len(request.body) < SIMPLEST_BODY:
            with suppress(Refused):
                appid = parsed(request.body).get("appid")
        return world.accounts.get(str(appid))
