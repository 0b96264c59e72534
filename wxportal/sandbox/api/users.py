"""Followers: the list, profiles, remarks and the blacklist (§3.1–3.4, §3.6)."""

import itertools
from typing import Any

from wxportal.sandbox import bits
from wxportal.sandbox.calls import Call, Need, Refused, api, ok
from wxportal.sandbox.faults import LISTING, Fault

MOST_PROFILES = 100  # openids in one batchget
REMARK_BYTES = 30  # a remark is shorter than this
MOST_BLACKLISTED = 20  # openids in one call


@api("GET", "/cgi-bin/user/get", need=Need.VERIFIED, daily=500)
def page(call: Call) -> dict[str, Any]:
    return page_of(call, call.account.followers.active, call.request.query.get("next_openid", ""), call.request.path)


def page_of(call: Call, who: int, cursor: str, path: str, size: int = 0) -> dict[str, Any]:
    """Up to a page of ``who`` after the openid ``cursor``; ``data`` is absent when nobody is left."""
    manner, openids = call.account.manner, call.account.followers.openids
    start = call.number_of(cursor) + 1 if cursor else 0
    size = size or manner.page_size
    found = [openids.of(number) for number in itertools.islice(bits.numbers(who, start), size + 1)]
    listed, last = found[:size], len(found) <= size
    result: dict[str, Any] = {"total": who.bit_count(), "count": len(listed)}
    if listed:
        result["data"] = {"openid": listed}
    result["next_openid"] = listed[-1] if listed and not (last and manner.blank_last_cursor) else ""
    fault = call.world.faults.take(path, call.account.appid, LISTING)
    return _spoiled(result, fault, cursor) if fault else result


def _spoiled(result: dict[str, Any], fault: Fault, cursor: str) -> dict[str, Any]:
    """A page as it must not be, but was seen or may be expected."""
    match fault.kind:
        case "ends_early":
            return {"total": result["total"], "count": 0, "next_openid": ""}
        case "stuck_cursor":
            return {**result, "next_openid": cursor}
        case "data_missing":
            return {key: value for key, value in result.items() if key != "data"}
    listed = result.get("data", {}).get("openid", [])
    return {**result, "data": {"openid": listed + listed[:1]}, "count": len(listed) + 1}


@api("GET", "/cgi-bin/user/info", need=Need.VERIFIED, daily=5_000_000)
def info(call: Call) -> dict[str, Any]:
    openid = call.request.query.get("openid", "")
    if not openid:
        raise Refused(41009)
    return _profile(call, openid)


@api("POST", "/cgi-bin/user/info/batchget", need=Need.VERIFIED)
def info_batch(call: Call) -> dict[str, Any]:
    """One unknown openid fails the whole call."""
    wanted = call.data().get("user_list")
    if not isinstance(wanted, list) or not wanted:
        raise Refused(40031)
    if len(wanted) > MOST_PROFILES:
        raise Refused(40032)
    openids = [entry.get("openid", "") if isinstance(entry, dict) else "" for entry in wanted]
    return {"user_info_list": [_profile(call, openid) for openid in openids]}


def _profile(call: Call, openid: str) -> dict[str, Any]:
    """Nothing but "no" about somebody who does not follow; never a nickname (§3.2)."""
    people, number = call.account.followers, call.number_of(openid)
    if not people.follows(number):
        return {"subscribe": 0, "openid": openid}
    unionid = {"unionid": f"oUNION{number:022d}"} if call.account.manner.open_platform else {}
    return {
        "subscribe": 1,
        "openid": openid,
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": people.came_at(number),
        **unionid,
        "remark": people.remarks.get(number, ""),
        "groupid": 0,
        "tagid_list": tags_of(call, number),
        "subscribe_scene": people.scene(number),
        "qr_scene": 0,
        "qr_scene_str": "",
    }


def tags_of(call: Call, number: int) -> list[int]:
    return [tag.id for tag in call.account.tags.values() if bits.contains(tag.members, number)]


@api("POST", "/cgi-bin/user/info/updateremark", need=Need.VERIFIED, daily=10_000)
def update_remark(call: Call) -> dict[str, Any]:
    data = call.data()
    number, remark = call.number_of(data.get("openid")), data.get("remark")
    if not isinstance(remark, str) or len(remark.encode()) >= REMARK_BYTES:
        raise Refused(40092)
    call.record("follower.remarked", number=number, remark=remark)
    return ok()


@api("POST", "/cgi-bin/tags/members/getblacklist", need=Need.VERIFIED)
def blacklist_page(call: Call) -> dict[str, Any]:
    """The cursor is called ``begin_openid`` here."""
    cursor = str(call.data().get("begin_openid") or "")
    who = call.account.followers.blacklisted
    return page_of(call, who, cursor, call.request.path, call.account.manner.blacklist_page_size)


@api("POST", "/cgi-bin/tags/members/batchblacklist", need=Need.VERIFIED)
def blacklist(call: Call) -> dict[str, Any]:
    return _blacklisted(call, on=True)


@api("POST", "/cgi-bin/tags/members/batchunblacklist", need=Need.VERIFIED)
def unblacklist(call: Call) -> dict[str, Any]:
    return _blacklisted(call, on=False)


def _blacklisted(call: Call, *, on: bool) -> dict[str, Any]:
    who = openid_list(call, call.data(), MOST_BLACKLISTED)
    call.record("follower.blacklisted", who=bits.pack(who), on=on)
    return ok()


def openid_list(call: Call, data: dict[str, Any], most: int) -> int:
    """The followers in ``openid_list``. Raises Refused 40032 (none, too many), 40003, 49003."""
    openids = data.get("openid_list")
    if not isinstance(openids, list) or not 1 <= len(openids) <= most:
        raise Refused(40032)
    return bits.just(call.number_of(openid) for openid in openids)
