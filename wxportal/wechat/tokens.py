"""Access tokens: where a client gets one, and what it does with one that was rejected.

A token is a secret with a life of two hours, shared by everything that speaks
for the account. Normal mode hands the same one to everybody; forced mode kills
it at once for everybody, so it is the last resort.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from wxportal.wechat import answers, limits
from wxportal.wechat.body import JSON, encoded
from wxportal.wechat.errors import NotSent
from wxportal.wechat.transport import Transport

STABLE_TOKEN = "/cgi-bin/stable_token"  # noqa: S105  a path
TOKEN_TIMEOUT = 13.0  # seconds in all; whoever holds a lock around this call needs a longer one
RENEW_EARLY = limits.TOKEN_RENEW_EARLY


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the seconds it has left."""

    value: str = field(repr=False)
    expires_in: int


class TokenSource(Protocol):
    """What a client asks for tokens. Either call may raise any WeChatError."""

    def current(self) -> str:
        """Return a token that should be good."""

    def replace(self, rejected: str) -> str:
        """Return another token than ``rejected``, which WeChat refused."""


def fetch_stable_token(transport: Transport, appid: str, secret: str, force: bool = False) -> Token:
    """Ask WeChat for the account's token; 10,000 calls a minute, 500,000 a day.

    Every call returns the same token until five minutes before its end.
    ``force`` makes a new one and kills the former at once: at most 20 a day,
    30 seconds apart.

    Raises OperatorNeeded (40001 and 40125 wrong secret, 40013 unknown app id,
    40164 address not on the allow-list, 40243 frozen, 89503…), QuotaSpent
    (45009, forced calls), Busy (-1, 45011), NotSent, OutcomeUnknown.

    Source: developers.weixin.qq.com/doc/subscription/api/base/api_getstableaccesstoken.html
    """
    request = {"grant_type": "client_credential", "appid": appid, "secret": secret, "force_refresh": force}
    answer = transport.request("POST", STABLE_TOKEN, {}, encoded(request), JSON, timeout=TOKEN_TIMEOUT)
    payload = answers.payload_of(answer, STABLE_TOKEN)
    return Token(answers.text(payload, "access_token"), answers.number(payload, "expires_in"))


class MemoryTokens:
    """Tokens of one account for one process; many processes need a shared store instead.

    ``fetch(force)`` asks WeChat. Threads that miss the token at once cause one call.
    """

    def __init__(self, fetch: Callable[[bool], Token], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._renew_at = float("-inf")
        self._forced_at = float("-inf")

    def __repr__(self) -> str:
        return "MemoryTokens(***)"

    def current(self) -> str:
        """Return the token, renewed five minutes before its end."""
        with self._lock:
            return self._value if self._clock() < self._renew_at else self._renew(force=False)

    def replace(self, rejected: str) -> str:
        """Return another token: a sibling's, else WeChat's own newer one, else a forced one (30 seconds apart)."""
        with self._lock:
            if self._value and self._value != rejected:
                return self._value
            value = self._renew(force=False)
            return value if value != rejected else self._forced()

    def _forced(self) -> str:
        if self._clock() - self._forced_at < limits.STABLE_TOKEN_FORCE_GAP:
            raise NotSent("WeChat keeps giving a token it rejects, and may not be forced again yet")
        self._forced_at = self._clock()
        return self._renew(force=True)

    def _renew(self, *, force: bool) -> str:
        token = self._fetch(force)
        self._value = token.value
        self._renew_at = self._clock() + token.expires_in - RENEW_EARLY
        return token.value
