"""What WeChat pushes to us: XML in, values out.

Unknown types and events are no error: they come as a plain Message or Event
with everything in ``raw``. Names are WeChat's, whose spelling matters and is
inconsistent: ``MsgID`` in a finished send, ``MsgId`` in a message, ``LOCATION``
the event and ``location`` the message.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from wxportal.wechat.codec import Element, MalformedXml, parse_xml

MASSSENDJOBFINISH = "MASSSENDJOBFINISH"

# A node's texts, its children by name, a list where a child repeats.
Raw = dict[str, Any]

_NUMBER = re.compile(r"-?[0-9]{1,19}")
_ERR = re.compile(r"err\((\d+)\)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """Anything pushed. ``create_time`` is unix seconds; ``raw`` may quote what a follower wrote."""

    to_user: str
    from_user: str
    create_time: int
    msg_type: str
    event: str = ""
    raw: Raw = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Message(Inbound):
    """Something a follower wrote; ``msg_id`` tells repeats apart, None where WeChat left it out."""

    msg_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Event(Inbound):
    """Something that happened; ``event_key`` may be empty. Events have no id of their own."""

    event_key: str = ""


class Outcome(StrEnum):
    """What a finished send came to."""

    SUCCESS = "success"  # finished; single followers may have been missed
    REJECTED = "rejected"  # WeChat or the administrator said no
    FAILED = "failed"  # it did not work


@dataclass(frozen=True)
class SendStatus:
    """The status of a finished send: WeChat's text, its number if it has one, and what it means."""

    text: str
    code: int | None
    outcome: Outcome
    meaning: str


@dataclass(frozen=True)
class ArticleUrl:
    """Where an article that was sent can be read; the first has index 1."""

    index: int
    url: str


@dataclass(frozen=True)
class CopyrightItem:
    """What the originality check said about one article; for display only."""

    index: int
    user_declare_state: int
    audit_state: int
    original_article_url: str
    original_article_type: int
    can_reprint: bool
    need_replace_content: bool
    need_show_reprint_source: bool


@dataclass(frozen=True, kw_only=True)
class MassSendJobFinish(Event):
    """A mass send ended. Also comes for sends made in the console, with an msg_id we do not know.

    Of ``total_count`` addressed, ``filter_count`` were left (not over their
    four a month, not refusing, not blacklisted); of those ``sent_count`` got it
    and ``error_count`` did not. Sent to nobody is "send success" too.
    ``check_state``: 1 no reprint, 2 reprint and allowed, 3 reprint and
    forbidden, 0 not checked. The sender is a helper, not a follower.

    Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
    """

    msg_id: int
    status: SendStatus
    total_count: int
    filter_count: int
    sent_count: int
    error_count: int
    article_urls: tuple[ArticleUrl, ...] = ()
    copyright_items: tuple[CopyrightItem, ...] = ()
    check_state: int | None = None


def parse(xml: bytes) -> Inbound:
    """Return what was pushed. Raises MalformedXml.

    Every text is stripped: WeChat puts blanks and line breaks around some.
    """
    raw = _children(parse_xml(xml))
    if not _text(raw, "MsgType"):
        raise MalformedXml("no MsgType")
    if _text(raw, "MsgType") != "event":
        msg_id = _number(raw, "MsgId") if _text(raw, "MsgId") else None
        return Message(**_common(raw), msg_id=msg_id)
    if _text(raw, "Event") == MASSSENDJOBFINISH:
        return _mass_send_job_finish(raw)
    return Event(**_common(raw), event_key=_text(raw, "EventKey"))


def send_status(text: str) -> SendStatus:
    """Read the status of a finished send; unknown ones are failures that show WeChat's text."""
    if found := _ERR.fullmatch(text):
        code = int(found[1])
        outcome, meaning = _SEND_ERRORS.get(code, (Outcome.FAILED, "Unknown"))
        return SendStatus(text, code, outcome, meaning)
    if "".join(text.split()).lower() == "sendsuccess":
        return SendStatus(text, None, Outcome.SUCCESS, "Finished")
    return SendStatus(text, None, Outcome.FAILED, "WeChat could not send it")


_SEND_ERRORS: dict[int, tuple[Outcome, str]] = {
    10001: (Outcome.REJECTED, "Suspected advertising"),
    20001: (Outcome.REJECTED, "Suspected political content"),
    20002: (Outcome.REJECTED, "Suspected pornography"),
    20004: (Outcome.REJECTED, "Suspected social issue"),
    20006: (Outcome.REJECTED, "Suspected crime"),
    20008: (Outcome.REJECTED, "Suspected fraud"),
    20013: (Outcome.REJECTED, "Suspected copyright infringement"),
    21000: (Outcome.REJECTED, "Suspected other violation"),
    22000: (Outcome.REJECTED, "Suspected mutual promotion"),
    30001: (Outcome.FAILED, "The originality check did not work"),
    30002: (Outcome.REJECTED, "The originality check forbids it"),
    30003: (Outcome.REJECTED, "A reprint, and reprints were not to be sent"),
    40001: (Outcome.REJECTED, "The administrator refused"),
    40002: (Outcome.FAILED, "The administrator did not answer within 30 minutes"),
}


def _mass_send_job_finish(raw: Raw) -> MassSendJobFinish:
    counts: dict[str, Any] = {name: _number(raw, tag) for name, tag in _COUNTS.items()}
    copyright_check = _inner(raw, "CopyrightCheckResult")
    return MassSendJobFinish(
        **_common(raw),
        **counts,
        msg_id=_number(raw, "MsgID"),
        status=send_status(_text(raw, "Status")),
        article_urls=tuple(_article_urls(_inner(raw, "ArticleUrlResult"))),
        copyright_items=tuple(map(_copyright_item, _items(copyright_check))),
        check_state=_lenient(copyright_check, "CheckState") if _text(copyright_check, "CheckState") else None,
    )


_COUNTS = {
    "total_count": "TotalCount",
    "filter_count": "FilterCount",
    "sent_count": "SentCount",
    "error_count": "ErrorCount",
}


def _article_urls(container: Raw) -> Iterator[ArticleUrl]:
    for item in _items(container):
        # An item without an address says nothing; it must not cost us the whole event.
        if url := _text(item, "ArticleUrl"):
            yield ArticleUrl(_lenient(item, "ArticleIdx"), url)


def _copyright_item(item: Raw) -> CopyrightItem:
    return CopyrightItem(
        index=_lenient(item, "ArticleIdx"),
        user_declare_state=_lenient(item, "UserDeclareState"),
        audit_state=_lenient(item, "AuditState"),
        original_article_url=_text(item, "OriginalArticleUrl"),
        original_article_type=_lenient(item, "OriginalArticleType"),
        can_reprint=bool(_lenient(item, "CanReprint")),
        need_replace_content=bool(_lenient(item, "NeedReplaceContent")),
        need_show_reprint_source=bool(_lenient(item, "NeedShowReprintSource")),
    )


def _common(raw: Raw) -> dict[str, Any]:
    return {
        "to_user": _text(raw, "ToUserName"),
        "from_user": _text(raw, "FromUserName"),
        "create_time": _number(raw, "CreateTime"),
        "msg_type": _text(raw, "MsgType"),
        "event": _text(raw, "Event"),
        "raw": raw,
    }


def _children(element: Element) -> Raw:
    found: Raw = {}
    for child in element:
        name, value = str(child.tag), _value(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _value(element: Element) -> str | Raw:
    return _children(element) if len(element) else (element.text or "").strip()


def _text(raw: Raw, name: str) -> str:
    """Return a text, empty where there is none, or something that is no text."""
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _number(raw: Raw, name: str) -> int:
    """Return an integer that must be there. Raises MalformedXml."""
    text = _text(raw, name)
    if not _NUMBER.fullmatch(text):
        raise MalformedXml(f"no number in {name}")
    return int(text)


def _lenient(raw: Raw, name: str) -> int:
    text = _text(raw, name)
    return int(text) if _NUMBER.fullmatch(text) else 0


def _inner(raw: Raw, name: str) -> Raw:
    """Return a container, an empty one where it is missing, empty, or blank."""
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def _items(container: Raw) -> list[Raw]:
    """Return ResultList's items: one comes as an object, several as a list, none in many ways."""
    found = _inner(container, "ResultList").get("item")
    candidates = found if isinstance(found, list) else [found]
    return [one for one in candidates if isinstance(one, dict)]
