"""One API call on its way through WeChat's checks, and the words in which it is refused."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from wxportal.sandbox.account import Account
from wxportal.sandbox.wire import Answer, Request
from wxportal.sandbox.world import World
from wxportal.wechat.errors import ERRCODES


class Refused(Exception):
    """The call is answered with an errcode (and HTTP 200, as always with WeChat)."""

    def __init__(self, errcode: int, errmsg: str = "", **more: Any) -> None:
        self.errcode, self.errmsg, self.more = errcode, errmsg or text_of(errcode), more
        super().__init__(f"{errcode} {self.errmsg}")


class Need(Enum):
    """Who may call an interface (§11)."""

    ANYBODY = "any account"
    NOT_LAPSED = "any account whose verification has not run out"
    VERIFIED = "verified accounts"
    VERIFIED_SERVICE = "verified service accounts"

    def met(self, account: Account, now: float) -> bool:
        return {
            Need.ANYBODY: True,
            Need.NOT_LAPSED: not account.lapsed(now),
            Need.VERIFIED: account.verified(now),
            Need.VERIFIED_SERVICE: account.type == "service" and account.verified(now),
        }[self]


@dataclass(frozen=True)
class Call:
    """What an interface function gets: the world, the account that calls, and the request."""

    world: World
    account: Account
    request: Request
    now: float

    def data(self) -> dict[str, Any]:
        """The JSON body. Raises Refused 44002 (empty) or 47001 (no JSON object)."""
        return parsed(self.request.body, literal_escapes=self.account.manner.literal_escapes)

    def record(self, kind: str, **data: Any) -> None:
        self.world.record(kind, self.account, **data)

    def number_of(self, openid: Any) -> int:
        """The follower behind an openid. Raises Refused 40003 (unknown), 49003 (another account's)."""
        number = self.account.followers.number(openid) if isinstance(openid, str) else None
        if number is None:
            foreign = any(a.followers.number(str(openid)) is not None for a in self.world.accounts.values())
            raise Refused(49003 if foreign else 40003)
        return number


Result = dict[str, Any] | Answer
Function = Callable[[Call], Result]


@dataclass(frozen=True)
class Interface:
    """One address of the API with the facts its checks need."""

    method: str
    path: str
    function: Function
    need: Need
    counter: str  # calls are counted under this name; some interfaces share one
    daily: int | None
    per_minute: int | None
    by_secret: bool  # called with appid and secret instead of a token


INTERFACES: dict[str, Interface] = {}


def api(
    method: str,
    path: str,
    *,
    need: Need = Need.ANYBODY,
    daily: int | None = None,
    per_minute: int | None = None,
    counter: str = "",
    by_secret: bool = False,
) -> Callable[[Function], Function]:
    """Put a function at an address. ``daily`` and ``per_minute`` are calls of one account (§2)."""

    def register(function: Function) -> Function:
        facts = (need, counter or path, daily, per_minute, by_secret)
        INTERFACES[path] = Interface(method, path, function, *facts)
        return function

    return register


def text_of(errcode: int) -> str:
    known = ERRCODES.get(errcode)
    return known.errmsg if known else "error"


def parsed(body: bytes, *, literal_escapes: bool = False) -> dict[str, Any]:
    """A JSON object from a body. Raises Refused 44002, 47001.

    WeChat does not decode ``\\uXXXX`` reliably; with ``literal_escapes`` it never does.
    """
    if not body:
        raise Refused(44002)
    if literal_escapes:
        body = re.sub(rb"\\u(?=[0-9a-fA-F]{4})", rb"\\\\u", body)
    try:
        data = json.loads(body)
    except ValueError:
        raise Refused(47001) from None
    if not isinstance(data, dict):
        raise Refused(47001)
    return data


def ok(**data: Any) -> dict[str, Any]:
    return {"errcode": 0, "errmsg": "ok", **data}


def integer(value: Any, errcode: int) -> int:
    """A JSON number, or digits in a string. Raises Refused with ``errcode``."""
    if isinstance(value, bool) or not str(value).isascii() or not re.fullmatch(r"-?\d{1,19}", str(value)):
        raise Refused(errcode)
    return int(value)
