"""Verification of a callback's address, and pushes in every mode (§8)."""

import hashlib
import json
from typing import Any

import pytest
from lxml import etree
from wechatpy.crypto import WeChatCrypto

from tests.sandbox.caller import Caller, eventually
from tests.sandbox.listener import AES_KEY, TOKEN, Listener


def connect(caller: Caller, listener: Listener, mode: str = "secure", aes_key: str = AES_KEY) -> dict[str, Any]:
    return caller.sandbox.set_callback(caller.appid, listener.url, TOKEN, aes_key, mode)


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def opened(caller: Caller, push: Any) -> etree._Element:
    """A secure push, opened by somebody else's crypto."""
    query = push.query
    crypto = WeChatCrypto(TOKEN, AES_KEY, caller.appid)
    text = crypto.decrypt_message(push.body, query["msg_signature"], query["timestamp"], query["nonce"])
    return etree.fromstring(text)


def test_an_address_is_saved_after_it_returned_the_echostr(service: Caller, listener: Listener) -> None:
    assert connect(service, listener) == {"ok": True, "reason": ""}
    assert service.books()["callback"] == {"url": listener.url, "mode": "secure"}


def test_an_address_with_another_token_is_not_saved(service: Caller, listener: Listener) -> None:
    listener.token = "another"
    result = connect(service, listener)
    assert not result["ok"]
    assert "HTTP 403" in result["reason"]
    assert service.books()["callback"] is None


def test_an_address_nobody_listens_at_is_not_saved(service: Caller) -> None:
    result = service.sandbox.set_callback(service.appid, "http://127.0.0.1:9/x", TOKEN, AES_KEY)
    assert "No answer" in result["reason"]


@pytest.mark.parametrize("url", ["http://192.0.2.1/callback", "ftp://127.0.0.1/", "http://[::1", "nonsense"])
def test_the_sandbox_knocks_at_no_strangers_door(service: Caller, url: str) -> None:
    result = service.sandbox.set_callback(service.appid, url, TOKEN, AES_KEY)
    assert not result["ok"]
    assert "No answer" not in result["reason"]  # it was not even tried


@pytest.mark.parametrize(("token", "key"), [("ab", AES_KEY), ("with-dash", AES_KEY), (TOKEN, "short")])
def test_a_malformed_token_or_key_is_refused(service: Caller, listener: Listener, token: str, key: str) -> None:
    assert not service.sandbox.set_callback(service.appid, listener.url, token, key)["ok"]


def test_a_secure_push_reads_with_another_librarys_crypto(service: Caller, listener: Listener) -> None:
    connect(service, listener)
    msg_id = service.send_text()["msg_id"]
    push = eventually(lambda: listener.pushes)[0]
    assert push.content_type == "text/xml"
    assert b"MsgID" not in push.body
    event = opened(service, push)
    assert event.findtext("ToUserName") == service.account["original_id"]
    assert event.findtext("Event") == "MASSSENDJOBFINISH"
    assert event.findtext("MsgID") == str(msg_id)
    assert event.findtext("Status") == "send success"
    assert [event.findtext(f"{name}Count") for name in ("Total", "Filter", "Sent", "Error")] == [
        "100",
        "100",
        "100",
        "0",
    ]


def test_a_push_carries_both_signatures(service: Caller, listener: Listener) -> None:
    connect(service, listener)
    service.send_text()
    push = eventually(lambda: listener.pushes)[0]
    query, sealed = push.query, etree.fromstring(push.body).findtext("Encrypt")
    assert query["signature"] == sha1(TOKEN, query["timestamp"], query["nonce"])
    assert query["msg_signature"] == sha1(TOKEN, query["timestamp"], query["nonce"], sealed)
    assert query["encrypt_type"] == "aes"
    assert query["openid"] == "oMPHELPER00000000000000000001"


def test_a_plain_push_is_readable_and_has_no_second_signature(service: Caller, listener: Listener) -> None:
    connect(service, listener, "plain")
    service.send_news(service.draft())
    push = eventually(lambda: listener.pushes)[0]
    event = etree.fromstring(push.body)
    assert "msg_signature" not in push.query
    assert event.findtext("ArticleUrlResult/ResultList/item/ArticleUrl").startswith("http://mp.weixin.qq.com/s/")
    assert event.findtext("ArticleUrlResult/Count") == "1"


def test_a_compatible_push_has_everything_twice(service: Caller, listener: Listener) -> None:
    connect(service, listener, "compatible")
    service.send_text()
    push = eventually(lambda: listener.pushes)[0]
    assert etree.fromstring(push.body).findtext("Event") == opened(service, push).findtext("Event")


def test_a_json_push_has_the_same_names(service: Caller, listener: Listener) -> None:
    service.sandbox.change_account(service.appid, push_format="json")
    connect(service, listener, "plain")
    service.send_news(service.draft())
    push = eventually(lambda: listener.pushes)[0]
    event = json.loads(push.body)
    assert push.content_type == "application/json"
    assert event["TotalCount"] == 100
    assert event["ArticleUrlResult"]["ResultList"]["item"]["ArticleIdx"] == 1


def test_following_and_leaving_are_told(service: Caller, listener: Listener) -> None:
    connect(service, listener, "plain")
    openid = service.openids()[3]
    service.sandbox.unfollow(service.appid, openid=openid)
    service.sandbox.follow(service.appid, openid=openid)
    eventually(lambda: len(listener.pushes) == 2)
    events = {etree.fromstring(push.body).findtext("Event") for push in listener.pushes}
    assert events == {"unsubscribe", "subscribe"}
    assert all(push.query["openid"] == openid for push in listener.pushes)


def test_silence_is_answered_with_three_attempts_and_then_it_is_lost(service: Caller, listener: Listener) -> None:
    service.sandbox.change_account(service.appid, push_timeout=0.1, push_gap=0.05)
    connect(service, listener)
    listener.delay = 0.5
    service.send_text()
    push = eventually(lambda: [push for push in service.books()["pushes"] if push["settled"]])[0]
    assert [attempt["outcome"] for attempt in push["attempts"]] == ["no answer"] * 3
    assert len({pushed.body for pushed in listener.pushes}) == 3  # sealed anew each time, the event is the same
    assert {opened(service, pushed).findtext("MsgID") for pushed in listener.pushes} == {"3147483701"}


def test_an_answer_that_trickles_beyond_the_deadline_is_none(service: Caller, listener: Listener) -> None:
    service.sandbox.change_account(service.appid, push_timeout=0.3, push_gap=0)
    connect(service, listener)
    listener.trickle = 0.2  # "success" takes 1.4 s, no single byte too long
    service.send_text()
    push = eventually(lambda: [push for push in service.books()["pushes"] if push["settled"]])[0]
    assert [attempt["outcome"] for attempt in push["attempts"]] == ["no answer"] * 3


def test_an_error_page_is_recorded_and_not_repeated(service: Caller, listener: Listener) -> None:
    connect(service, listener)
    listener.status, listener.answer = 500, b"<html>oops</html>"
    service.send_text()
    push = eventually(lambda: [push for push in service.books()["pushes"] if push["settled"]])[0]
    assert [(attempt["outcome"], attempt["detail"]) for attempt in push["attempts"]] == [("bad answer", "HTTP 500")]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(b"success", "ok"), (b"", "ok"), (b"<html>", "bad answer"), (b"<xml><Content>x</Content></xml>", "bad answer")],
)
def test_an_answer_is_judged_as_wechat_does(service: Caller, listener: Listener, answer: bytes, outcome: str) -> None:
    connect(service, listener)
    listener.answer = answer
    service.send_text()
    push = eventually(lambda: [push for push in service.books()["pushes"] if push["settled"]])[0]
    assert push["attempts"][0]["outcome"] == outcome


def test_a_sealed_reply_must_be_signed_right(service: Caller, listener: Listener) -> None:
    connect(service, listener)
    crypto = WeChatCrypto(TOKEN, AES_KEY, service.appid)
    right = crypto.encrypt_message("<xml><Content>hi</Content></xml>", "replynonce", "1767225602").encode()
    outcomes = []
    for answer in (right, right.replace(b"1767225602", b"1767225603")):
        listener.answer = answer
        service.sandbox.follow(service.appid, count=1)
        known = len(outcomes)
        eventually(lambda known=known: [p for p in service.books()["pushes"][known:] if p["settled"]])
        outcomes.append(service.books()["pushes"][known]["attempts"][0]["outcome"])
    assert outcomes == ["ok", "bad answer"]


def test_an_account_without_a_callback_gets_no_push(service: Caller) -> None:
    service.job(service.send_text()["msg_id"])
    assert service.books()["pushes"] == []


def test_a_redirect_is_not_followed(service: Caller, listener: Listener) -> None:
    connect(service, listener)
    listener.status, listener.location = 307, listener.url + "/elsewhere"
    service.send_text()
    push = eventually(lambda: [push for push in service.books()["pushes"] if push["settled"]])[0]
    assert push["attempts"][0]["detail"] == "HTTP 307"
    assert len(listener.pushes) == 1
