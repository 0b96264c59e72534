"""The control API under ``/_sandbox/``: what a WeChat console, a test or a person may do here.

Only for this machine. A page of another origin must not be able to use it
through a browser, so `Origin` and `Host` are looked at as well.
"""

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

from wxportal.sandbox import bits, books, clock, jobs, shapes, specs, verification
from wxportal.sandbox.account import Account, Callback
from wxportal.sandbox.callbacks import Postman
from wxportal.sandbox.faults import EVENT, KINDS, LISTING, OUTCOME
from wxportal.sandbox.messages import Message
from wxportal.sandbox.specs import BadSpec
from wxportal.sandbox.wire import Answer, Request, json_answer
from wxportal.sandbox.world import World

Page = Callable[["Desk", Request, re.Match[str]], Answer]
PAGES: list[tuple[str, re.Pattern[str], Page]] = []
MOST_LISTED = 50  # followers in one answer of the picker
MOST_MOVE = 10 * 366 * 86_400  # seconds; a typing error must not send the sandbox to the next century


def page(method: str, path: str) -> Callable[[Page], Page]:
    """Serve a path below ``/_sandbox``; ``{name}`` stands for one part of it."""
    pattern = re.compile("/_sandbox" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

    def register(function: Page) -> Page:
        PAGES.append((method, pattern, function))
        return function

    return register


# Options without which a kind of fault means nothing.
NEEDED: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "latency": ("seconds", (int, float)),
    "slow": ("seconds", (int, float)),
    "late": ("seconds", (int, float)),
    "errcode": ("code", int),
    "mass_status": ("status", str),
}


class Desk:
    def __init__(self, world: World, postman: Postman) -> None:
        self.world, self.postman = world, postman

    def answer(self, request: Request) -> Answer:
        """The page for a request, or a sentence with 400 or 404."""
        for method, pattern, function in PAGES:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                try:
                    return function(self, request, match)
                except BadSpec as problem:
                    return json_answer({"error": str(problem)}, 400)
        return json_answer({"error": "There is nothing here."}, 404)

    def account(self, appid: str | None) -> Account:
        found = self.world.accounts.get(appid or "")
        if found is None:
            raise BadSpec("No account has this appid.")
        return found


def _data(request: Request) -> dict[str, Any]:
    try:
        data = json.loads(request.body or b"{}")
    except ValueError:
        raise BadSpec("The body is no JSON.") from None
    if not isinstance(data, dict):
        raise BadSpec("The body is no JSON object.")
    return data


@page("GET", "/health")
def health(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    return json_answer({"ok": True, "accounts": len(desk.world.accounts)})


@page("GET", "/clock")
def read_clock(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    now = desk.world.clock.now()
    shown = clock.beijing(now).isoformat(timespec="seconds")
    return json_answer({"now": now, "offset": desk.world.clock.offset, "beijing": shown})


@page("POST", "/clock")
def move_clock(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    desk.world.move_clock(specs.number(_data(request), "advance", 0, least=-MOST_MOVE))
    return read_clock(desk, request, match)


@page("GET", "/accounts")
def list_accounts(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    now = desk.world.clock.now()
    with desk.world.lock:
        return json_answer({"accounts": [books.identity(account, now) for account in desk.world.accounts.values()]})


@page("POST", "/accounts")
def create_account(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    account = desk.world.create(_data(request))
    verification.watch(desk.world, account)
    return json_answer(books.identity(account, desk.world.clock.now()))


@page("POST", "/accounts/{appid}")
def change_account(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    """Settings of the account or of WeChat's manner towards it."""
    account, changes = desk.account(match["appid"]), specs.check(_data(request), change=True)
    with desk.world.lock:
        desk.world.record("account.changed", account, changes=changes)
        if "verified_until" in changes:
            verification.watch(desk.world, account)
    return json_answer(books.identity(account, desk.world.clock.now()))


@page("POST", "/accounts/{appid}/verification")
def apply_for_verification(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    """An application (``step`` apply) or corrected papers (``correct``), with the outcome it shall have."""
    account, data = desk.account(match["appid"]), _data(request)
    steps = {"apply": verification.apply, "correct": verification.correct}
    step = steps.get(str(data.get("step", "apply")))
    if step is None:
        raise BadSpec(f"The step is one of {', '.join(steps)}.")
    with desk.world.lock:
        step(desk.world, account, data)
        return json_answer(books.identity(account, desk.world.clock.now()))


@page("POST", "/accounts/{appid}/callback")
def set_callback(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    data = _data(request)
    wanted = {key: str(data.get(key, "")) for key in ("url", "token", "aes_key")}
    callback = Callback(**wanted, mode=str(data.get("mode", "secure")))
    reason = desk.postman.set_callback(desk.account(match["appid"]), callback)
    return json_answer({"ok": not reason, "reason": reason})


@page("POST", "/accounts/{appid}/follow")
def follow(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    """A known follower returns (``openid`` or ``number``), or ``count`` new people come."""
    account, data = desk.account(match["appid"]), _data(request)
    with desk.world.lock:
        if "openid" in data or "number" in data:
            people = [_number(account, data)]
            desk.world.record("follower.returned", account, who=bits.pack(bits.just(people)))
        else:
            first = account.followers.count
            desk.world.record("follower.joined", account, how_many=int(specs.number(data, "count", 1)))
            people = list(range(first, account.followers.count))
    return _told(desk, account, "subscribe", people)


@page("POST", "/accounts/{appid}/unfollow")
def unfollow(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    """``openid`` or ``number`` leaves, or the ``count`` followers with the lowest numbers."""
    account, data = desk.account(match["appid"]), _data(request)
    with desk.world.lock:
        if "openid" in data or "number" in data:
            people = [_number(account, data)]
        else:
            people = list(itertools.islice(bits.numbers(account.followers.active), int(specs.number(data, "count", 1))))
        desk.world.record("follower.left", account, who=bits.pack(bits.just(people)))
    return _told(desk, account, "unsubscribe", people)


def _told(desk: Desk, account: Account, event: str, people: list[int]) -> Answer:
    """Push the event for each of them and answer with their openids."""
    now, openids = int(desk.world.clock.now()), [account.followers.openids.of(number) for number in people]
    for openid in openids:
        fields = {"FromUserName": openid, "CreateTime": now, "MsgType": "event", "Event": event, "EventKey": ""}
        desk.postman.queue(account, event, fields)
    return json_answer({"openids": openids, "followers": account.followers.active.bit_count()})


def _number(account: Account, data: dict[str, Any]) -> int:
    number = account.followers.number(str(data["openid"])) if "openid" in data else data["number"]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < account.followers.count:
        raise BadSpec("This account has no such follower.")
    return number


@page("POST", "/accounts/{appid}/console_send")
def console_send(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    """A person sends by hand in WeChat's console: uses the quota, and the portal learns of it by the event only."""
    account, data = desk.account(match["appid"]), _data(request)
    title = str(data.get("title", "Sent by hand"))
    article = {"title": title, "author": "", "digest": "", "content": f"<p>{title}</p>", "content_source_url": ""}
    message = Message(
        {"kind": "mpnews", "title": title}, [{**article, "cover": "", "pictures": []}], f"console:{title}"
    )
    target = {"is_to_all": "tag_id" not in data, **({"tag_id": data["tag_id"]} if "tag_id" in data else {})}
    if "tag_id" in target and target["tag_id"] not in account.tags:
        raise BadSpec("This account has no such tag.")
    with desk.world.lock:
        key = f"console:{shapes.article_key()}"
        job = jobs.accept(desk.world, account, "console", key, target, message, origin="console")
        return json_answer(books.job_line(job))


@page("GET", "/books")
def show_books(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    with desk.world.lock:
        return json_answer(books.summary(desk.account(request.query.get("appid")), desk.world.clock.now()))


@page("GET", "/ledger")
def show_ledger(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    account = desk.account(request.query.get("appid"))
    with desk.world.lock:
        return json_answer({"jobs": books.ledger(account, request.query.get("openid")), **books.repeats(account)})


@page("GET", "/followers")
def list_followers(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    """The first followers whose number or openid begins with ``q``."""
    account, wanted = desk.account(request.query.get("appid")), request.query.get("q", "")
    with desk.world.lock:
        found = [_line(account, number) for number in itertools.islice(_matching(account, wanted), MOST_LISTED)]
    return json_answer({"followers": found})


def _matching(account: Account, wanted: str) -> Any:
    exact = account.followers.number(wanted)
    if exact is not None:
        return iter([exact])
    if not wanted.isdecimal():
        return bits.numbers(account.followers.active) if not wanted else iter(())
    return iter([int(wanted)] if int(wanted) < account.followers.count else [])


def _line(account: Account, number: int) -> dict[str, Any]:
    people = account.followers
    return {"number": number, "openid": people.openids.of(number), "follows": people.follows(number)}


@page("GET", "/faults")
def list_faults(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    return json_answer({"faults": desk.world.faults.listed(), "kinds": sorted(KINDS)})


@page("POST", "/faults")
def add_fault(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    data = _data(request)
    path, kind = str(data.pop("path", "*")), str(data.pop("kind", ""))
    times, appid = int(specs.number(data, "times", 1)), data.pop("appid", None)
    data.pop("times", None)
    if reason := _bad_fault(path, kind, data):
        raise BadSpec(reason)
    return json_answer({"id": desk.world.faults.add(path, kind, times, appid, data).id})


def _bad_fault(path: str, kind: str, options: dict[str, Any]) -> str:
    if kind not in KINDS:
        return f"The kind is one of {', '.join(sorted(KINDS))}."
    name, wanted = NEEDED.get(kind, ("", object))
    if name and not isinstance(options.get(name), wanted):
        return f"{kind} needs `{name}`."
    if kind in EVENT and path not in ("*", "event", jobs.EVENT_NAME):
        return f"The path of an event's fault is `event` or {jobs.EVENT_NAME}."
    if kind in OUTCOME and path != "*" and not path.startswith(jobs.ANY_SEND):
        return f"The path of a job's outcome begins with {jobs.ANY_SEND}."
    if kind in LISTING and path != "*" and not path.startswith("/cgi-bin/"):
        return "The path of a listing's fault is the API's path."
    return ""


@page("DELETE", "/faults")
def clear_faults(desk: Desk, request: Request, match: re.Match[str]) -> Answer:
    desk.world.faults.clear()
    return json_answer({"ok": True})
