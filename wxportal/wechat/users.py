"""Followers: who follows, what WeChat tells about them, remarks and the blacklist.

All of it needs a verified account (48001 otherwise). WeChat has told no
nickname, picture, sex or city since December 2021.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wxportal.wechat import answers, limits, openids
from wxportal.wechat.client import Client
from wxportal.wechat.openids import FollowerPage

__all__ = ["FollowerPage", "Profile", "blacklist", "blacklist_page", "info", "info_batch", "list_page", "unblacklist"]


@dataclass(frozen=True)
class Profile:
    """What WeChat tells about one person; for somebody who does not follow, no more than that.

    ``subscribe_time`` is unix seconds of the last follow. ``subscribe_scene`` is free
    text: new values appear without notice. ``qr_scene`` is the scene of the QR
    code that led to the follow, whether WeChat keeps it as a number or a text.
    """

    openid: str
    subscribed: bool
    subscribe_time: int | None = None
    unionid: str = ""
    remark: str = ""
    tag_ids: tuple[int, ...] = ()
    subscribe_scene: str = ""
    qr_scene: str = ""
    language: str = ""


def list_page(client: Client, next_openid: str = "") -> FollowerPage:
    """Return up to 10,000 followers behind ``next_openid``; 500 calls a day.

    Raises Refused (40003 unknown ``next_openid``), QuotaSpent, OperatorNeeded (48001), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/userinfo/api_getfans.html
    """
    return openids.page_of(client.get("/cgi-bin/user/get", next_openid=next_openid))


def info(client: Client, openid: str) -> Profile:
    """Return one person's profile; 500,000 calls a day. Raises Refused (40003, 49003), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/userinfo/api_userinfo.html
    """
    return _profile(client.get("/cgi-bin/user/info", openid=openid))


def info_batch(client: Client, followers: Sequence[str]) -> list[Profile]:
    """Return the profiles of 1 to 100 openids: match them by openid, never by position.

    One unknown openid fails the whole call (Refused 40003). Raises WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/userinfo/api_batchuserinfo.html
    """
    wanted = openids.checked(followers, most=limits.PROFILES_PER_CALL)
    request = {"user_list": [{"openid": openid} for openid in wanted]}
    payload = client.post("/cgi-bin/user/info/batchget", request)
    return [_profile(one) for one in answers.objects(payload, "user_info_list")]


def update_remark(client: Client, openid: str, remark: str) -> None:
    """Set the remark, under 30 bytes of UTF-8; 10,000 calls a day.

    Raises Refused (40092 too long, 40003), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/userinfo/api_updateremark.html
    """
    if len(remark.encode()) > limits.REMARK_BYTES:
        raise ValueError(f"a remark has at most {limits.REMARK_BYTES} bytes")
    client.post("/cgi-bin/user/info/updateremark", {"openid": openid, "remark": remark})


def blacklist_page(client: Client, begin_openid: str = "") -> FollowerPage:
    """Return up to 1,000 (formerly 10,000) blacklisted followers behind ``begin_openid``.

    Page until the count is 0, whatever the size. Raises Refused (40003), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/userinfo/api_getblacklist.html
    """
    return openids.page_of(client.post("/cgi-bin/tags/members/getblacklist", {"begin_openid": begin_openid}))


def blacklist(client: Client, followers: Sequence[str]) -> None:
    """Put 1 to 20 followers on the blacklist: they get no mass message and cannot write.

    Raises Refused (40003, 40032, 49003), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/userinfo/api_batchblacklist.html
    """
    wanted = openids.checked(followers, most=limits.BLACKLIST_PER_CALL)
    client.post("/cgi-bin/tags/members/batchblacklist", {"openid_list": wanted})


def unblacklist(client: Client, followers: Sequence[str]) -> None:
    """Take 1 to 20 followers off the blacklist. Raises Refused (40003, 40032, 49003), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/userinfo/api_batchunblacklist.html
    """
    wanted = openids.checked(followers, most=limits.BLACKLIST_PER_CALL)
    client.post("/cgi-bin/tags/members/batchunblacklist", {"openid_list": wanted})


def _profile(payload: Mapping[str, Any]) -> Profile:
    return Profile(
        openid=answers.text(payload, "openid"),
        subscribed=answers.number_or_zero(payload, "subscribe") != 0,
        subscribe_time=answers.number_or_none(payload, "subscribe_time"),
        unionid=answers.text_or_empty(payload, "unionid"),
        remark=answers.text_or_empty(payload, "remark"),
        tag_ids=tuple(answers.numbers(payload, "tagid_list")),
        # The newest page calls it a number; samples and practice are texts.
        subscribe_scene=answers.text_or_empty(payload, "subscribe_scene"),
        qr_scene=_qr_scene(payload),
        language=answers.text_or_empty(payload, "language"),
    )


def _qr_scene(payload: Mapping[str, Any]) -> str:
    number = answers.number_or_zero(payload, "qr_scene")
    return answers.text_or_empty(payload, "qr_scene_str") or (str(number) if number else "")
