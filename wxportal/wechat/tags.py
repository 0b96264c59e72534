"""WeChat's tags: at most 100 an account, 20 a follower. All of it needs a verified account (48001 otherwise)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wxportal.wechat import answers, limits, openids
from wxportal.wechat.client import Client
from wxportal.wechat.openids import FollowerPage


@dataclass(frozen=True)
class Tag:
    """A tag; ``count`` lags behind and is good for estimates only."""

    id: int
    name: str
    count: int = 0


def create(client: Client, name: str) -> Tag:
    """Create a tag; 1,000 calls a day.

    Raises Refused (45157 taken or not allowed, 45158 longer than 30 bytes),
    OperatorNeeded (45056 100 tags already), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/tag/api_createtag.html
    """
    payload = client.post("/cgi-bin/tags/create", {"tag": {"name": _checked_name(name)}})
    return _tag(answers.inner(payload, "tag"))


def list_all(client: Client) -> list[Tag]:
    """Return the account's tags, WeChat's own "starred" (2) among them; 1,000 calls a day. Raises WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/tag/api_gettags.html
    """
    return [_tag(one) for one in answers.objects(client.get("/cgi-bin/tags/get"), "tags")]


def rename(client: Client, tag_id: int, name: str) -> None:
    """Rename a tag. Raises Refused (45157, 45158, 45058 WeChat's own), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/tag/api_updatetag.html
    """
    client.post("/cgi-bin/tags/update", {"tag": {"id": checked_id(tag_id), "name": _checked_name(name)}})


def delete(client: Client, tag_id: int) -> None:
    """Delete a tag. Raises Refused (45058 WeChat's own, 45057 more than 100,000 followers), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/tag/api_deletetag.html
    """
    client.post("/cgi-bin/tags/delete", {"tag": {"id": checked_id(tag_id)}})


def followers_page(client: Client, tag_id: int, next_openid: str = "") -> FollowerPage:
    """Return up to 10,000 followers of a tag behind ``next_openid``; ``total`` is not told (0).

    A POST, although older pages print GET. Raises Refused (45159 no such tag, 40003), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/tag/api_gettagfans.html
    """
    request = {"tagid": checked_id(tag_id), "next_openid": next_openid}
    return openids.page_of(client.post("/cgi-bin/user/tag/get", request))


def tag(client: Client, tag_id: int, followers: Sequence[str]) -> None:
    """Put a tag on 1 to 50 followers; 100,000 calls a day. All or none, as documented.

    Raises Refused (45159 no such tag, 45059 one has 20 tags, 40003, 40032, 49003), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/tag/api_batchtagging.html
    """
    client.post("/cgi-bin/tags/members/batchtagging", _members(tag_id, followers))


def untag(client: Client, tag_id: int, followers: Sequence[str]) -> None:
    """Take a tag off 1 to 50 followers. Raises Refused (45159, 40003, 40032, 49003), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/tag/api_batchuntagging.html
    """
    client.post("/cgi-bin/tags/members/batchuntagging", _members(tag_id, followers))


def of_follower(client: Client, openid: str) -> list[int]:
    """Return the ids of a follower's tags. Raises Refused (40003, 49003), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/usermanage/tag/api_gettagidlist.html
    """
    return answers.numbers(client.post("/cgi-bin/tags/getidlist", {"openid": openid}), "tagid_list")


def checked_id(tag_id: int) -> int:
    """Return the id. Raises TypeError: WeChat must never have to guess what a text means."""
    if isinstance(tag_id, bool) or not isinstance(tag_id, int):
        raise TypeError("a tag's id is an integer")
    return tag_id


def _checked_name(name: str) -> str:
    if not name or len(name.encode()) > limits.TAG_NAME_BYTES:
        raise ValueError(f"a tag's name has 1 to {limits.TAG_NAME_BYTES} bytes")
    return name


def _members(tag_id: int, followers: Sequence[str]) -> dict[str, Any]:
    return {
        "openid_list": openids.checked(followers, most=limits.TAGGING_PER_CALL),
        "tagid": checked_id(tag_id),
    }


def _tag(payload: Mapping[str, Any]) -> Tag:
    name, count = answers.text_or_empty(payload, "name"), answers.number_or_zero(payload, "count")
    return Tag(answers.number(payload, "id"), name, count)
