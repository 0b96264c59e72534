"""Tags and their members (§3.5)."""

import pytest

from tests.sandbox.caller import Caller
from wxportal.sandbox import bits
from wxportal.sandbox.server import SandboxServer

CREATE = "/cgi-bin/tags/create"
ADD = "/cgi-bin/tags/members/batchtagging"


def create(caller: Caller, name: str) -> dict:
    return caller.post(CREATE, {"tag": {"name": name}})


def test_a_new_tag_answers_with_its_id_and_no_errcode(service: Caller) -> None:
    assert create(service, "广东") == {"tag": {"id": 100, "name": "广东"}}
    starred, own = service.get("/cgi-bin/tags/get")["tags"]
    assert starred == {"id": 2, "name": "星标组", "count": 0}
    assert own == {"id": 100, "name": "广东", "count": 0}


@pytest.mark.parametrize(("name", "code"), [("", 45157), ("上" * 11, 45158), ("x" * 31, 45158), ("星标组", 45157)])
def test_a_bad_name_is_refused(service: Caller, name: str, code: int) -> None:
    assert create(service, name)["errcode"] == code


def test_a_hundred_tags_and_no_more(service: Caller) -> None:
    for number in range(100):
        assert "tag" in create(service, f"tag {number}")
    assert create(service, "one more")["errcode"] == 45056


def test_a_tag_is_renamed_and_deleted_and_its_id_is_not_used_again(service: Caller) -> None:
    tag_id = create(service, "old")["tag"]["id"]
    assert service.post("/cgi-bin/tags/update", {"tag": {"id": tag_id, "name": "new"}})["errcode"] == 0
    assert service.get("/cgi-bin/tags/get")["tags"][1]["name"] == "new"
    assert service.post("/cgi-bin/tags/delete", {"tag": {"id": tag_id}})["errcode"] == 0
    assert create(service, "next")["tag"]["id"] == tag_id + 1


@pytest.mark.parametrize("tag_id", [0, 1, 2])
def test_system_tags_stay(service: Caller, tag_id: int) -> None:
    assert service.post("/cgi-bin/tags/update", {"tag": {"id": tag_id, "name": "x"}})["errcode"] == 45058
    assert service.post("/cgi-bin/tags/delete", {"tag": {"id": tag_id}})["errcode"] == 45058


def test_members_are_added_listed_and_taken_out(service: Caller) -> None:
    openids = service.openids()
    tag_id = service.tagged("VIP", openids[:60])
    page = service.post("/cgi-bin/user/tag/get", {"tagid": tag_id, "next_openid": openids[57]})
    assert page == {"count": 2, "data": {"openid": openids[58:60]}, "next_openid": openids[59]}
    body = {"openid_list": openids[:50], "tagid": tag_id}
    assert service.post("/cgi-bin/tags/members/batchuntagging", body)["errcode"] == 0
    assert service.get("/cgi-bin/tags/get")["tags"][1]["count"] == 10
    assert service.post("/cgi-bin/tags/getidlist", {"openid": openids[55]}) == {"tagid_list": [tag_id]}


def test_fifty_at_once_and_no_more(service: Caller) -> None:
    tag_id, openids = create(service, "VIP")["tag"]["id"], service.openids()
    assert service.post(ADD, {"openid_list": openids[:51], "tagid": tag_id})["errcode"] == 40032
    assert service.post(ADD, {"openid_list": [], "tagid": tag_id})["errcode"] == 40032


def test_one_bad_openid_fails_the_whole_call(service: Caller, subscription: Caller) -> None:
    tag_id, openids = create(service, "VIP")["tag"]["id"], service.openids()
    assert service.post(ADD, {"openid_list": [*openids[:3], "oNONSENSE"], "tagid": tag_id})["errcode"] == 40003
    foreign = subscription.openids()[0]
    assert service.post(ADD, {"openid_list": [*openids[:3], foreign], "tagid": tag_id})["errcode"] == 49003
    assert service.get("/cgi-bin/tags/get")["tags"][1]["count"] == 0


def test_somebody_who_left_cannot_be_tagged(service: Caller) -> None:
    tag_id, openid = create(service, "VIP")["tag"]["id"], service.openids()[0]
    service.sandbox.unfollow(service.appid, openid=openid)
    assert service.post(ADD, {"openid_list": [openid], "tagid": tag_id})["errcode"] == 40003


def test_a_tag_with_more_than_100000_followers_is_not_deleted(service: Caller, server: SandboxServer) -> None:
    tag_id = create(service, "large")["tag"]["id"]
    tag = server.world.accounts[service.appid].tags[tag_id]
    tag.members = bits.everybody(100_001)
    assert service.post("/cgi-bin/tags/delete", {"tag": {"id": tag_id}})["errcode"] == 45057
    tag.members = bits.everybody(100_000)
    assert service.post("/cgi-bin/tags/delete", {"tag": {"id": tag_id}})["errcode"] == 0


def test_an_unknown_tag_is_refused(service: Caller) -> None:
    assert service.post(ADD, {"openid_list": service.openids()[:1], "tagid": 999})["errcode"] == 45159


def test_twenty_tags_on_one_follower(service: Caller) -> None:
    openids = service.openids()[:1]
    for number in range(20):
        service.tagged(f"tag {number}", openids)
    tag_id = create(service, "one more")["tag"]["id"]
    assert service.post(ADD, {"openid_list": openids, "tagid": tag_id})["errcode"] == 45059
