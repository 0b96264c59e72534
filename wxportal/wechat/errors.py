"""What can go wrong in a call to WeChat, and what each failure says about the world.

    WeChatError
    ├── NotSent               no byte of the request was written: repeating is safe
    │   └── NoToken           there was no access token to send it with; .cause says why
    ├── OutcomeUnknown        it was written, or may have been, and no usable answer came
    │   ├── ServerTrouble     HTTP 5xx; .status
    │   └── UnreadableAnswer  an answer that says neither yes nor no
    └── ApiError              WeChat answered with an errcode
        ├── TokenRejected     the access token: renew it
        ├── Busy              later, perhaps in seconds; .wait
        ├── QuotaSpent        not before the next .period
        ├── Refused           never, unless the data changes
        ├── OperatorNeeded    a person has to do something; .ip for the allow-list
        ├── AlreadyAccepted   this clientmsgid was accepted before; .msg_id
        └── UnknownCode       not in our table: do not guess

A class states a fact; the caller decides what to do. `ERRCODES` is the table
behind the classes, one row per code.
"""

import re
from collections.abc import Mapping
from typing import Any

from wxportal.wechat.errcodes import ERRCODES, Advice, ErrorCode, Period

__all__ = [
    "ERRCODES",
    "Advice",
    "AlreadyAccepted",
    "ApiError",
    "Busy",
    "ErrorCode",
    "NoToken",
    "NotSent",
    "OperatorNeeded",
    "OutcomeUnknown",
    "Period",
    "QuotaSpent",
    "Refused",
    "ServerTrouble",
    "TokenRejected",
    "UnknownCode",
    "UnreadableAnswer",
    "WeChatError",
    "error_for",
]

ALREADY_ACCEPTED = 45065
TOKEN_PATHS = frozenset({"/cgi-bin/token", "/cgi-bin/stable_token"})
# On these paths 40001 means a wrong secret, not a stale token.
WRONG_SECRET = 40001

_RID = re.compile(r"\brid: ?([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})")
_OLD_RID = re.compile(r"\bhints?: ?\[ ?(?:req_id: ?)?([\w-]+) ?\]")
_IP = re.compile(r"\binvalid ip ([0-9a-fA-F:.]+)")


class WeChatError(Exception):
    """Any failure of a call. ``advice`` says what can be done about it."""

    advice: Advice = Advice.ASK


class NotSent(WeChatError):
    """No byte of the request was written (name, connect or TLS failure): repeating is safe."""

    advice = Advice.RETRY


class NoToken(NotSent):
    """There was no access token to send the call with, so it never left; ``cause`` says why."""

    def __init__(self, cause: WeChatError) -> None:
        super().__init__(cause)
        self.cause = cause
        self.advice = cause.advice

    def __str__(self) -> str:
        return f"no access token: {self.cause}"


class OutcomeUnknown(WeChatError):
    """The request left, or may have left, and no usable answer came; it may have had its effect."""


class ServerTrouble(OutcomeUnknown):
    """HTTP 5xx: some machine on the way failed, before or after the call had its effect."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        return f"HTTP {self.status}"


class UnreadableAnswer(OutcomeUnknown):
    """The answer says neither yes nor no: cut, no JSON, too long, or without what it must contain."""


class ApiError(WeChatError):
    """WeChat answered with an errcode; ``errmsg`` is its own text, verbatim."""

    def __init__(self, errcode: int, errmsg: str = "", rid: str = "", api_path: str = "") -> None:
        super().__init__(errcode, errmsg, rid, api_path)
        self.errcode = errcode
        self.errmsg = errmsg
        self.rid = rid or rid_of(errmsg)
        self.api_path = api_path

    def __str__(self) -> str:
        return f"{self.api_path or 'WeChat'} answered {self.errcode} {self.errmsg}".rstrip()

    @property
    def known(self) -> ErrorCode | None:
        """The table's row for this code, if it has one."""
        return ERRCODES.get(self.errcode)

    @property
    def meaning(self) -> str:
        """What the code means, in English; empty for a code we do not know."""
        return self.known.meaning if self.known else ""

    @property
    def ip(self) -> str:
        """The address WeChat saw, where the text names one (40164); else empty."""
        found = _IP.search(self.errmsg)
        return found[1] if found else ""


class TokenRejected(ApiError):
    """The access token is expired, replaced or malformed; the call had no effect."""

    advice = Advice.RENEW_TOKEN


class Busy(ApiError):
    """Too fast, or WeChat is busy. Whether the call had its effect is not said: a send needs the same clientmsgid."""

    advice = Advice.RETRY

    @property
    def wait(self) -> int:
        """Seconds to wait before the next try, at least."""
        return self.known.wait if self.known else 0


class QuotaSpent(ApiError):
    """A counter is used up until the next ``period``; the call had no effect."""

    advice = Advice.WAIT_UNTIL

    @property
    def period(self) -> Period:
        """When the counter starts again, in Beijing time."""
        return self.known.period if self.known else Period.DAY


class Refused(ApiError):
    """The data is wrong; the same call will never succeed."""

    advice = Advice.PERMANENT


class OperatorNeeded(ApiError):
    """A person has to do something: in WeChat's console, with the account, with our settings."""

    advice = Advice.OPERATOR


class AlreadyAccepted(ApiError):
    """A job with this clientmsgid was accepted within 24 h; ``msg_id`` is that job's, None when WeChat left it out."""

    advice = Advice.ALREADY_DONE

    def __init__(
        self,
        errcode: int = ALREADY_ACCEPTED,
        errmsg: str = "clientmsgid exist",
        rid: str = "",
        api_path: str = "",
        msg_id: int | None = None,
    ) -> None:
        super().__init__(errcode, errmsg, rid, api_path)
        self.msg_id = msg_id


class UnknownCode(ApiError):
    """A code our table does not have. Nothing is known about its effect."""


_CLASSES: dict[Advice, type[ApiError]] = {
    Advice.RENEW_TOKEN: TokenRejected,
    Advice.RETRY: Busy,
    Advice.WAIT_UNTIL: QuotaSpent,
    Advice.PERMANENT: Refused,
    Advice.OPERATOR: OperatorNeeded,
    Advice.ALREADY_DONE: AlreadyAccepted,
}


def error_for(errcode: int, errmsg: str, api_path: str, answer: Mapping[str, Any] | None = None) -> ApiError:
    """Return the error for ``errcode`` as answered by ``api_path``; ``answer`` is the whole body, for its msg_id."""
    if errcode == ALREADY_ACCEPTED:
        return AlreadyAccepted(errcode, errmsg, "", api_path, _msg_id(answer or {}))
    if errcode == WRONG_SECRET and api_path in TOKEN_PATHS:
        return OperatorNeeded(errcode, errmsg, "", api_path)
    known = ERRCODES.get(errcode)
    kind = _CLASSES[known.advice] if known else UnknownCode
    return kind(errcode, errmsg, "", api_path)


def rid_of(errmsg: str) -> str:
    """Return the request id at the end of WeChat's text, or an empty string."""
    found = _RID.search(errmsg) or _OLD_RID.search(errmsg)
    return found[1] if found else ""


def _msg_id(answer: Mapping[str, Any]) -> int | None:
    value = answer.get("msg_id")
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
