"""The sandbox takes an account through a verification; the portal follows by its events, without a person."""

from datetime import datetime

import pytest
import requests
from django.test import Client

from accounts import capabilities, inbound, notices, rehearsal, verification
from accounts.clock import database_now, now_for
from accounts.models import Brand, Notice, OfficialAccount, User
from accounts.probing import probe_next
from accounts.verification import State
from campaigns.models import Campaign
from tests.ground import LivePortal
from wxportal.local.processes import wait_until
from wxportal.sandbox.control import Control

DAY = 86_400


@pytest.fixture
def made(sandbox: Control, live_portal: LivePortal, tea_brand: Brand) -> OfficialAccount:
    """A rehearsal account whose callback the sandbox verified, and which it then left unverified."""
    requests.get(f"{live_portal.url}/login/", timeout=30)
    account = rehearsal.connect(tea_brand, "演练", kind="service", followers=20, now=database_now())
    sandbox.change_account(account.appid, verified_until=None)
    OfficialAccount.objects.filter(pk=account.pk).update(verified_until=None)
    account.verification_records.all()._raw_delete(account.verification_records.db)
    account.refresh_from_db()
    return account


def follow(account: OfficialAccount, event: str) -> State:
    """Wait for the event, deliver what came, and return what the portal makes of it."""
    assert wait_until(account.inbound_events.filter(kind=event).exists, 10), event
    rehearsal.follow_sandbox_clock()
    for number in inbound.waiting(database_now()):
        inbound.deliver(number, database_now())
    account.refresh_from_db()
    return verification.state(account, now_for(account)).state


def test_application_to_renewal_is_followed(
    made: OfficialAccount, sandbox: Control, alice: User, client: Client
) -> None:
    sandbox.apply_for_verification(made.appid, review_seconds=DAY, naming_seconds=2 * DAY)
    assert follow(made, "wx_verify_dispatch") == State.IN_REVIEW
    sandbox.advance(DAY)
    assert follow(made, "qualification_verify_success") == State.VERIFIED
    assert capabilities.can(made, "mass.all", now_for(made)).ok
    until = made.verified_until
    assert isinstance(until, datetime)
    assert not made.verification_computed
    sandbox.advance(DAY)
    assert follow(made, "naming_verify_success") == State.VERIFIED

    Campaign.objects.create(official_account=made, name="春の新茶", scheduled_at=until)
    client.force_login(alice)
    assert "春の新茶" in client.get(made.get_absolute_url()).content.decode()

    sandbox.advance(276 * DAY)
    assert follow(made, "annual_renew") == State.RENEWAL_OPEN
    notices.remind(database_now())
    assert list(Notice.objects.values_list("days", flat=True)) == [90]

    sandbox.advance(90 * DAY)
    assert follow(made, "verify_expired") == State.LAPSED
    assert capabilities.can(made, "mass.all", now_for(made)) == capabilities.LAPSED
    notices.remind(database_now())
    assert list(Notice.objects.order_by("pk").values_list("days", flat=True)) == [90, 0]

    made.inbound_events.all().delete()
    sandbox.apply_for_verification(made.appid, review_seconds=0, naming_seconds=0)
    assert follow(made, "naming_verify_success") == State.VERIFIED
    assert capabilities.can(made, "mass.all", now_for(made)).ok
    assert "春の新茶" not in client.get(made.get_absolute_url()).content.decode()


def test_a_weekly_probe_finds_out_what_no_event_said(made: OfficialAccount, sandbox: Control) -> None:
    now = database_now()
    assert probe_next(now)
    made.refresh_from_db()
    assert verification.state(made, now).state == State.UNVERIFIED
    assert not made.verification_records.exists()
    assert not probe_next(now)
    sandbox.change_account(made.appid, verified_until=now.timestamp() + 300 * DAY)
    OfficialAccount.objects.update(probed_at=None)
    assert probe_next(now)
    made.refresh_from_db()
    assert verification.state(made, now).state == State.UNKNOWN_DATE
    assert capabilities.can(made, "tags", now).ok
