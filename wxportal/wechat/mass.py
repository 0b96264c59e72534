"""Mass sending: everybody, a tag, or a list. It cannot be taken back.

An accepted send is queued, not delivered; its result comes later, by event.
No send is ever repeated here, not even for a rejected token: the caller knows
what was tried before and repeats with the same ``clientmsgid`` and, after an
unknown outcome, the same bytes (`Request.body`).
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wxportal.wechat import answers, limits, openids
from wxportal.wechat.body import encoded
from wxportal.wechat.client import Client
from wxportal.wechat.messages import Message
from wxportal.wechat.tags import checked_id

SENDALL = "/cgi-bin/message/mass/sendall"
SEND = "/cgi-bin/message/mass/send"
SEND_TIMEOUT = 15.0  # seconds in all; then nobody knows
EVERY_ARTICLE: Final = 0  # WeChat reads 0, like a missing number, as "all of them"

_CLIENTMSGID_CHARACTERS = frozenset(string.ascii_letters + string.digits + "-_.")


@dataclass(frozen=True)
class Request:
    """One send, ready to go: where to, and the exact bytes."""

    path: str
    body: bytes


@dataclass(frozen=True)
class Accepted:
    """WeChat took the job. ``msg_data_id`` names the content, only for articles."""

    msg_id: int
    msg_data_id: int | None


@dataclass(frozen=True)
class Speed:
    """How fast WeChat sends: ``speed`` 0 (fastest) to 4, ``real_speed`` in 10,000 messages a minute."""

    speed: int
    real_speed: int


def to_all(message: Message, *, clientmsgid: str, ignore_reprint: bool = False) -> Request:
    """Return the send to every follower. Raises ValueError, TypeError."""
    return _request(SENDALL, {"filter": {"is_to_all": True}}, message, clientmsgid, ignore_reprint)


def to_tag(tag_id: int, message: Message, *, clientmsgid: str, ignore_reprint: bool = False) -> Request:
    """Return the send to a tag's followers. Raises ValueError, TypeError."""
    target = {"filter": {"is_to_all": False, "tag_id": checked_id(tag_id)}}
    return _request(SENDALL, target, message, clientmsgid, ignore_reprint)


def to_openids(
    followers: Sequence[str], message: Message, *, clientmsgid: str, ignore_reprint: bool = False
) -> Request:
    """Return the send to 2 to 10,000 followers. Raises ValueError, TypeError."""
    wanted = openids.checked(followers, least=limits.MASS_LIST_LEAST, most=limits.MASS_LIST_MOST)
    if len(set(wanted)) != len(wanted):
        raise ValueError("an openid stands twice in the list")
    return _request(SEND, {"touser": wanted}, message, clientmsgid, ignore_reprint)


def send(
    client: Client, request: Request, *, timeout: float = SEND_TIMEOUT, write_before: float | None = None
) -> Accepted:
    """Send once, on a connection of its own, within ``timeout`` seconds.

    Past ``write_before`` (a moment of ``time.monotonic()``) nothing is written
    any more: NotSent. 100 calls a day, 60 a minute; the token is not part of
    the timeout (`Client.prepare`).

    Raises NotSent, OutcomeUnknown, AlreadyAccepted (45065: this clientmsgid was
    accepted within 24 h), Busy (-1, 45011, 42010, 45066, 268488001),
    QuotaSpent (45009 calls, 45028 sends), Refused (40007, 40130, 40152, 45002,
    45067…), OperatorNeeded (48001, 48003, 48004, 48008, 50002, 895xx…), TokenRejected.

    Source: developers.weixin.qq.com/doc/service/api/notify/message/api_sendall.html, api_masssend.html
    """
    payload = client.post(
        request.path, request.body, repeat=False, timeout=timeout, write_before=write_before, fresh=True
    )
    # No msg_id, no proof: an unreadable answer, which nobody may take for a yes.
    return Accepted(answers.number(payload, "msg_id"), answers.number_or_none(payload, "msg_data_id"))


def send_to_all(
    client: Client,
    message: Message,
    *,
    clientmsgid: str,
    ignore_reprint: bool = False,
    timeout: float = SEND_TIMEOUT,
    write_before: float | None = None,
) -> Accepted:
    """Send to every follower. A service account may four times a month, a subscription account once a day.

    As `send`. Raises WeChatError, ValueError, TypeError.

    Source: developers.weixin.qq.com/doc/service/api/notify/message/api_sendall.html
    """
    request = to_all(message, clientmsgid=clientmsgid, ignore_reprint=ignore_reprint)
    return send(client, request, timeout=timeout, write_before=write_before)


def send_to_tag(
    client: Client,
    tag_id: int,
    message: Message,
    *,
    clientmsgid: str,
    ignore_reprint: bool = False,
    timeout: float = SEND_TIMEOUT,
    write_before: float | None = None,
) -> Accepted:
    """Send to a tag's followers. As `send`. Raises WeChatError, ValueError, TypeError.

    Source: developers.weixin.qq.com/doc/service/api/notify/message/api_sendall.html
    """
    request = to_tag(tag_id, message, clientmsgid=clientmsgid, ignore_reprint=ignore_reprint)
    return send(client, request, timeout=timeout, write_before=write_before)


def send_to_openids(
    client: Client,
    followers: Sequence[str],
    message: Message,
    *,
    clientmsgid: str,
    ignore_reprint: bool = False,
    timeout: float = SEND_TIMEOUT,
    write_before: float | None = None,
) -> Accepted:
    """Send to 2 to 10,000 followers; verified service accounts only. As `send`.

    A repeat with the same ``clientmsgid`` within 24 h is refused with
    AlreadyAccepted. Raises WeChatError, ValueError, TypeError.

    Source: developers.weixin.qq.com/doc/service/api/notify/message/api_masssend.html
    """
    request = to_openids(followers, message, clientmsgid=clientmsgid, ignore_reprint=ignore_reprint)
    return send(client, request, timeout=timeout, write_before=write_before)


def preview(client: Client, message: Message, *, openid: str = "", wechat_name: str = "") -> None:
    """Show the message to one follower, by openid or by WeChat name (100 a day). A draft is not used up.

    Raises Refused (43004, 50005 no follower, 40132 no such name, 40007), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/service/api/notify/message/api_preview.html
    """
    if bool(openid) == bool(wechat_name):
        # With both, WeChat would silently take the name.
        raise ValueError("an openid or a WeChat name is needed, not both")
    target = {"touser": openid} if openid else {"towxname": wechat_name}
    client.post("/cgi-bin/message/mass/preview", {**target, **message.preview_payload()})


def status(client: Client, msg_id: int) -> str:
    """Return WeChat's word: SENDING, SEND_SUCCESS, SEND_FAIL or DELETE (also when nobody was eligible).

    No counts, no reason. Raises Refused (40059 unknown, also for some seconds
    after the send), Busy (89504, 89505 the administrator must confirm), WeChatError.

    Source: developers.weixin.qq.com/doc/service/api/notify/message/api_massmsgget.html
    """
    return answers.text(client.post("/cgi-bin/message/mass/get", {"msg_id": _checked_msg_id(msg_id)}), "msg_status")


def delete(client: Client, msg_id: int, *, article_idx: int) -> None:
    """Delete one article of a send (the first is 1), or all (`EVERY_ARTICLE`); 10 calls a day.

    Followers keep the card; it opens to "deleted". The same draft sent several
    times dies everywhere. Raises Refused (40059, 40060), Busy (40065 not sent
    yet), OperatorNeeded (40204), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/service/api/notify/message/api_deletemassmsg.html
    """
    if isinstance(article_idx, bool) or not 0 <= article_idx <= limits.ARTICLES_PER_DRAFT:
        raise ValueError("the first article is 1")
    client.post("/cgi-bin/message/mass/delete", {"msg_id": _checked_msg_id(msg_id), "article_idx": article_idx})


def speed(client: Client) -> Speed:
    """Return how fast WeChat sends for this account. Raises WeChatError.

    Source: developers.weixin.qq.com/doc/service/api/notify/message/api_getspeed.html
    """
    payload = client.post("/cgi-bin/message/mass/speed/get", {})
    return Speed(answers.number(payload, "speed"), answers.number_or_zero(payload, "realspeed"))


def set_speed(client: Client, speed: int) -> None:
    """Set the speed, 0 (800,000 a minute) to 4 (100,000). Raises Refused (45083, 45084), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/service/api/notify/message/api_setspeed.html
    """
    if isinstance(speed, bool) or speed not in limits.MASS_SPEEDS:
        raise ValueError("the speed is 0 to 4")
    client.post("/cgi-bin/message/mass/speed/set", {"speed": speed})


def _request(path: str, target: Mapping[str, Any], message: Message, clientmsgid: str, ignore_reprint: bool) -> Request:
    if not isinstance(ignore_reprint, bool):
        raise TypeError("ignore_reprint is a bool")
    options = {"send_ignore_reprint": int(ignore_reprint), "clientmsgid": _checked_clientmsgid(clientmsgid)}
    return Request(path, encoded({**target, **message.payload(), **options}))


def _checked_clientmsgid(clientmsgid: str) -> str:
    if not 1 <= len(clientmsgid) <= limits.CLIENTMSGID_BYTES or not _CLIENTMSGID_CHARACTERS.issuperset(clientmsgid):
        raise ValueError(f"a clientmsgid has 1 to {limits.CLIENTMSGID_BYTES} plain ASCII characters")
    return clientmsgid


def _checked_msg_id(msg_id: int) -> int:
    if isinstance(msg_id, bool) or not isinstance(msg_id, int):
        raise TypeError("a msg_id is an integer")
    return msg_id
