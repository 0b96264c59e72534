"""Two token worlds (§1.1, §1.2) and the order of checks around them (§13)."""

import json

import pytest
import requests

from tests.sandbox.caller import Caller
from wxportal.sandbox.control import Control

PROBE = "/cgi-bin/getcallbackip"


def probe(caller: Caller, token: str) -> int:
    return requests.get(caller.base + PROBE, params={"access_token": token}).json().get("errcode", 0)


def test_a_stable_token_is_the_same_until_shortly_before_its_end(service: Caller) -> None:
    first = service.stable()
    service.sandbox.advance(6000)
    again = service.stable()
    assert again["access_token"] == first["access_token"]
    assert 1100 <= again["expires_in"] <= 1200
    service.sandbox.advance(901)
    assert service.stable()["access_token"] != first["access_token"]
    assert probe(service, first["access_token"]) == 0  # the old one lives to its own end


def test_a_token_looks_like_wechats(service: Caller) -> None:
    token = service.stable()["access_token"]
    assert 130 <= len(token) <= 200
    assert token.split("_")[0].isdigit()


def test_a_forced_renewal_kills_the_stable_token_at_once(service: Caller) -> None:
    old = service.token
    new = service.stable(force_refresh=True)["access_token"]
    assert new != old
    assert probe(service, old) == 40001
    assert probe(service, new) == 0


def test_a_second_forced_renewal_within_30_seconds_gives_the_current_token(service: Caller) -> None:
    first = service.stable(force_refresh=True)["access_token"]
    assert service.stable(force_refresh=True)["access_token"] == first
    service.sandbox.advance(30)
    assert service.stable(force_refresh=True)["access_token"] != first


def test_a_second_forced_renewal_can_be_an_error(service: Caller) -> None:
    service.sandbox.change_account(service.appid, forced_gap_error=True)
    service.stable(force_refresh=True)
    assert service.stable(force_refresh=True)["errcode"] == 45011


def test_twenty_forced_renewals_a_day(service: Caller) -> None:
    for _ in range(20):
        assert "access_token" in service.stable(force_refresh=True)
        service.sandbox.advance(31)
    assert service.stable(force_refresh=True)["errcode"] == 45009


def test_a_classic_token_lives_five_minutes_after_its_successor(service: Caller) -> None:
    old, new = service.classic()["access_token"], service.classic()["access_token"]
    assert old != new
    assert probe(service, old) == 0
    service.sandbox.advance(301)
    assert probe(service, old) == 40001
    assert probe(service, new) == 0


def test_the_two_worlds_never_touch(service: Caller) -> None:
    classic = service.classic()["access_token"]
    service.stable(force_refresh=True)
    assert probe(service, classic) == 0
    stable = service.stable()["access_token"]
    service.classic()
    service.sandbox.advance(301)
    assert probe(service, stable) == 0


def test_the_three_token_errors_are_told_apart(service: Caller) -> None:
    assert probe(service, "") == 41001
    assert probe(service, "nonsense") == 40014
    assert probe(service, "99_" + "x" * 130) == 40001
    service.sandbox.advance(7201)
    assert probe(service, service.token) == 42001


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"appid": None}, 41002),
        ({"appid": "wxother"}, 40013),
        ({"secret": None}, 41004),
        ({"secret": "0" * 32}, 40125),
        ({"grant_type": "client_credentials"}, 40002),
    ],
)
def test_a_wrong_credential_is_named(service: Caller, change: dict[str, str | None], code: int) -> None:
    body = {"grant_type": "client_credential", "appid": service.appid, "secret": service.secret, **change}
    body = {key: value for key, value in body.items() if value is not None}
    answer = requests.post(f"{service.base}/cgi-bin/stable_token", data=json.dumps(body))
    assert answer.status_code == 200
    assert answer.json()["errcode"] == code


def test_a_refusal_carries_text_and_rid(service: Caller) -> None:
    refused = service.classic(secret="wrong")
    assert refused["errcode"] == 40125
    assert refused["errmsg"].startswith("invalid appsecret rid: ")
    groups = refused["errmsg"].rpartition(" ")[2].split("-")
    assert [len(group) for group in groups] == [8, 8, 8]


def test_an_address_off_the_list_is_shown_to_the_caller(service: Caller) -> None:
    service.sandbox.change_account(service.appid, allow_list=["203.0.113.0/24"])
    for refused in (service.stable(), service.get("/cgi-bin/tags/get")):
        assert refused["errcode"] == 40164
        assert refused["errmsg"].startswith("invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: ")


def test_the_wrong_verb_is_refused_before_the_token(service: Caller) -> None:
    assert requests.get(f"{service.base}/cgi-bin/stable_token").json()["errcode"] == 43002
    assert requests.post(f"{service.base}/cgi-bin/tags/get").json()["errcode"] == 43001
    assert service.get("/cgi-bin/user/tag/get")["errcode"] == 43002


def test_capability_is_checked_after_the_token_and_before_the_parameters(sandbox: Control) -> None:
    unverified = Caller.of_new(sandbox, verified_until=None)
    assert unverified.post("/cgi-bin/tags/create", b"not json")["errcode"] == 48001
    assert requests.post(f"{sandbox.base_url}/cgi-bin/tags/create").json()["errcode"] == 41001


def test_a_punished_account_may_do_nothing(service: Caller) -> None:
    service.sandbox.change_account(service.appid, forbidden=50002)
    assert service.get("/cgi-bin/tags/get")["errcode"] == 50002


def test_an_unknown_address_is_an_errcode_too(service: Caller) -> None:
    assert service.get("/cgi-bin/nonsense")["errcode"] == 40066
