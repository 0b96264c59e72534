"""One Official Account's calls: add the token, send, read the answer, raise one kind of error.

A rejected token is replaced once and the call repeated once, never more, and
not at all where the caller says so. Logs name the path, the errcode, the rid
and the milliseconds; the URL and the bodies hold secrets and people.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, TypeVar

from wxportal.wechat import answers, body
from wxportal.wechat.answers import Payload
from wxportal.wechat.errors import (
    ApiError,
    NoToken,
    NotSent,
    OutcomeUnknown,
    TokenRejected,
    UnreadableAnswer,
    WeChatError,
)
from wxportal.wechat.tokens import TokenSource
from wxportal.wechat.transport import Answer, Transport

logger = logging.getLogger(__name__)

UPLOAD_TIMEOUT = 60.0  # seconds in all; 10 MB to China over a slow line
DOWNLOAD_TIMEOUT = 60.0  # seconds in all

T = TypeVar("T")
Send = Callable[[str], Answer]  # the token -> the answer


@dataclass(frozen=True)
class Download:
    """A file, or the JSON object WeChat answers in place of one (a video's address)."""

    content: bytes = field(repr=False)
    content_type: str
    filename: str
    payload: Payload | None = None


class Client:
    """Calls WeChat as one Official Account. Safe to share between threads."""

    def __init__(self, appid: str, tokens: TokenSource, transport: Transport) -> None:
        self.appid = appid
        self._tokens = tokens
        self._transport = transport
        self._rejected = ""

    def __repr__(self) -> str:
        return f"Client(appid={self.appid!r}, {self._transport!r})"

    def get(self, path: str, **query: str | int) -> Payload:
        """Send a GET and return the answer's object. Raises WeChatError."""

        def send(token: str) -> Answer:
            return self._transport.request("GET", path, _with_token(token, query))

        return self._call(path, send, answers.payload_of)

    def post(
        self,
        path: str,
        json: Mapping[str, Any] | bytes,
        *,
        query: Mapping[str, str] | None = None,
        repeat: bool = True,
        timeout: float | None = None,
        write_before: float | None = None,
        fresh: bool = False,
    ) -> Payload:
        """Send a POST and return the answer's object; ``json`` given as bytes is sent as it is.

        ``repeat=False`` never sends twice, not even for a rejected token.
        ``timeout`` (seconds), ``write_before`` (monotonic seconds) and ``fresh``
        as in Transport.request; getting the token is not part of them.
        Raises WeChatError.
        """
        content = json if isinstance(json, bytes) else body.encoded(json)

        def send(token: str) -> Answer:
            options: dict[str, Any] = {"timeout": timeout, "write_before": write_before, "fresh": fresh}
            return self._transport.request("POST", path, _with_token(token, query), content, body.JSON, **options)

        return self._call(path, send, answers.payload_of, repeat=repeat)

    def upload(
        self,
        path: str,
        filename: str,
        content: bytes,
        *,
        query: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Payload:
        """Upload one file, with texts in ``fields``, and return the answer's object. Raises WeChatError, ValueError."""
        form, content_type = body.upload(filename, content, fields)

        def send(token: str) -> Answer:
            full_query = _with_token(token, query)
            return self._transport.request("POST", path, full_query, form, content_type, timeout=UPLOAD_TIMEOUT)

        return self._call(path, send, answers.payload_of)

    def download(
        self, path: str, query: Mapping[str, str] | None = None, *, json: Mapping[str, Any] | None = None
    ) -> Download:
        """Fetch a file with GET, or with POST where ``json`` is given. Raises WeChatError.

        WeChat answers errors, and videos, as JSON with the same HTTP status.
        """
        method, content = ("GET", None) if json is None else ("POST", body.encoded(json))

        def send(token: str) -> Answer:
            kind = body.JSON if content else ""
            full_query = _with_token(token, query)
            return self._transport.request(method, path, full_query, content, kind, timeout=DOWNLOAD_TIMEOUT)

        return self._call(path, send, _download_of)

    def post_without_token(self, path: str, query: Mapping[str, str]) -> Payload:
        """Send an empty POST that carries its own credentials. Raises WeChatError."""

        def send(_: str) -> Answer:
            return self._transport.request("POST", path, query, b"")

        return _logged(path, send, answers.payload_of, "")

    def prepare(self) -> None:
        """Make sure that there is a token, so that the next call need not ask for one. Raises NotSent."""
        self._token(self._tokens.current)

    def renew_token(self) -> None:
        """Replace the token WeChat rejected last, after a call with ``repeat=False``. Raises NotSent."""
        if self._rejected:
            self._token(lambda: self._tokens.replace(self._rejected))

    def _call(self, path: str, send: Send, read: Callable[[Answer, str], T], *, repeat: bool = True) -> T:
        token = self._token(self._tokens.current)
        try:
            return _logged(path, send, read, token)
        except TokenRejected as exc:
            self._rejected, rejected = token, exc
        if not repeat:
            raise rejected
        return _logged(path, send, read, self._replacement(token, rejected))

    def _replacement(self, token: str, rejected: TokenRejected) -> str:
        try:
            return self._token(lambda: self._tokens.replace(token))
        except NotSent as exc:
            # Not NotSent for the call as a whole: it was sent once, and refused.
            raise rejected from exc

    @staticmethod
    def _token(ask: Callable[[], str]) -> str:
        """Return a token. Whatever happens here, the call that needs the token was not sent."""
        try:
            return ask()
        except (OutcomeUnknown, ApiError) as exc:
            raise NoToken(exc) from exc


def _logged(path: str, send: Send, read: Callable[[Answer, str], T], token: str) -> T:
    started = time.monotonic()
    try:
        result = read(send(token), path)
    except WeChatError as exc:
        logger.info("%s: %s in %d ms", path, _outcome(exc), _milliseconds(started))
        raise
    logger.debug("%s: ok in %d ms", path, _milliseconds(started))
    return result


def _download_of(answer: Answer, path: str) -> Download:
    answers.check_status(answer)
    # No picture, recording or video begins with a brace.
    payload = answers.json_object(answer.body) if answer.body[:1] == b"{" else None
    if payload is not None:
        answers.check_errcode(payload, path)
        return Download(b"", answer.content_type, "", payload)
    if answer.status >= 400 or not answer.body or answer.content_type == "text/html":
        raise UnreadableAnswer(f"HTTP {answer.status} without a file")
    return Download(answer.body, answer.content_type, _filename(answer))


def _filename(answer: Answer) -> str:
    """Return the name WeChat gives the file, without any folder in it; empty where it gives none."""
    header = Message()
    header["Content-Disposition"] = answer.headers.get("Content-Disposition", "")
    return (header.get_filename("") or "").replace("\\", "/").rpartition("/")[2]


def _with_token(token: str, query: Mapping[str, str | int] | None) -> dict[str, str]:
    return {"access_token": token, **{name: str(value) for name, value in (query or {}).items()}}


def _outcome(exc: WeChatError) -> str:
    if isinstance(exc, ApiError):
        return f"errcode {exc.errcode} rid {exc.rid or '-'}"
    return type(exc).__name__


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
