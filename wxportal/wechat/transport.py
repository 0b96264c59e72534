"""HTTP to WeChat, and the exact truth about each failure. The only module that knows requests and urllib3.

Whether a request may be repeated depends on one fact: was a byte of it written?
Exception classes do not tell (a TLS error may come before or after), so our
connections note it themselves: until the note, a failure is NotSent; from then
on it is OutcomeUnknown.

Nothing is retried, no redirect is followed, no proxy or netrc of the
environment is used, and no text of the libraries gets out: it quotes the URL,
and with it the access token.
"""

import http.client
import io
import ipaddress
import logging
import re
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from socket import socket
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from wxportal.wechat.errors import NotSent, OutcomeUnknown, UnreadableAnswer, WeChatError

CONNECT_TIMEOUT = 3.0  # seconds for one address; a name may have several, and resolving it comes on top
READ_TIMEOUT = 10.0  # seconds between two bytes of the answer
TOTAL_TIMEOUT = 30.0  # seconds for a whole call that names no other
ANSWER_LIMIT = 32 * 1024**2  # bytes; the largest file WeChat hands out has 10 MB
CHUNK = 64 * 1024  # bytes read at a time
PIECE = 16 * 1024  # bytes written at a time: one TLS record, so that a slow line is noticed between two
USER_AGENT = "wxportal"

_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
_QUERY = re.compile(r"\?[^\s'\"]+")


@dataclass(frozen=True)
class Answer:
    """What came back. The body of a token call is a secret, so the repr has none."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """The declared type without its parameters; the charset in them is not to be trusted."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


class Transport:
    """Requests to one WeChat-like server. Safe to share between threads, not across a fork."""

    def __init__(
        self, base_url: str, connect_timeout: float = CONNECT_TIMEOUT, read_timeout: float = READ_TIMEOUT
    ) -> None:
        """Raise ValueError unless ``base_url`` is https, or http to this machine. Timeouts are seconds."""
        self.base_url = checked_base_url(base_url)
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._adapter = _Adapter(max_retries=0)

    def __repr__(self) -> str:
        return f"Transport({self.base_url!r})"

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "",
        *,
        timeout: float | None = None,
        write_before: float | None = None,
        fresh: bool = False,
    ) -> Answer:
        """Send one request and return the answer, whatever its HTTP status.

        ``timeout`` is seconds in all; the answer may then take all of them,
        otherwise a silence of the read timeout ends the call. ``write_before``
        is a moment of ``time.monotonic()``: past it, nothing is written any
        more. ``fresh`` opens a connection of its own and closes it, so that no
        stale one can swallow the request.

        Raises NotSent or OutcomeUnknown.
        """
        attempt = _Attempt.starting_now(timeout, self._read_timeout, write_before)
        handled = sys.exception()
        context = _attempt.set(attempt)
        try:
            return self._exchange(self._prepared(method, path, query, body, content_type), attempt, fresh)
        except _FAILURES as exc:
            reason = _words(exc, handled)
        finally:
            _attempt.reset(context)
        # Raised out here, not in the handler: a chained exception would carry the URL into logs.
        raise attempt.failure(f"{urlsplit(self.base_url).hostname}: {reason}")

    def close(self) -> None:
        """Close the pooled connections."""
        self._adapter.close()

    def _prepared(
        self, method: str, path: str, query: Mapping[str, str] | None, body: bytes | None, content_type: str
    ) -> requests.PreparedRequest:
        headers = {"User-Agent": USER_AGENT, "Accept": "*/*"}
        if content_type:
            headers["Content-Type"] = content_type
        url = self.base_url + path
        return requests.Request(method, url, headers=headers, params=dict(query or {}), data=body).prepare()

    def _exchange(self, prepared: requests.PreparedRequest, attempt: "_Attempt", fresh: bool) -> Answer:
        adapter = _Adapter(max_retries=0) if fresh else self._adapter
        timeout = (min(self._connect_timeout, attempt.about_to_connect()), self._read_timeout)
        try:
            # The adapter, not a Session: a Session reads a redirect's body and remembers cookies.
            response = adapter.send(prepared, stream=True, timeout=timeout, proxies={})
            try:
                return Answer(response.status_code, response.headers, _body(response.raw))
            finally:
                response.close()
        finally:
            if fresh:
                adapter.close()


def checked_base_url(base_url: str) -> str:
    """Return ``base_url`` without a final slash. Raises ValueError when access tokens must not travel there."""
    parts = urlsplit(base_url)
    if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
        raise ValueError("a base URL is a scheme, a host and perhaps a port and a path")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("access tokens travel in the address: https, or plain http on this machine only")
    _ = parts.port  # raises ValueError when it is no number
    return base_url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _OutOfTime(TimeoutError):
    """Our own clock ended the attempt."""


@dataclass
class _Attempt:
    """One request on its way: how long it may take (monotonic seconds), and whether any of it may have left."""

    deadline: float
    write_before: float
    silence: float
    written: bool = False

    @classmethod
    def starting_now(cls, timeout: float | None, read_timeout: float, write_before: float | None) -> "_Attempt":
        deadline = time.monotonic() + (TOTAL_TIMEOUT if timeout is None else timeout)
        silence = read_timeout if timeout is None else timeout
        return cls(deadline, deadline if write_before is None else min(write_before, deadline), silence)

    def about_to_connect(self) -> float:
        """Return the seconds left until the first byte must be written. Raises _OutOfTime."""
        left = self.write_before - time.monotonic()
        if left <= 0:
            raise _OutOfTime("too late to write")
        return left

    def about_to_write(self) -> float:
        """Note that bytes may leave now, and return the seconds they may take. Raises _OutOfTime."""
        now = time.monotonic()
        if now >= (self.deadline if self.written else self.write_before):
            raise _OutOfTime("too late to write")
        self.written = True
        return self.deadline - now

    def about_to_read(self) -> float:
        """Return the seconds the next bytes may take. Raises _OutOfTime."""
        left = min(self.deadline - time.monotonic(), self.silence)
        if left <= 0:
            raise _OutOfTime("the answer took too long")
        return left

    def failure(self, reason: str) -> WeChatError:
        return OutcomeUnknown(reason) if self.written else NotSent(reason)


# urllib3 makes connections deep inside; this is how they find the request they work for.
_attempt: ContextVar[_Attempt] = ContextVar("attempt")


class _PatientFile(io.RawIOBase):
    """A socket's answer, read under the attempt's clock: a trickle cannot outlive it."""

    def __init__(self, sock: socket, raw: Any, attempt: _Attempt) -> None:
        super().__init__()
        self._sock, self._raw, self._attempt = sock, raw, attempt

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._attempt.about_to_read())
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """http.client's response, whose bytes come from a _PatientFile, its headers too."""

    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        unbuffered = self.fp.detach()
        self.fp = io.BufferedReader(_PatientFile(sock, unbuffered, _attempt.get()))


class _Http(HTTPConnection):
    response_class = _Response

    def send(self, data: Any) -> None:
        for piece in _pieces(self, data):
            super().send(piece)


class _Https(HTTPSConnection):
    response_class = _Response

    def send(self, data: Any) -> None:
        for piece in _pieces(self, data):
            super().send(piece)


def _pieces(connection: HTTPConnection, data: bytes) -> Any:
    """Connect if need be, then hand out what to write, each piece under the attempt's clock."""
    if connection.sock is None:
        connection.connect()
    for start in range(0, len(data), PIECE):
        seconds = _attempt.get().about_to_write()
        connection.sock.settimeout(seconds)
        yield data[start : start + PIECE]


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


def _body(raw: Any) -> bytes:
    """Return the whole body. Raises UnreadableAnswer when it is longer than any of WeChat's."""
    body = bytearray()
    for chunk in raw.stream(CHUNK, decode_content=True):
        body += chunk
        if len(body) > ANSWER_LIMIT:
            raise UnreadableAnswer("the answer is too long")
    return bytes(body)


def _words(exc: BaseException, handled: BaseException | None) -> str:
    """Describe the failure by its innermost cause, never by a text that quotes the URL.

    ``handled`` is what the caller was handling already; it stands behind that cause and is no part of it.
    """
    while (inner := exc.__cause__ or exc.__context__) is not None and inner is not handled:
        exc = inner
    if isinstance(exc, _OutOfTime):
        return str(exc)
    text = exc.strerror if isinstance(exc, OSError) and isinstance(exc.strerror, str) else ""
    return f"{type(exc).__name__} {text}".rstrip()


class _Masked(logging.Filter):
    """Keeps queries out of what urllib3 logs: they hold access tokens, secrets and openids."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY.sub("?***", record.getMessage()), ()
        return True


for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_Masked())
