"""Rehearsal accounts and the sandbox they live in: real HTTP both ways."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from django.test import Client, override_settings

from accounts import connection, rehearsal
from accounts.clock import database_now, now_for
from accounts.models import AuditEntry, Brand, InboundEvent, OfficialAccount, User
from tests.ground import LivePortal
from tests.people import connect
from wxportal.local.processes import wait_until
from wxportal.sandbox.control import Control

ASKED = {"name": "演练", "type": "service", "followers": "200"}


@pytest.fixture
def made(sandbox: Control, live_portal: LivePortal, tea_brand: Brand) -> OfficialAccount:
    """A rehearsal account whose callback the sandbox verified at the running portal."""
    # The first request loads the whole project; the sandbox waits no longer than WeChat does.
    requests.get(f"{live_portal.url}/login/", timeout=30)
    return rehearsal.connect(tea_brand, "演练", kind="service", followers=200, now=database_now())


def in_time(condition: Callable[[], bool]) -> bool:
    return wait_until(condition, 10)


def test_the_sandbox_verifies_our_callback_and_its_pushes_are_believed(made: OfficialAccount, sandbox: Control) -> None:
    assert made.callback_verified_at
    sandbox.follow(made.appid, count=1)
    assert in_time(InboundEvent.objects.filter(official_account=made, kind="subscribe", signed=True).exists)
    made.refresh_from_db()
    assert made.callback_refusal == {}


def test_the_connection_test_is_good_in_every_line(made: OfficialAccount) -> None:
    lines = connection.test(made, database_now())
    assert {line.key: line.status for line in lines if not line.ok} == {}
    assert {line.key: line.number for line in lines}["followers"] == 200


def test_an_address_that_is_not_listed_is_shown(made: OfficialAccount, sandbox: Control) -> None:
    sandbox.change_account(made.appid, allow_list=["203.0.113.0/24"])
    bad = [line for line in connection.test(made, database_now()) if line.status == connection.BAD]
    assert [(line.key, line.errcode, line.ip) for line in bad] == [("allow_list", 40164, "127.0.0.1")]


def test_a_lapsed_verification_is_explained(made: OfficialAccount, sandbox: Control) -> None:
    sandbox.change_account(made.appid, verified_until=None)
    bad = {line.key: line.errcode for line in connection.test(made, database_now()) if line.status == connection.BAD}
    assert bad == {"tags": 48001, "followers": 48001}


@pytest.mark.parametrize("mode", ["plain", "compatible"])
def test_the_other_modes_reach_us_too(mode: str, made: OfficialAccount, sandbox: Control) -> None:
    OfficialAccount.objects.filter(pk=made.pk).update(callback_mode=mode)
    sandbox.set_callback(made.appid, made.callback_url, made.callback_token(), made.aes_key(), mode)
    sandbox.follow(made.appid, count=1)
    signed = mode == "compatible"
    assert in_time(InboundEvent.objects.filter(official_account=made, kind="subscribe", signed=signed).exists)


def test_a_wrong_token_in_the_console_is_told_on_both_sides(made: OfficialAccount, sandbox: Control) -> None:
    answer = sandbox.set_callback(made.appid, made.callback_url, "anotherToken", made.aes_key())
    assert not answer["ok"]
    made.refresh_from_db()
    assert made.callback_refusal["reason"] == "signature"


def test_new_secrets_are_entered_in_the_sandbox_for_people(
    made: OfficialAccount, sandbox: Control, alice: User, live_portal: LivePortal, client: Client
) -> None:
    client.force_login(alice)
    page = client.post(f"/official-accounts/{made.pk}/callback-secrets/").content.decode()
    assert "The sandbox has taken these values" in page
    made.refresh_from_db()
    assert made.callback_verified_at
    sandbox.follow(made.appid, count=1)
    assert in_time(InboundEvent.objects.filter(official_account=made, kind="subscribe").exists)


def test_our_rules_follow_the_sandboxs_clock(made: OfficialAccount, sandbox: Control) -> None:
    sandbox.advance(86_400)
    assert rehearsal.follow_sandbox_clock() == 1
    made.refresh_from_db()
    assert now_for(made) - database_now() == pytest.approx(timedelta(days=1), abs=timedelta(seconds=2))
    assert rehearsal.follow_sandbox_clock() == 0, "nothing to write while the clocks agree"


def test_only_accounts_that_live_in_the_sandbox_follow_its_clock(
    sandbox: Control, tea_brand: Brand, other_brand: Brand
) -> None:
    elsewhere = connect(tea_brand)
    real = connect(other_brand, appid="wxfedcba9876543210", is_rehearsal=False, api_base_url=sandbox.base_url)
    sandbox.advance(3600)
    rehearsal.follow_sandbox_clock()
    for account in (elsewhere, real):
        account.refresh_from_db()
        assert account.clock_offset is None


def test_a_sandbox_that_does_not_answer_stops_nothing(tea_brand: Brand) -> None:
    with override_settings(SANDBOX_URL="http://127.0.0.1:9"):
        assert rehearsal.follow_sandbox_clock() == 0
        with pytest.raises(rehearsal.NoSandbox):
            rehearsal.connect(tea_brand, "演练", kind="service", followers=1, now=database_now())
    assert not OfficialAccount.objects.exists()


def test_a_manager_makes_one_with_a_click(client: Client, alice: User, sandbox: Control, tea_brand: Brand) -> None:
    client.force_login(alice)
    answer = client.post("/official-accounts/rehearse/", {**ASKED, "brand": tea_brand.pk})
    account = OfficialAccount.objects.get()
    assert answer.headers["Location"] == account.get_absolute_url()
    assert account.is_rehearsal
    assert account.base_url == sandbox.base_url
    assert sandbox.books(account.appid)
    assert AuditEntry.objects.filter(action="account.connect").exists()


@override_settings(SANDBOX_URL="http://127.0.0.1:9")
def test_without_a_sandbox_the_form_says_so_and_keeps_what_was_typed(
    client: Client, alice: User, tea_brand: Brand
) -> None:
    client.force_login(alice)
    page = client.post("/official-accounts/rehearse/", {**ASKED, "brand": tea_brand.pk}).content.decode()
    assert "The sandbox does not answer" in page
    assert "演练" in page


@override_settings(SANDBOX_URL="http://127.0.0.1:9")
def test_a_viewer_and_a_stranger_make_none(client: Client, bob: User, charlie: User, tea_brand: Brand) -> None:
    client.force_login(bob)
    assert client.get("/official-accounts/rehearse/").status_code == 403
    client.force_login(charlie)
    client.post("/official-accounts/rehearse/", {**ASKED, "brand": tea_brand.pk})
    assert not OfficialAccount.objects.exists()
