"""Followers, profiles, remarks, blacklist (§3)."""

import pytest

from tests.sandbox.caller import Caller
from wxportal.sandbox.control import Control

PATH = "/cgi-bin/user/get"


def everybody(caller: Caller) -> list[str]:
    found, cursor = [], ""
    while (page := caller.get(PATH, next_openid=cursor))["count"]:
        found += page["data"]["openid"]
        cursor = page["next_openid"]
        if not cursor:
            break
    return found


def test_pages_follow_each_other_without_gap_or_repeat(service: Caller) -> None:
    service.sandbox.change_account(service.appid, page_size=30)
    assert [service.get(PATH)[key] for key in ("total", "count")] == [100, 30]
    found = everybody(service)
    assert len(found) == len(set(found)) == 100


def test_the_page_after_the_last_has_no_data(service: Caller) -> None:
    last = service.openids()[-1]
    assert service.get(PATH, next_openid=last) == {"total": 100, "count": 0, "next_openid": ""}


def test_the_last_cursor_comes_in_both_variants(service: Caller) -> None:
    assert service.get(PATH)["next_openid"] == service.openids()[-1]
    service.sandbox.change_account(service.appid, blank_last_cursor=True)
    assert service.get(PATH)["next_openid"] == ""


def test_a_full_last_page_counts_as_the_last(service: Caller) -> None:
    service.sandbox.change_account(service.appid, page_size=50, blank_last_cursor=True)
    assert service.get(PATH)["next_openid"] != ""
    assert len(everybody(service)) == 100


def test_a_page_has_no_errcode(service: Caller) -> None:
    assert set(service.get(PATH)) == {"total", "count", "data", "next_openid"}


def test_a_cursor_nobody_gave_out_is_refused(service: Caller) -> None:
    assert service.get(PATH, next_openid="oNONSENSE")["errcode"] == 40003


def test_another_accounts_openid_is_refused_with_its_own_code(service: Caller, subscription: Caller) -> None:
    foreign = subscription.openids()[0]
    assert service.get("/cgi-bin/user/info", openid=foreign)["errcode"] == 49003


def test_a_profile_never_has_a_nickname(service: Caller) -> None:
    profile = service.get("/cgi-bin/user/info", openid=service.openids()[4])
    assert profile["subscribe"] == 1
    assert (profile["nickname"], profile["headimgurl"], profile["sex"], profile["city"]) == ("", "", 0, "")
    assert profile["subscribe_scene"].startswith("ADD_SCENE_")
    assert "unionid" not in profile


def test_nothing_is_told_about_somebody_who_left(service: Caller) -> None:
    openid = service.openids()[4]
    service.sandbox.unfollow(service.appid, openid=openid)
    assert service.get("/cgi-bin/user/info", openid=openid) == {"subscribe": 0, "openid": openid}
    assert openid not in everybody(service)
    assert service.get(PATH)["total"] == 99


def test_profiles_come_in_batches_of_up_to_a_hundred(sandbox: Control) -> None:
    service = Caller.of_new(sandbox, followers=101)
    wanted = [{"openid": openid, "lang": "zh_CN"} for openid in service.openids()]
    path = "/cgi-bin/user/info/batchget"
    found = service.post(path, {"user_list": wanted[:100]})["user_info_list"]
    assert [profile["openid"] for profile in found] == [entry["openid"] for entry in wanted[:100]]
    assert service.post(path, {"user_list": wanted})["errcode"] == 40032
    assert service.post(path, {"user_list": [*wanted[:2], {"openid": "oNONSENSE"}]})["errcode"] == 40003


@pytest.mark.parametrize(("remark", "code"), [("VIP 上海", 0), ("x" * 29, 0), ("x" * 30, 40092), ("上" * 10, 40092)])
def test_a_remark_is_shorter_than_30_bytes(service: Caller, remark: str, code: int) -> None:
    openid = service.openids()[0]
    path = "/cgi-bin/user/info/updateremark"
    assert service.post(path, {"openid": openid, "remark": remark})["errcode"] == code
    assert service.get("/cgi-bin/user/info", openid=openid)["remark"] == (remark if code == 0 else "")


def test_who_returns_has_lost_tags_and_remark(service: Caller) -> None:
    openid = service.openids()[0]
    service.tagged("VIP", [openid])
    service.post("/cgi-bin/user/info/updateremark", {"openid": openid, "remark": "first"})
    service.sandbox.unfollow(service.appid, openid=openid)
    service.sandbox.advance(3600)
    service.sandbox.follow(service.appid, openid=openid)
    profile = service.get("/cgi-bin/user/info", openid=openid)
    assert (profile["tagid_list"], profile["remark"]) == ([], "")
    assert abs(profile["subscribe_time"] - service.sandbox.clock()["now"]) < 60


def test_new_people_can_come(service: Caller) -> None:
    new = service.sandbox.follow(service.appid, count=3)["openids"]
    assert everybody(service)[-3:] == new


def test_the_blacklist_is_paged_with_a_cursor_of_another_name(service: Caller) -> None:
    openids = service.openids()
    service.sandbox.change_account(service.appid, blacklist_page_size=2)
    assert service.post("/cgi-bin/tags/members/batchblacklist", {"openid_list": openids[:3]})["errcode"] == 0
    path = "/cgi-bin/tags/members/getblacklist"
    first = service.post(path, {"begin_openid": ""})
    assert (first["total"], first["count"]) == (3, 2)
    assert service.post(path, {"begin_openid": first["next_openid"]})["data"] == {"openid": [openids[2]]}
    service.post("/cgi-bin/tags/members/batchunblacklist", {"openid_list": openids[:3]})
    assert service.post(path, {"begin_openid": ""}) == {"total": 0, "count": 0, "next_openid": ""}


@pytest.mark.parametrize("count", [0, 21])
def test_one_to_twenty_are_blacklisted_at_once(service: Caller, count: int) -> None:
    body = {"openid_list": service.openids()[:count]}
    assert service.post("/cgi-bin/tags/members/batchblacklist", body)["errcode"] == 40032


def test_the_list_can_be_asked_for_500_times_a_day(service: Caller) -> None:
    for _ in range(500):
        assert "total" in service.get(PATH, next_openid=service.account.get("none", ""))
    refused = service.get(PATH)
    assert refused["errcode"] == 45009
    assert refused["errmsg"].startswith("reach max api daily quota limit")
    service.sandbox.advance(86400)
    service.token = service.stable()["access_token"]
    assert service.get(PATH)["total"] == 100
