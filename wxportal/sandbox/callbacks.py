"""WeChat's side of the callback: the check of an address, and pushes to it (§8).

A push is in the journal before it leaves and after every attempt, so a
restarted sandbox delivers what it still owes.
"""

import ipaddress
import re
import secrets
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import requests

from wxportal.sandbox import pushes
from wxportal.sandbox.account import Account, Callback, Push
from wxportal.sandbox.world import World

ATTEMPTS = 3
VERIFY_TIMEOUT = 5.0  # seconds
PARALLEL = 8  # pushes under way at once
MOST_REPLY = 65_536  # bytes of an answer that are read
CHUNK = 8_192  # bytes read at once
SHOWN_REPLY = 200  # characters of an answer kept in the books
TOKEN_SHAPE = re.compile(r"[A-Za-z0-9]{3,32}")
KEY_SHAPE = re.compile(r"[A-Za-z0-9]{43}")
MODES = ("plain", "compatible", "secure")


class Postman:
    """Carries events to callbacks. Only to this machine, unless ``anywhere`` is set."""

    def __init__(self, world: World, *, anywhere: bool = False) -> None:
        self._world = world
        self._anywhere = anywhere
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="sandbox-push")

    def set_callback(self, account: Account, callback: Callback) -> str:
        """Check and save an account's callback as WeChat's console does; the reason when it is not saved."""
        reason = _bad_setting(callback) or self._bad_target(callback.url) or self._unverified(callback)
        if not reason:
            with self._world.lock:
                self._world.record("callback.set", account, callback=asdict(callback))
        return reason

    def queue(
        self, account: Account, event: str, fields: dict[str, Any], *, due: float = 0.0, whitespace: bool = False
    ) -> "Future[None] | None":
        """Put an event on its way; None when the account has no callback or the event is for later."""
        if account.callback is None:
            return None
        with self._world.lock:
            push_id = max(account.pushes, default=0) + 1
            push = {"id": push_id, "event": event, "fields": fields, "due": due, "whitespace": whitespace}
            self._world.record("push.queued", account, push=push)
        return self._dispatch(account, account.pushes[push_id])

    def resume(self) -> None:
        """Deliver what was queued before the last restart."""
        for account in self._world.accounts.values():
            for push in [push for push in account.pushes.values() if not push.settled]:
                self._dispatch(account, push)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _dispatch(self, account: Account, push: Push) -> "Future[None] | None":
        if push.due <= self._world.clock.now():
            return self._pool.submit(self._deliver, account, push)
        self._world.alarm.at(push.due, lambda: self._submit(account, push))
        return None

    def _submit(self, account: Account, push: Push) -> None:
        self._pool.submit(self._deliver, account, push)

    def _deliver(self, account: Account, push: Push) -> None:
        """Up to three attempts; only silence is a reason to try again, a bad answer is not."""
        while not push.settled:
            if push.attempts:
                time.sleep(account.manner.push_gap)
            attempt = self._attempt(account, push)
            again = attempt["outcome"] == "no answer" and len(push.attempts) + 1 < ATTEMPTS
            with self._world.lock:
                self._world.record("push.attempted", account, id=push.id, attempt=attempt, settled=not again)

    def _attempt(self, account: Account, push: Push) -> dict[str, Any]:
        callback, started = account.callback, time.monotonic()
        assert callback is not None  # an account never loses its callback
        result: dict[str, Any] = {"at": self._world.clock.now()}
        try:
            status, reply = self._post(account, callback, push)
        except requests.RequestException as problem:
            result |= {"outcome": "no answer", "detail": type(problem).__name__}
        else:
            good, detail = pushes.judged(account, callback, status, reply)
            result |= {"outcome": "ok" if good else "bad answer", "status": status, "detail": detail[:SHOWN_REPLY]}
        return {**result, "seconds": round(time.monotonic() - started, 3)}

    def _post(self, account: Account, callback: Callback, push: Push) -> tuple[int, bytes]:
        if reason := self._bad_target(callback.url):
            raise requests.ConnectionError(reason)
        query, body, kind = pushes.letter(account, callback, push, self._world.clock.now())
        headers = {"Content-Type": kind, "User-Agent": "Mozilla/4.0"}
        return _exchange("POST", callback.url, query, account.manner.push_timeout, data=body, headers=headers)

    def _unverified(self, callback: Callback) -> str:
        """WeChat's GET with an echostr that must come back bare (§8.2)."""
        echo, query = str(10**18 + secrets.randbelow(9 * 10**18)), pushes.signed(callback, self._world.clock.now())
        try:
            status, reply = _exchange("GET", callback.url, {**query, "echostr": echo}, VERIFY_TIMEOUT)
        except requests.RequestException as problem:
            return f"No answer from the callback address ({type(problem).__name__})."
        if status == 200 and reply == echo.encode():
            return ""
        return f"Token verification failed: the answer was HTTP {status}, not the echostr."

    def _bad_target(self, url: str) -> str:
        """A push goes to this machine only: a rehearsal must not knock at strangers' doors."""
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return "The callback address cannot be read."
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return "The callback address must begin with http:// or https://."
        return "" if self._anywhere else _not_loopback(parts.hostname, port)


def _not_loopback(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return "The callback's host name is unknown."
    if all(ipaddress.ip_address(str(entry[4][0])).is_loopback for entry in found):
        return ""
    return "The sandbox calls back to this machine only (start it with --allow-callbacks-anywhere to change that)."


def _bad_setting(callback: Callback) -> str:
    if callback.mode not in MODES:
        return f"The mode is one of {', '.join(MODES)}."
    if not TOKEN_SHAPE.fullmatch(callback.token):
        return "The token has 3 to 32 letters and digits."
    if not KEY_SHAPE.fullmatch(callback.aes_key):
        return "The EncodingAESKey has 43 letters and digits."
    return ""


def _exchange(method: str, url: str, query: dict[str, str], timeout: float, **more: Any) -> tuple[int, bytes]:
    """One request without proxies, redirects or retries. Raises requests.RequestException."""
    deadline = time.monotonic() + timeout
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, url, params=query, timeout=timeout, allow_redirects=False, stream=True, **more)
        return answer.status_code, _body(answer, deadline)


def _body(answer: requests.Response, deadline: float) -> bytes:
    """The body's beginning. An answer that trickles beyond the deadline is none."""
    body = b""
    for piece in answer.iter_content(CHUNK):
        body += piece
        if time.monotonic() > deadline:
            raise requests.ReadTimeout("the answer took too long")
        if len(body) >= MOST_REPLY:
            break
    return body
