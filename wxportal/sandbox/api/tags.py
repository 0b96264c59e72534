"""Tags and who carries them (§3.5)."""

from typing import Any

from wxportal.sandbox import bits
from wxportal.sandbox.account import Tag
from wxportal.sandbox.api.users import openid_list, page_of, tags_of
from wxportal.sandbox.calls import Call, Need, Refused, api, integer, ok

MOST_TAGS = 100  # of one account
MOST_TAGS_OF_ONE = 20  # of one follower
MOST_TAGGED = 50  # openids in one call
NAME_BYTES = 30
MOST_DELETABLE = 100_000  # followers a tag may have when it is deleted
SYSTEM_IDS = (0, 1, 2)


@api("POST", "/cgi-bin/tags/create", need=Need.VERIFIED, daily=1_000)
def create(call: Call) -> dict[str, Any]:
    name = _name(call, _tag_part(call))
    if sum(tag_id not in SYSTEM_IDS for tag_id in call.account.tags) >= MOST_TAGS:
        raise Refused(45056)
    tag_id = call.account.last_tag_id + 1
    call.record("tag.saved", id=tag_id, name=name)
    return {"tag": {"id": tag_id, "name": name}}


@api("GET", "/cgi-bin/tags/get", need=Need.VERIFIED, daily=1_000)
def list_all(call: Call) -> dict[str, Any]:
    active = call.account.followers.active
    return {
        "tags": [
            {"id": tag.id, "name": tag.name, "count": (tag.members & active).bit_count()}
            for tag in call.account.tags.values()
        ]
    }


@api("POST", "/cgi-bin/tags/update", need=Need.VERIFIED, daily=1_000)
def rename(call: Call) -> dict[str, Any]:
    part = _tag_part(call)
    tag = _own_tag(call, part.get("id"))
    call.record("tag.saved", id=tag.id, name=_name(call, part, besides=tag.id))
    return ok()


@api("POST", "/cgi-bin/tags/delete", need=Need.VERIFIED, daily=1_000)
def delete(call: Call) -> dict[str, Any]:
    tag = _own_tag(call, _tag_part(call).get("id"))
    if tag.members.bit_count() > MOST_DELETABLE:
        raise Refused(45057)
    call.record("tag.deleted", id=tag.id)
    return ok()


@api("POST", "/cgi-bin/user/tag/get", need=Need.VERIFIED)
def followers_page(call: Call) -> dict[str, Any]:
    data = call.data()
    who = tag_of(call, data.get("tagid")).members & call.account.followers.active
    result = page_of(call, who, str(data.get("next_openid") or ""), call.request.path)
    del result["total"]
    return result


@api("POST", "/cgi-bin/tags/members/batchtagging", need=Need.VERIFIED, daily=100_000)
def tag(call: Call) -> dict[str, Any]:
    """All or nothing. Raises Refused 45059 when one of them would carry more than 20 tags."""
    wanted, who = _members(call)
    for number in bits.numbers(who & ~wanted.members):
        if len(tags_of(call, number)) >= MOST_TAGS_OF_ONE:
            raise Refused(45059)
    call.record("tag.members", id=wanted.id, who=bits.pack(who), on=True)
    return ok()


@api("POST", "/cgi-bin/tags/members/batchuntagging", need=Need.VERIFIED, daily=100_000)
def untag(call: Call) -> dict[str, Any]:
    wanted, who = _members(call)
    call.record("tag.members", id=wanted.id, who=bits.pack(who), on=False)
    return ok()


@api("POST", "/cgi-bin/tags/getidlist", need=Need.VERIFIED)
def of_follower(call: Call) -> dict[str, Any]:
    return {"tagid_list": tags_of(call, call.number_of(call.data().get("openid")))}


def tag_of(call: Call, tag_id: Any, errcode: int = 45159) -> Tag:
    """Raises Refused with ``errcode`` for an id this account has no tag of."""
    found = call.account.tags.get(integer(tag_id, errcode))
    if found is None:
        raise Refused(errcode)
    return found


def _members(call: Call) -> tuple[Tag, int]:
    data = call.data()
    who = openid_list(call, data, MOST_TAGGED)
    if who & ~call.account.followers.active:
        raise Refused(40003)  # somebody who does not follow cannot carry a tag
    return tag_of(call, data.get("tagid")), who


def _own_tag(call: Call, tag_id: Any) -> Tag:
    if integer(tag_id, 45159) in SYSTEM_IDS:
        raise Refused(45058)
    return tag_of(call, tag_id)


def _tag_part(call: Call) -> dict[str, Any]:
    part = call.data().get("tag")
    if not isinstance(part, dict):
        raise Refused(45157)
    return part


def _name(call: Call, part: dict[str, Any], besides: int = -1) -> str:
    """Raises Refused 45157 (empty or taken), 45158 (more than 30 bytes)."""
    name = part.get("name")
    if not isinstance(name, str) or not name.strip():
        raise Refused(45157)
    if len(name.encode()) > NAME_BYTES:
        raise Refused(45158)
    if any(tag.name == name and tag.id != besides for tag in call.account.tags.values()):
        raise Refused(45157)
    return name
