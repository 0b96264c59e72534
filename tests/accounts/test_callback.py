"""The callback door: who is believed, what is stored, and that every refusal looks the same."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.db import connection
from django.test import Client

from accounts.clock import database_now
from accounts.models import Brand, InboundEvent, OfficialAccount
from accounts.models.official_account import FORMER_SECRETS_STAY, new_callback_secrets
from tests.accounts import pushes
from tests.ground import LivePortal, environment
from tests.people import CALLBACK_TOKEN, ORIGINAL_ID, connect
from wxportal.wechat import limits

VERIFY = {
    "signature": "1f77f8758918dad45c0dab651bbd4d323e388c35",
    "timestamp": "1767225600",
    "nonce": "nonce4711",
    "echostr": "5927782489442352469",
}


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Keep what would be nudged; the door must not depend on a worker."""
    nudged: list[int] = []
    monkeypatch.setattr("accounts.callback.nudge", lambda task, event_id: nudged.append(event_id))
    return nudged


def verify(client: Client, account: OfficialAccount, **changed: str):
    return client.get(f"/callback/{account.callback_key}/", {**VERIFY, **changed})


# --- verification of the address (vector A) ---
def test_the_echo_is_answered_bare(client: Client, official_account: OfficialAccount) -> None:
    answer = verify(client, official_account)
    assert (answer.status_code, answer.content) == (200, b"5927782489442352469")
    assert answer.headers["Content-Type"].startswith("text/plain")
    official_account.refresh_from_db()
    assert official_account.callback_verified_at


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": "1f77f8758918dad45c0dab651bbd4d323e388c36"},
        {"signature": ""},
        {"signature": "é" * 40},
        {"timestamp": "1767225601"},
        {"nonce": "nonce4712"},
        {"echostr": "9" * 200},
    ],
)
def test_a_wrong_verification_gets_an_empty_403(
    changed: dict[str, str], client: Client, official_account: OfficialAccount
) -> None:
    answer = verify(client, official_account, **changed)
    assert (answer.status_code, answer.content) == (403, b"")
    official_account.refresh_from_db()
    assert official_account.callback_verified_at is None


def test_without_a_token_nobody_is_believed(client: Client, tea_brand: Brand) -> None:
    account = OfficialAccount.objects.create(brand=tea_brand, name="new", appid="wx00000000000000aa")
    empty = pushes.sha1("", VERIFY["timestamp"], VERIFY["nonce"])
    assert verify(client, account, signature=empty).status_code == 403
    assert pushes.push_plain(client, account, pushes.event(), signature=empty).status_code == 403


# --- secure mode (vectors B, C, E) ---
@pytest.mark.parametrize("name", ["text_message", "full_padding_block", "mass_send_job_finish"])
def test_the_published_pushes_are_stored_as_they_were_written(
    name: str, client: Client, official_account: OfficialAccount, no_worker: list[int]
) -> None:
    known = pushes.vector(name)
    answer = pushes.push_vector(client, official_account, known)
    assert (answer.status_code, answer.content) == (200, b"success")
    stored = InboundEvent.objects.get()
    assert stored.payload == known["plaintext"]
    assert stored.signed
    assert no_worker == [stored.pk]


def test_a_push_encrypted_by_another_library_is_believed(client: Client, official_account: OfficialAccount) -> None:
    assert pushes.push_secure(client, official_account, pushes.event("subscribe")).content == b"success"
    assert InboundEvent.objects.get().kind == "subscribe"


def test_a_repeat_is_answered_and_stored_once(client: Client, official_account: OfficialAccount) -> None:
    known = pushes.vector("mass_send_job_finish")
    answers = [pushes.push_vector(client, official_account, known).content for _ in range(3)]
    assert answers == [b"success"] * 3
    assert InboundEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_three_deliveries_at_once_are_stored_once(official_account: OfficialAccount) -> None:
    known = pushes.vector("mass_send_job_finish")
    start = threading.Barrier(3)

    def knock() -> None:
        start.wait()
        pushes.push_vector(Client(), official_account, known)
        connection.close()

    threads = [threading.Thread(target=knock) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert InboundEvent.objects.count() == 1


def test_two_events_of_one_second_are_two(client: Client, official_account: OfficialAccount) -> None:
    for scene in ("shop", "fair"):
        pushes.push_secure(client, official_account, pushes.event(more=f"<EventKey>{scene}</EventKey>"))
    assert InboundEvent.objects.count() == 2


# --- refusals of §8.6 ---
def flip_last_digit(digits: str) -> str:
    return digits[:-1] + ("0" if digits[-1] != "0" else "1")


def alter_tail(text: str) -> str:
    return text[:-20] + ("A" if text[-20] != "A" else "B") + text[-19:]


def test_another_msg_signature_is_refused(client: Client, official_account: OfficialAccount) -> None:
    known = pushes.vector("text_message")
    refused(
        official_account,
        pushes.push_vector(client, official_account, known, msg_signature=flip_last_digit(known["msg_signature"])),
        "msg_signature",
    )


def test_another_timestamp_is_refused(client: Client, official_account: OfficialAccount) -> None:
    known = pushes.vector("text_message")
    refused(official_account, pushes.push_vector(client, official_account, known, timestamp="1767225601"), "signature")


def test_a_missing_msg_signature_is_refused_in_secure_mode(client: Client, official_account: OfficialAccount) -> None:
    known = pushes.vector("text_message")
    refused(official_account, pushes.push_vector(client, official_account, known, msg_signature=""), "msg_signature")


def test_an_altered_cipher_is_refused_before_it_is_decrypted(
    client: Client, official_account: OfficialAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.callback._decrypt", pytest.fail)
    known = pushes.vector("text_message")
    answer = pushes.push_vector(client, official_account, known, encrypt=alter_tail(known["encrypt"]))
    refused(official_account, answer, "msg_signature")


def test_an_altered_cipher_that_was_signed_anew_does_not_open(
    client: Client, official_account: OfficialAccount
) -> None:
    known = pushes.vector("text_message")
    encrypt = alter_tail(known["encrypt"])
    signed = pushes.sha1(CALLBACK_TOKEN, known["timestamp"], known["nonce"], encrypt)
    refused(
        official_account,
        pushes.push_vector(client, official_account, known, encrypt=encrypt, msg_signature=signed),
        "key",
    )


def test_a_push_for_another_app_id_is_refused(client: Client, official_account: OfficialAccount) -> None:
    answer = pushes.push_secure(client, official_account, pushes.event(), appid="wxfedcba9876543210")
    refused(official_account, answer, "key")


def test_a_push_for_another_original_id_is_refused(client: Client, official_account: OfficialAccount) -> None:
    answer = pushes.push_secure(client, official_account, pushes.event(original_id="gh_ffffffffffff"))
    refused(official_account, answer, "original_id")


def test_an_unknown_original_id_is_not_held_against_a_push(client: Client, official_account: OfficialAccount) -> None:
    OfficialAccount.objects.update(original_id="")
    assert pushes.push_secure(client, official_account, pushes.event(original_id="gh_ffffffffffff")).status_code == 200


@pytest.mark.parametrize("encrypt", ["", "%%%", "AAAA", "A" * 44, "QUJD" * 16])
def test_what_is_no_cipher_is_refused(encrypt: str, client: Client, official_account: OfficialAccount) -> None:
    known = pushes.vector("text_message")
    signed = pushes.sha1(CALLBACK_TOKEN, known["timestamp"], known["nonce"], encrypt)
    answer = pushes.push_vector(client, official_account, known, encrypt=encrypt, msg_signature=signed)
    refused(official_account, answer, "key")


# --- plain and compatible mode ---
def test_a_plain_push_is_refused_while_the_account_is_secure(client: Client, official_account: OfficialAccount) -> None:
    refused(official_account, pushes.push_plain(client, official_account, pushes.event()), "plain")


def test_a_plain_push_is_stored_as_unsigned(client: Client, official_account: OfficialAccount) -> None:
    OfficialAccount.objects.update(callback_mode="plain")
    assert pushes.push_plain(client, official_account, pushes.event()).content == b"success"
    assert not InboundEvent.objects.get().signed


def test_of_a_compatible_push_only_the_signed_part_is_believed(
    client: Client, official_account: OfficialAccount
) -> None:
    OfficialAccount.objects.update(callback_mode="compatible")
    known = pushes.vector("mass_send_job_finish")
    forged = pushes.event("forged").replace("</xml>", f"<Encrypt>{known['encrypt']}</Encrypt></xml>")
    query = {name: known[name] for name in ("signature", "timestamp", "nonce", "msg_signature")}
    pushes.post(client, official_account, forged, **query, encrypt_type="aes")
    assert InboundEvent.objects.get().kind == "MASSSENDJOBFINISH"


# --- hostile bodies ---
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><xml><MsgType>&b;</MsgType></xml>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><MsgType>&a;</MsgType></xml>'
HOSTILE = {
    "laughs": LAUGHS,
    "entity": OUTSIDE,
    "deep": b"<a>" * 5000 + b"</a>" * 5000,
    "cut": b"<xml><ToUserName>",
    "empty": b"",
    "json": b'{"ToUserName": "gh_0123456789ab"}',
    "latin": b"<?xml version='1.0' encoding='latin-1'?><xml><CreateTime>1</CreateTime><MsgType>\xe9</MsgType></xml>",
    "no time": b"<xml><MsgType>event</MsgType></xml>",
    "words for a time": b"<xml><MsgType>event</MsgType><CreateTime>soon</CreateTime></xml>",
    "other root": b"<html><body/></html>",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("encrypt_type", ["raw", "aes"])
def test_a_hostile_body_has_no_effect(
    name: str, encrypt_type: str, client: Client, official_account: OfficialAccount
) -> None:
    OfficialAccount.objects.update(callback_mode="plain")
    answer = pushes.push_plain(client, official_account, HOSTILE[name], encrypt_type=encrypt_type)
    assert (answer.status_code, answer.content) == (403, b"")
    assert not InboundEvent.objects.exists()


def test_a_body_too_long_is_refused_before_it_is_parsed(
    client: Client, official_account: OfficialAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wxportal.wechat.codec.parse_xml", pytest.fail)
    refused(official_account, pushes.push_plain(client, official_account, b"<xml>" + b" " * 65536), "length")


@pytest.mark.parametrize("at", [-1, 0, 9999999999999999999])
def test_an_absurd_time_is_no_reason_to_lose_a_push(at: int, client: Client, official_account: OfficialAccount) -> None:
    assert pushes.push_secure(client, official_account, pushes.event(at=at)).status_code == 200
    assert InboundEvent.objects.exists()


def test_a_long_name_is_cut_and_kept(client: Client, official_account: OfficialAccount) -> None:
    assert pushes.push_secure(client, official_account, pushes.event("E" * 500)).status_code == 200
    assert len(InboundEvent.objects.get().kind) == 60


@pytest.mark.parametrize("method", ["put", "delete", "patch", "head", "options"])
def test_other_methods_get_the_same_refusal(method: str, client: Client, official_account: OfficialAccount) -> None:
    assert getattr(client, method)(f"/callback/{official_account.callback_key}/").status_code == 403


# --- rotation ---
def test_pushes_under_the_former_secrets_are_taken_until_wechat_has_the_new(
    client: Client, official_account: OfficialAccount
) -> None:
    rotate(official_account)
    assert pushes.push_secure(client, official_account, pushes.event(at=1)).status_code == 200
    rotate(official_account)
    assert pushes.push_secure(client, official_account, pushes.event(at=2)).status_code == 200, "a second change"


def test_a_queued_push_with_the_former_key_and_the_new_token_is_taken(
    client: Client, official_account: OfficialAccount
) -> None:
    token, _key = rotate(official_account)
    assert pushes.push_secure(client, official_account, pushes.event(), token=token).status_code == 200


def test_the_new_secrets_are_taken_at_once(client: Client, official_account: OfficialAccount) -> None:
    token, key = rotate(official_account)
    assert pushes.push_secure(client, official_account, pushes.event(), token=token, aes_key=key).status_code == 200


def test_a_day_after_the_new_secrets_were_verified_the_former_are_refused(
    client: Client, official_account: OfficialAccount
) -> None:
    rotate(official_account)
    OfficialAccount.objects.update(callback_verified_at=database_now() - FORMER_SECRETS_STAY - timedelta(seconds=1))
    refused(official_account, pushes.push_secure(client, official_account, pushes.event()), "signature")


def test_only_the_new_token_verifies_the_address(client: Client, official_account: OfficialAccount) -> None:
    rotate(official_account)
    assert verify(client, official_account).status_code == 403


# --- what is remembered, what is logged ---
def test_a_refusal_is_explained_on_the_account_and_forgotten_after_a_verification(
    client: Client, official_account: OfficialAccount
) -> None:
    verify(client, official_account, nonce="other")
    official_account.refresh_from_db()
    assert official_account.callback_refusal["reason"] == "signature"
    verify(client, official_account)
    official_account.refresh_from_db()
    assert official_account.callback_refusal == {}


def test_a_good_push_ends_the_warning(client: Client, official_account: OfficialAccount) -> None:
    verify(client, official_account, nonce="other")
    pushes.push_vector(client, official_account, pushes.vector("text_message"))
    official_account.refresh_from_db()
    assert official_account.callback_refusal == {}


def test_a_flood_of_bad_pushes_is_no_flood_of_writes(client: Client, official_account: OfficialAccount) -> None:
    for seconds, written in ((9, "before"), (11, "signature")):
        at = (database_now() - timedelta(seconds=seconds)).isoformat()
        OfficialAccount.objects.update(callback_refusal={"at": at, "reason": "before"})
        verify(client, official_account, nonce="other")
        assert OfficialAccount.objects.get().callback_refusal["reason"] == written


def test_wechat_needs_no_session_and_no_csrf_token(official_account: OfficialAccount) -> None:
    wechat = Client(enforce_csrf_checks=True)
    answer = pushes.push_vector(wechat, official_account, pushes.vector("text_message"))
    assert answer.content == b"success"
    assert not answer.cookies


def test_an_error_of_ours_does_not_log_the_callback_key(
    official_account: OfficialAccount, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **options: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("accounts.inbound.store", broken)
    answer = pushes.push_vector(Client(raise_request_exception=False), official_account, pushes.vector("text_message"))
    assert answer.status_code == 500, "WeChat will repeat it"
    assert "/callback/***" in caplog.text
    assert official_account.callback_key not in caplog.text


def test_no_log_line_shows_key_token_or_openid(
    client: Client, official_account: OfficialAccount, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        verify(client, official_account, nonce="other")
        known = pushes.vector("text_message")
        pushes.push_vector(client, official_account, known, openid="oPORTALuser000000000000000001")
        pushes.push_vector(client, official_account, known, openid="oPORTALuser000000000000000001", timestamp="1")
    for secret in (official_account.callback_key, CALLBACK_TOKEN, "oPORTAL", known["msg_signature"]):
        assert secret not in caplog.text


def test_one_accounts_pushes_do_not_open_anothers_door(
    client: Client, official_account: OfficialAccount, other_brand: Brand
) -> None:
    other = connect(other_brand, appid="wxfedcba9876543210", original_id="gh_ba9876543210", name="和菓子堂")
    other.set_callback_secrets(*new_callback_secrets())
    OfficialAccount.objects.filter(pk=other.pk).update(
        sealed_callback_token=other.sealed_callback_token,
        sealed_aes_key=other.sealed_aes_key,
        sealed_previous_callback_token="",
        sealed_previous_aes_key="",
    )
    assert pushes.push_vector(client, other, pushes.vector("text_message")).status_code == 403
    assert other.original_id != ORIGINAL_ID


def rotate(account: OfficialAccount) -> tuple[str, str]:
    token, key = new_callback_secrets()
    account.set_callback_secrets(token, key)
    account.save()
    return token, key


def refused(account: OfficialAccount, answer, reason: str) -> None:
    assert (answer.status_code, answer.content) == (403, b"")
    assert not InboundEvent.objects.exists()
    account.refresh_from_db()
    assert account.callback_refusal["reason"] == reason


@pytest.fixture
def portal_without_redis(transactional_db: None, tmp_path: Path) -> Iterator[LivePortal]:
    portal = LivePortal(tmp_path, environment(REDIS_URL="redis://127.0.0.1:9/0"))
    portal.start()
    yield portal
    portal.stop()


def test_without_redis_a_push_is_kept_and_answered_before_wechat_gives_up(
    portal_without_redis: LivePortal, official_account: OfficialAccount
) -> None:
    known = pushes.vector("mass_send_job_finish")
    query = {name: known[name] for name in ("signature", "timestamp", "nonce", "msg_signature")}
    address = f"{portal_without_redis.url}/callback/{official_account.callback_key}/"
    body = pushes.envelope(known["encrypt"])
    answer = requests.post(address, body, params={**query, "encrypt_type": "aes"}, timeout=limits.CALLBACK_DEADLINE)
    assert answer.text == "success"
    assert answer.elapsed < timedelta(seconds=2)
    assert InboundEvent.objects.get().delivered_at is None, "beat finds it when Redis is back"
