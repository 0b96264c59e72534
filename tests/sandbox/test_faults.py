"""Trouble on order: on the wire, in events, in results, in lists (§13, rules 3, 16–18, 27)."""

import errno
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from lxml import etree

from tests.sandbox.caller import Caller, eventually
from tests.sandbox.listener import AES_KEY, TOKEN, Listener
from wxportal.sandbox.control import ControlError
from wxportal.sandbox.server import SandboxServer

SEND = "/cgi-bin/message/mass/sendall"
TAGS = "/cgi-bin/tags/get"


def jobs(caller: Caller) -> int:
    return len(caller.sandbox.ledger(caller.appid))


def refused(action: Callable[[], Any]) -> bool:
    """Whether the answer was lost on the way."""
    try:
        action()
    except requests.RequestException:
        return True
    return False


def test_an_accepted_send_whose_answer_is_lost_is_one_job(service: Caller) -> None:
    service.sandbox.fault(SEND, "accept_then_hang_up", times=2)
    assert refused(lambda: service.send_text(clientmsgid="k1"))
    assert refused(lambda: service.send_text(clientmsgid="k1"))
    assert service.send_text(clientmsgid="k1")["errcode"] == 45065
    assert jobs(service) == 1


def test_a_connection_closed_before_leaves_nothing_behind(service: Caller) -> None:
    service.sandbox.fault(SEND, "hang_up_before")
    assert refused(lambda: service.send_text(clientmsgid="k1"))
    assert jobs(service) == 0
    assert service.send_text(clientmsgid="k1")["errcode"] == 0


def test_half_an_answer_is_shorter_than_it_says(service: Caller) -> None:
    service.sandbox.fault(SEND, "cut_body")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        service.send_text()
    assert jobs(service) == 1


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_an_http_error_comes_before_or_after_the_effect(service: Caller, when: str, count: int) -> None:
    service.sandbox.fault(SEND, "http", status=503, when=when)
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "hi"}}
    answer = service.raw_post(SEND, body)
    assert answer.status_code == 503
    assert jobs(service) == count


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_an_errcode_comes_before_or_after_the_effect(service: Caller, when: str, count: int) -> None:
    service.sandbox.fault(SEND, "errcode", code=-1, when=when)
    answer = service.send_text()
    assert answer["errcode"] == -1
    assert answer["errmsg"].startswith("system error rid: ")
    assert jobs(service) == count


def test_a_current_token_is_called_stale_once(service: Caller) -> None:
    service.sandbox.fault("*", "stale_token")
    assert service.get(TAGS)["errcode"] == 40001
    assert "tags" in service.get(TAGS)


@pytest.mark.parametrize("when", ["before", "after"])
def test_latency_delays_and_the_effect_happens(service: Caller, when: str) -> None:
    service.sandbox.fault(SEND, "latency", seconds=0.3, when=when)
    started = time.monotonic()
    assert service.send_text()["errcode"] == 0
    assert time.monotonic() - started >= 0.3


def test_a_late_request_still_has_its_effect_after_the_caller_gave_up(service: Caller) -> None:
    service.sandbox.fault(SEND, "latency", seconds=0.4)
    body = b'{"filter":{"is_to_all":true},"msgtype":"text","text":{"content":"hi"},"clientmsgid":"k1"}'
    with pytest.raises(requests.ReadTimeout):
        requests.post(service.base + SEND, params={"access_token": service.token}, data=body, timeout=0.1)
    assert jobs(service) == 0
    assert service.post(SEND, body)["errcode"] == 0
    time.sleep(0.5)
    assert jobs(service) == 1


def test_a_second_send_beside_an_unanswered_one_is_too_fast(service: Caller) -> None:
    service.sandbox.fault(SEND, "latency", seconds=0.5, when="after")
    body = b'{"filter":{"is_to_all":true},"msgtype":"text","text":{"content":"hi"}}'
    with pytest.raises(requests.ReadTimeout):
        requests.post(service.base + SEND, params={"access_token": service.token}, data=body, timeout=0.2)
    assert service.send_text("other")["errcode"] == 42010
    time.sleep(0.5)
    assert service.send_text("other")["errcode"] == 0


def test_a_slow_answer_trickles(service: Caller) -> None:
    service.sandbox.fault(TAGS, "slow", seconds=0.4)
    started = time.monotonic()
    assert "tags" in service.get(TAGS)
    assert time.monotonic() - started >= 0.35


def test_a_fault_concerns_its_path_and_its_account_only(service: Caller, subscription: Caller) -> None:
    service.sandbox.fault(TAGS, "errcode", appid=subscription.appid, code=-1)
    assert "tags" in service.get(TAGS)
    assert "total" in subscription.get("/cgi-bin/user/get")
    assert subscription.get(TAGS)["errcode"] == -1


def test_faults_can_be_cleared(service: Caller) -> None:
    service.sandbox.fault(TAGS, "errcode", code=-1, times=5)
    service.sandbox.clear_faults()
    assert "tags" in service.get(TAGS)


@pytest.mark.parametrize(("kind", "options"), [("nonsense", {}), ("latency", {}), ("errcode", {}), ("mass_status", {})])
def test_a_fault_that_means_nothing_is_refused(service: Caller, kind: str, options: dict[str, Any]) -> None:
    with pytest.raises(ControlError):
        service.sandbox.fault("*", kind, **options)


def test_a_full_disk_is_wechats_own_trouble_and_has_no_effect(
    service: Caller, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(entry: dict[str, Any]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(server.world.journal, "append", full)
        assert service.send_text()["errcode"] == -1
    assert jobs(service) == 0
    assert service.send_text()["errcode"] == 0


# -- the event -----------------------------------------------------------------


@pytest.fixture
def connected(service: Caller, listener: Listener) -> Caller:
    assert service.sandbox.set_callback(service.appid, listener.url, TOKEN, AES_KEY, "plain")["ok"]
    return service


def finish_ids(listener: Listener) -> list[str | None]:
    return [etree.fromstring(push.body).findtext("MsgID") for push in listener.pushes]


def test_an_early_event_is_there_before_the_answer(connected: Caller, listener: Listener) -> None:
    connected.sandbox.change_account(connected.appid, finish_seconds=60)
    connected.sandbox.fault("event", "early")
    listener.delay = 0.2
    msg_id = connected.send_text()["msg_id"]
    assert finish_ids(listener) == [str(msg_id)]
    assert connected.books()["pushes"][0]["settled"]


def test_an_event_comes_several_times(connected: Caller, listener: Listener) -> None:
    connected.sandbox.fault("event", "duplicate", count=3)
    msg_id = connected.send_text()["msg_id"]
    eventually(lambda: len(listener.pushes) == 3)
    assert finish_ids(listener) == [str(msg_id)] * 3


def test_an_event_never_comes(connected: Caller, listener: Listener) -> None:
    connected.sandbox.fault("event", "never")
    connected.job(connected.send_text()["msg_id"])
    connected.sandbox.follow(connected.appid, count=1)
    eventually(lambda: listener.pushes)
    assert finish_ids(listener) == [None]


def test_an_event_comes_late_by_the_sandboxes_clock(connected: Caller, listener: Listener) -> None:
    connected.sandbox.fault("event", "late", seconds=86_400)
    msg_id = connected.send_text()["msg_id"]
    connected.job(msg_id)
    assert listener.pushes == []
    connected.sandbox.advance(86_400)
    eventually(lambda: finish_ids(listener) == [str(msg_id)])


def test_an_event_has_line_breaks_around_every_text(connected: Caller, listener: Listener) -> None:
    connected.sandbox.fault("event", "whitespace")
    connected.send_news(connected.draft())
    event = etree.fromstring(eventually(lambda: listener.pushes)[0].body)
    assert event.findtext("Status") == "\nsend success\n"
    assert event.findtext("CopyrightCheckResult/ResultList").strip() == ""
    assert event.findtext("ArticleUrlResult/ResultList/item/ArticleUrl").startswith("\nhttp://")


@pytest.mark.parametrize("status", ["send fail", "err(10001)", "err(30003)", "err(40002)", "err(99999)"])
def test_every_status_can_be_ordered(connected: Caller, listener: Listener, status: str) -> None:
    connected.sandbox.fault("/cgi-bin/message/mass", "mass_status", status=status)
    connected.send_news(connected.draft())
    event = etree.fromstring(eventually(lambda: listener.pushes)[0].body)
    assert event.findtext("Status") == status
    assert event.find("ArticleUrlResult") is None
    assert event.findtext("CopyrightCheckResult/Count") == ("1" if status == "err(30003)" else "0")


def test_a_send_by_hand_is_known_by_its_event_only(connected: Caller, listener: Listener) -> None:
    job = connected.sandbox.console_send(connected.appid, title="by hand")
    eventually(lambda: finish_ids(listener) == [str(job["msg_id"])])
    assert 1_000_000_000 <= job["msg_id"] < 1_100_000_000
    assert connected.post("/cgi-bin/message/mass/get", {"msg_id": job["msg_id"]})["errcode"] == 40059


# -- lists ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ends_early", {"total": 100, "count": 0, "next_openid": ""}),
        ("stuck_cursor", {"count": 100, "next_openid": ""}),
        ("duplicates", {"count": 101}),
        ("data_missing", {"count": 100}),
    ],
)
def test_a_list_of_followers_goes_wrong(service: Caller, kind: str, expected: dict[str, Any]) -> None:
    service.sandbox.fault("/cgi-bin/user/get", kind)
    page = service.get("/cgi-bin/user/get")
    assert {key: page[key] for key in expected} == expected
    assert ("data" in page) == (kind in ("stuck_cursor", "duplicates"))
    assert service.get("/cgi-bin/user/get")["count"] == 100
