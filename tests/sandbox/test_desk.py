"""The control API: for this machine only, and clear about what it will not do."""

import socket

import pytest
import requests

from tests.sandbox.caller import Caller
from wxportal.sandbox.control import Control, ControlError


def test_an_account_can_be_given_its_ids_and_is_then_kept(sandbox: Control) -> None:
    wanted = {"appid": "wx0123456789abcdef", "secret": "s" * 32, "original_id": "gh_0123456789ab"}
    made = sandbox.create_account(name="茶の間", followers=5, **wanted)
    assert {key: made[key] for key in wanted} == wanted
    again = sandbox.create_account(appid=wanted["appid"], name="other", followers=9)
    assert (again["name"], sandbox.books(wanted["appid"])["followers"]) == ("茶の間", 5)


@pytest.mark.parametrize(
    "spec", [{"type": "enterprise"}, {"followers": -1}, {"followers": 10**9}, {"colour": "red"}, {"followers": "many"}]
)
def test_an_account_that_cannot_be_is_refused(sandbox: Control, spec: dict[str, object]) -> None:
    with pytest.raises(ControlError):
        sandbox.create_account(**spec)
    assert sandbox.accounts() == []


def test_the_clock_moves_forward_only(sandbox: Control) -> None:
    before = sandbox.clock()["now"]
    assert sandbox.advance(3600)["now"] - before == pytest.approx(3600, abs=5)
    with pytest.raises(ControlError, match="forward"):
        sandbox.advance(-1)


def test_an_unknown_account_or_follower_is_named(sandbox: Control, service: Caller) -> None:
    with pytest.raises(ControlError, match="appid"):
        sandbox.books("wxother")
    with pytest.raises(ControlError, match="follower"):
        sandbox.unfollow(service.appid, number=100)
    with pytest.raises(ControlError, match="tag"):
        sandbox.console_send(service.appid, title="x", tag_id=77)


def test_a_change_with_an_unknown_name_is_refused(service: Caller) -> None:
    with pytest.raises(ControlError, match="colour"):
        service.sandbox.change_account(service.appid, colour="red")


def test_followers_are_found_by_number_and_openid(service: Caller) -> None:
    openid = service.openids()[7]
    assert service.sandbox.followers(service.appid, "7") == [{"number": 7, "openid": openid, "follows": True}]
    assert service.sandbox.followers(service.appid, openid)[0]["number"] == 7
    assert len(service.sandbox.followers(service.appid)) == 50
    assert service.sandbox.followers(service.appid, "100") == []


def test_a_page_of_another_origin_may_not_use_it(sandbox: Control) -> None:
    url = f"{sandbox.base_url}/_sandbox/clock"
    answer = requests.post(url, json={"advance": 5}, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert requests.post(url, json={"advance": 5}, headers={"Origin": "null"}).status_code == 403
    assert requests.post(url, json={"advance": 5}, headers={"Origin": sandbox.base_url}).status_code == 200


def test_a_rebound_name_may_not_use_it(sandbox: Control) -> None:
    answer = requests.get(f"{sandbox.base_url}/_sandbox/accounts", headers={"Host": "evil.example"})
    assert answer.status_code == 403


def test_it_listens_on_this_machine_only(sandbox: Control) -> None:
    port = int(sandbox.base_url.rpartition(":")[2])
    with socket.socket() as elsewhere, pytest.raises(OSError):
        elsewhere.settimeout(1)
        elsewhere.connect((socket.gethostbyname(socket.gethostname()), port))
        raise OSError if elsewhere.getpeername()[0].startswith("127.") else AssertionError("reachable from outside")


@pytest.mark.parametrize("body", [b"nonsense", b"[]", b'"x"'])
def test_a_body_that_is_no_object_is_named(sandbox: Control, body: bytes) -> None:
    answer = requests.post(f"{sandbox.base_url}/_sandbox/accounts", data=body)
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]


def test_nothing_else_is_here(sandbox: Control) -> None:
    assert requests.get(f"{sandbox.base_url}/_sandbox/nonsense").status_code == 404
