"""Mass sends: answers, keys, entitlements and who really got it (§6)."""

import threading
from typing import Any

import pytest

from tests.sandbox.caller import Caller, eventually
from wxportal.sandbox import jobs
from wxportal.sandbox.control import Control
from wxportal.sandbox.server import SandboxServer

SEND = "/cgi-bin/message/mass/sendall"
STATUS = "/cgi-bin/message/mass/get"


def status(caller: Caller, msg_id: int) -> str:
    return caller.post(STATUS, {"msg_id": msg_id})["msg_status"]


# -- the answer ---------------------------------------------------------------


def test_an_accepted_job_answers_with_both_ids(service: Caller) -> None:
    answer = service.send_news(service.draft(), clientmsgid="k1")
    assert answer == {
        "errcode": 0,
        "errmsg": "send job submission success",
        "msg_id": 3147483701,
        "msg_data_id": 2247483650,
    }


def test_a_text_has_no_msg_data_id(service: Caller) -> None:
    assert "msg_data_id" not in service.send_text()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"filter": {"is_to_all": "false", "tag_id": 2}}, 40008),
        ({"filter": {"is_to_all": False, "tag_id": 999}}, 40152),
        ({"filter": {"is_to_all": False}}, 40152),
        ({"filter": None}, 40008),
        ({"msgtype": "image", "image": {"media_id": "x"}}, 40008),
        ({"msgtype": "image", "images": {"media_ids": []}}, 40215),
        ({"msgtype": "image", "images": {"media_ids": ["x"]}}, 40007),
        ({"msgtype": "wxcard", "wxcard": {"card_id": "x"}}, 45113),
        ({"msgtype": "mpvideo", "mpvideo": {"media_id": "x"}}, 48022),
        ({"msgtype": "mpnews", "mpnews": {"media_id": "x"}}, 40007),
        ({"text": {"content": " "}}, 44004),
        ({"text": {"content": "文" * 700}}, 45002),
        ({"clientmsgid": "x" * 33}, 45067),
    ],
)
def test_what_cannot_be_sent_is_refused(service: Caller, change: dict[str, Any], code: int) -> None:
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "hi"}, **change}
    assert service.post(SEND, body)["errcode"] == code
    assert service.sandbox.ledger(service.appid) == []


def test_a_list_has_2_to_10000_openids_of_this_account(service: Caller, subscription: Caller) -> None:
    openids = service.openids()
    assert service.send_list(openids[:1])["errcode"] == 40130
    assert service.send_list(openids[:1] * 10_001)["errcode"] == 40032
    assert service.send_list([*openids[:3], "oNONSENSE"])["errcode"] == 40031
    assert service.send_list([*openids[:3], subscription.openids()[0]])["errcode"] == 49003
    assert service.send_list(openids[:2])["errcode"] == 0


# -- clientmsgid ----------------------------------------------------------------


def test_a_repeat_with_the_same_key_names_the_first_job(service: Caller) -> None:
    draft = service.draft()
    first = service.send_news(draft, clientmsgid="k1")
    service.job(first["msg_id"])
    again = service.send_news(draft, clientmsgid="k1")
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert "msg_data_id" not in again
    assert len(service.sandbox.ledger(service.appid)) == 1


def test_a_repeat_while_the_first_is_processed_has_to_wait(service: Caller) -> None:
    service.sandbox.change_account(service.appid, key_window=60)
    service.send_text(clientmsgid="k1")
    assert service.send_text(clientmsgid="k1")["errcode"] == 45066
    service.sandbox.advance(60)
    assert service.send_text(clientmsgid="k1")["errcode"] == 45065


def test_a_key_is_forgotten_after_a_day(service: Caller) -> None:
    first = service.send_text(clientmsgid="k1")
    service.sandbox.advance(86_401)
    service.token = service.stable()["access_token"]
    assert service.send_text(clientmsgid="k1")["msg_id"] != first["msg_id"]


def test_without_a_key_the_same_content_to_the_same_target_is_refused(service: Caller) -> None:
    first = service.send_text("同じ")
    assert service.send_text("同じ")["msg_id"] == first["msg_id"]
    assert service.send_text("別")["errcode"] == 0
    assert service.send_list(service.openids()[:3], "同じ")["errcode"] == 0


def test_fifty_at_once_with_one_key_are_one_job(service: Caller) -> None:
    answers: list[int] = []
    callers = [
        threading.Thread(target=lambda: answers.append(service.send_text(clientmsgid="k1")["errcode"]))
        for _ in range(50)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sorted(answers) == [0] + [45065] * 49


# -- entitlements -----------------------------------------------------------------


def test_a_subscription_account_sends_once_a_beijing_day(subscription: Caller) -> None:
    subscription.job(subscription.send_text("a")["msg_id"])
    assert subscription.send_text("b")["errcode"] == 45028
    beijing = subscription.sandbox.clock()["beijing"]
    hours = 24 - int(beijing[11:13])
    subscription.sandbox.advance(hours * 3600)
    subscription.token = subscription.stable()["access_token"]
    assert subscription.send_text("b")["errcode"] == 0


def test_a_failed_send_leaves_the_day_free(subscription: Caller) -> None:
    subscription.sandbox.fault(SEND, "mass_status", status="err(20001)")
    subscription.job(subscription.send_text("a")["msg_id"])
    assert subscription.send_text("b")["errcode"] == 0


def test_a_send_by_hand_uses_the_days_send_to_all_but_not_a_tags(subscription: Caller) -> None:
    subscription.sandbox.console_send(subscription.appid, title="by hand")
    assert subscription.send_text("a")["errcode"] == 45028
    tag_id = subscription.tagged("VIP", subscription.openids()[:5])
    assert subscription.send_text("a", filter={"is_to_all": False, "tag_id": tag_id})["errcode"] == 0


def test_a_service_account_sends_to_all_four_times_a_month(service: Caller) -> None:
    for number in range(3):
        assert service.send_text(f"{number}")["errcode"] == 0
    service.sandbox.console_send(service.appid, title="by hand")
    assert service.send_text("five")["errcode"] == 45028
    service.sandbox.advance(31 * 86_400)
    service.token = service.stable()["access_token"]
    assert service.send_text("five")["errcode"] == 0


def test_a_send_by_hand_to_a_tag_uses_the_months_sends_too(service: Caller) -> None:
    for number in range(4):
        service.sandbox.console_send(service.appid, title=f"by hand {number}", tag_id=2)
    assert service.send_text("five")["errcode"] == 45028
    assert service.send_list(service.openids()[:2])["errcode"] == 0


def test_a_fifth_message_is_filtered_for_that_follower_only(service: Caller) -> None:
    openids = service.openids()
    for number in range(4):
        service.job(service.send_list(openids[:10], f"{number}")["msg_id"])
    job = service.job(service.send_list(openids[:30], "five")["msg_id"])
    assert (job["total"], job["filter"], job["sent"]) == (30, 20, 20)
    assert service.books()["month"] == {"0": 70, "1": 20, "2": 0, "3": 0, "4+": 10}


def test_two_jobs_never_share_a_followers_last_slot(service: Caller) -> None:
    openids = service.openids()[:10]
    service.sandbox.change_account(service.appid, finish_seconds=0.3)
    jobs = [service.send_list(openids, f"{number}")["msg_id"] for number in range(6)]
    assert sum(service.job(msg_id)["sent"] for msg_id in jobs) == 40


def test_a_job_ends_once(service: Caller, server: SandboxServer) -> None:
    job = service.job(service.send_text()["msg_id"])
    jobs.finish(server.world, server.world.accounts[service.appid], job["msg_id"])
    assert service.books()["month"]["1"] == 100


def test_a_subscription_account_knows_no_monthly_limit_per_follower(subscription: Caller) -> None:
    for number in range(5):
        job = subscription.job(subscription.send_text(f"{number}")["msg_id"])
        assert job["sent"] == 100
        subscription.sandbox.advance(86_400)
        subscription.token = subscription.stable()["access_token"]


def test_sixty_a_minute_and_a_hundred_a_day(service: Caller) -> None:
    openids = service.openids()[:2]
    codes = [service.send_list(openids, f"{number}")["errcode"] for number in range(61)]
    assert (codes[:60], codes[60]) == ([0] * 60, 45011)
    service.sandbox.advance(61)
    codes = [service.send_list(openids, f"again {number}")["errcode"] for number in range(41)]
    assert (codes[:40], codes[40]) == ([0] * 40, 45009)


def test_calls_closer_than_the_gap_are_refused(service: Caller) -> None:
    service.sandbox.change_account(service.appid, mass_gap=60)
    openids = service.openids()[:2]
    assert service.send_list(openids, "a")["errcode"] == 0
    assert service.send_list(openids, "b")["errcode"] == 42010
    service.sandbox.advance(61)
    assert service.send_list(openids, "b")["errcode"] == 0


# -- who got it ----------------------------------------------------------------------


def test_the_numbers_come_from_real_followers(sandbox: Control) -> None:
    service = Caller.of_new(sandbox, followers=2000, refuse_share=0.1, error_share=0.05, finish_seconds=0)
    service.post("/cgi-bin/tags/members/batchblacklist", {"openid_list": service.openids()[:20]})
    job = service.job(service.send_text()["msg_id"])
    assert job["total"] == 2000
    assert 1780 <= job["filter"] <= 1800  # 200 refuse, 20 are blacklisted, some are both
    assert job["filter"] == job["sent"] + job["error"]
    assert 60 <= job["error"] <= 100
    assert service.books()["month"]["1"] == job["sent"]


def test_the_blacklisted_are_filtered(service: Caller) -> None:
    service.post("/cgi-bin/tags/members/batchblacklist", {"openid_list": service.openids()[:20]})
    job = service.job(service.send_text()["msg_id"])
    assert (job["total"], job["filter"], job["sent"]) == (100, 80, 80)


def test_a_tags_job_reaches_its_members_and_nobody_else(service: Caller) -> None:
    openids = service.openids()
    tag_id = service.tagged("VIP", openids[:20])
    service.sandbox.unfollow(service.appid, openid=openids[0])
    job = service.job(service.send_text(filter={"is_to_all": False, "tag_id": tag_id})["msg_id"])
    assert (job["total"], job["sent"]) == (19, 19)
    reached = [service.sandbox.ledger(service.appid, openid)[0]["reached"] for openid in openids[:21]]
    assert reached == [False] + [True] * 19 + [False]


def test_the_audience_is_frozen_when_the_job_is_accepted(service: Caller) -> None:
    service.sandbox.change_account(service.appid, finish_seconds=0.4)
    msg_id = service.send_text()["msg_id"]
    new = service.sandbox.follow(service.appid, count=5)["openids"]
    gone = service.openids()[0]
    service.sandbox.unfollow(service.appid, openid=gone)
    job = service.job(msg_id)
    assert (job["total"], job["filter"]) == (100, 99)
    assert [service.sandbox.ledger(service.appid, openid)[0]["addressed"] for openid in (new[0], gone)] == [False, True]


def test_the_ledger_counts_what_reached_somebody_twice(service: Caller) -> None:
    openids = service.openids()
    for start in (0, 5):
        service.job(service.send_list(openids[start : start + 10], "same words")["msg_id"])
    (reach,) = service.sandbox.reach(service.appid)["by_digest"].values()
    assert reach == {"followers": 15, "more_than_once": 5}
    assert all(not key["more_than_once"] for key in service.sandbox.reach(service.appid)["by_clientmsgid"].values())


def test_a_rebuilt_draft_with_the_same_words_is_the_same_content(service: Caller) -> None:
    for key in ("k1", "k2"):
        service.job(service.send_news(service.draft(), clientmsgid=key)["msg_id"])
    (reach,) = service.sandbox.reach(service.appid)["by_digest"].values()
    assert reach == {"followers": 100, "more_than_once": 100}


def test_the_draft_dies_with_the_success_of_its_job(service: Caller) -> None:
    draft = service.draft()
    service.job(service.send_news(draft, clientmsgid="k1")["msg_id"])
    assert service.send_news(draft, clientmsgid="k2")["errcode"] == 40007


def test_the_draft_survives_a_failure(service: Caller) -> None:
    service.sandbox.fault(SEND, "mass_status", status="send fail")
    draft = service.draft()
    job = service.job(service.send_news(draft, clientmsgid="k1")["msg_id"])
    assert (job["status"], job["sent"], job["error"]) == ("send fail", 0, 100)
    assert service.send_news(draft, clientmsgid="k2")["errcode"] == 0


# -- afterwards -----------------------------------------------------------------------


def test_the_status_follows_the_job(service: Caller) -> None:
    service.sandbox.change_account(service.appid, finish_seconds=0.3)
    msg_id = service.send_text()["msg_id"]
    assert status(service, msg_id) == "SENDING"
    eventually(lambda: status(service, msg_id) == "SEND_SUCCESS")
    assert service.post(STATUS, {"msg_id": str(msg_id)})["msg_id"] == msg_id


@pytest.mark.parametrize("msg_id", [999, "nonsense", None])
def test_an_unknown_job_has_no_status(service: Caller, msg_id: Any) -> None:
    assert service.post(STATUS, {"msg_id": msg_id})["errcode"] == 40059


def test_a_job_that_met_nobody_says_delete(service: Caller) -> None:
    service.sandbox.fault(SEND, "nobody")
    job = service.job(service.send_text()["msg_id"])
    assert (job["status"], job["total"], job["filter"]) == ("send success", 100, 0)
    assert status(service, job["msg_id"]) == "DELETE"


def test_a_rejected_job_says_fail(service: Caller) -> None:
    service.sandbox.fault("/cgi-bin/message/mass", "mass_status", status="err(10001)")
    job = service.job(service.send_text()["msg_id"])
    assert (job["status"], job["sent"]) == ("err(10001)", 0)
    assert status(service, job["msg_id"]) == "SEND_FAIL"


def test_articles_are_deleted_by_index_from_one_and_zero_means_all(service: Caller) -> None:
    articles = [service.article(), service.article(title="二")]
    draft = service.post("/cgi-bin/draft/add", {"articles": articles})["media_id"]
    job = service.job(service.send_news(draft)["msg_id"])
    body = {"msg_id": job["msg_id"]}
    path = "/cgi-bin/message/mass/delete"
    assert service.post(path, {**body, "article_idx": 3})["errcode"] == 40060
    assert service.post(path, {**body, "article_idx": 2})["errcode"] == 0
    assert status(service, job["msg_id"]) == "SEND_SUCCESS"
    assert service.post(path, {"url": job["urls"][0]})["errcode"] == 0
    assert status(service, job["msg_id"]) == "DELETE"


def test_only_a_finished_job_of_articles_is_deleted(service: Caller) -> None:
    path = "/cgi-bin/message/mass/delete"
    assert service.post(path, {"msg_id": service.send_text()["msg_id"]})["errcode"] == 40059
    service.sandbox.change_account(service.appid, finish_seconds=60)
    assert service.post(path, {"msg_id": service.send_news(service.draft())["msg_id"]})["errcode"] == 40065
    assert service.post(path, {})["errcode"] == 40059


def test_ten_deletions_a_day(service: Caller) -> None:
    path = "/cgi-bin/message/mass/delete"
    codes = [service.post(path, {})["errcode"] for _ in range(11)]
    assert codes == [40059] * 10 + [45009]


def test_a_preview_uses_nothing_up(service: Caller) -> None:
    draft, openid = service.draft(), service.openids()[7]
    body = {"touser": openid, "msgtype": "mpnews", "mpnews": {"media_id": draft}}
    path = "/cgi-bin/message/mass/preview"
    assert service.post(path, body)["errmsg"] == "preview success"
    assert service.books()["month"]["0"] == 100
    assert service.send_news(draft)["errcode"] == 0
    assert service.post(path, {**body, "towxname": "nobody"})["errcode"] == 40132
    named = {"towxname": "wxid_3", "msgtype": "text", "text": {"content": "hi"}}
    assert service.post(path, named)["errcode"] == 0
    service.sandbox.unfollow(service.appid, openid=openid)
    assert service.post(path, body)["errcode"] == 43004


def test_pictures_are_images_in_a_send_and_an_image_in_a_preview(service: Caller) -> None:
    picture = service.cover()
    images = {"filter": {"is_to_all": True}, "msgtype": "image", "images": {"media_ids": [picture]}}
    assert service.post(SEND, images)["errcode"] == 0
    image = {"touser": service.openids()[0], "msgtype": "image", "image": {"media_id": picture}}
    assert service.post("/cgi-bin/message/mass/preview", image)["errcode"] == 0


def test_the_speed_is_kept(service: Caller) -> None:
    assert service.post("/cgi-bin/message/mass/speed/get", {}) == {"speed": 3, "realspeed": 30}
    assert service.post("/cgi-bin/message/mass/speed/set", {"speed": 1})["errcode"] == 0
    assert service.post("/cgi-bin/message/mass/speed/get", {}) == {"speed": 1, "realspeed": 60}
    assert service.post("/cgi-bin/message/mass/speed/set", {"speed": 5})["errcode"] == 45083
