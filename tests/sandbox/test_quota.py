"""Counters of calls, clearing them, looking a call up (§1.5)."""

from tests.sandbox.caller import Caller

PATH = "/cgi-bin/openapi/quota/get"


def quota(caller: Caller, path: str) -> dict[str, int]:
    return caller.post(PATH, {"cgi_path": path})["quota"]


def test_the_counters_show_what_was_called(service: Caller) -> None:
    for _ in range(3):
        service.get("/cgi-bin/user/get")
    assert quota(service, "/cgi-bin/user/get") == {"daily_limit": 500, "used": 3, "remain": 497}


def test_sends_to_all_and_to_lists_share_a_counter(service: Caller) -> None:
    service.send_text()
    service.send_list(service.openids()[:2])
    assert quota(service, "/cgi-bin/message/mass/send")["used"] == 2
    rate = service.post(PATH, {"cgi_path": "/cgi-bin/message/mass/sendall"})["rate_limit"]
    assert rate == {"call_count": 60, "refresh_second": 60}


def test_failed_calls_count_too(service: Caller) -> None:
    service.post("/cgi-bin/message/mass/sendall", b"nonsense")
    assert quota(service, "/cgi-bin/message/mass/sendall")["used"] == 1


def test_an_unknown_path_has_no_counter(service: Caller) -> None:
    assert service.post(PATH, {"cgi_path": "/cgi-bin/nonsense"})["errcode"] == 76021


def test_clearing_works_ten_times_a_month(service: Caller) -> None:
    service.get("/cgi-bin/user/get")
    for _ in range(10):
        assert service.post("/cgi-bin/clear_quota", {"appid": service.appid})["errcode"] == 0
    assert quota(service, "/cgi-bin/user/get")["used"] == 0
    assert service.post("/cgi-bin/clear_quota", {"appid": service.appid})["errcode"] == 48006
    query = {"appid": service.appid, "appsecret": service.secret}
    assert service.post("/cgi-bin/clear_quota/v2", b"", **query)["errcode"] == 48006


def test_clearing_with_the_secret_works_when_the_token_quota_is_used_up(service: Caller) -> None:
    service.sandbox.fault("/cgi-bin/token", "errcode", code=45009)
    assert service.classic()["errcode"] == 45009
    query = {"appid": service.appid, "appsecret": service.secret}
    assert service.post("/cgi-bin/clear_quota/v2", b"", **query)["errcode"] == 0


def test_clearing_gives_no_right_to_send_back(subscription: Caller) -> None:
    subscription.send_text("a")
    assert subscription.send_text("b")["errcode"] == 45028
    subscription.post("/cgi-bin/clear_quota", {"appid": subscription.appid})
    assert subscription.send_text("b")["errcode"] == 45028


def test_one_interface_is_cleared_alone(service: Caller) -> None:
    service.get("/cgi-bin/user/get")
    service.get("/cgi-bin/tags/get")
    assert service.post("/cgi-bin/openapi/quota/clear", {"cgi_path": "/cgi-bin/user/get"})["errcode"] == 0
    assert quota(service, "/cgi-bin/user/get")["used"] == 0
    assert quota(service, "/cgi-bin/tags/get")["used"] == 1


def test_a_refusal_is_found_by_its_rid(service: Caller, subscription: Caller) -> None:
    rid = service.get("/cgi-bin/user/info", openid="oNONSENSE")["errmsg"].rpartition("rid: ")[2]
    found = service.post("/cgi-bin/openapi/rid/get", {"rid": rid})["request"]
    assert found["client_ip"] == "127.0.0.1"
    assert "40003" in found["response_body"]
    assert subscription.post("/cgi-bin/openapi/rid/get", {"rid": rid})["errcode"] == 76003
    assert service.post("/cgi-bin/openapi/rid/get", {"rid": "x"})["errcode"] == 76002
    assert service.post("/cgi-bin/openapi/rid/get", {"rid": "6a1f22c3-0b7d1e42-5c9a8f10"})["errcode"] == 76001


def test_the_callback_can_be_checked(service: Caller) -> None:
    body = {"action": "all", "check_operator": "DEFAULT"}
    assert service.post("/cgi-bin/callback/check", body)["errcode"] == 40201
    assert service.post("/cgi-bin/callback/check", {**body, "action": "x"})["errcode"] == 40202
    assert service.post("/cgi-bin/callback/check", {**body, "check_operator": "x"})["errcode"] == 40203
    assert service.get("/cgi-bin/getcallbackip")["ip_list"] == ["127.0.0.1"]
