"""Sync now, as a person sees it: a real browser, portal and worker, against the sandbox."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import User
from followers.models import Follower
from tests.followers.conftest import Connected
from tests.ground import LivePortal, Worker
from wxportal.sandbox.control import Control

Screenshot = Callable[[Page, str], Path]
SOON = 30_000  # milliseconds; two cores may be shared with the whole suite


def log_in(page: Page, portal: LivePortal, person: User) -> None:
    client = Client()
    client.force_login(person)
    assert client.session[SESSION_KEY]
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": portal.url}])


@pytest.mark.django_db(transaction=True)
def test_a_sync_is_watched_to_its_end_and_the_list_appears(
    live_portal: LivePortal,
    worker: Worker,
    connected: Connected,
    sandbox: Control,
    erin: User,
    page: Page,
    screenshot: Screenshot,
) -> None:
    account = connected(followers=6_000, page_size=3_000)
    sandbox.fault("/cgi-bin/user/info/batchget", "latency", times=60, appid=account.appid, seconds=0.7)
    log_in(page, live_portal, erin)
    page.goto(f"{live_portal.url}/followers/")
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("Reading profiles")).to_be_visible(timeout=SOON)
    screenshot(page, "followers-syncing")
    expect(page.get_by_text("6,000 new, 0 changed, 0 gone.")).to_be_visible(timeout=SOON)
    page.get_by_role("link", name="Followers", exact=True).last.click()
    expect(page.get_by_role("row")).to_have_count(51)
    screenshot(page, "followers-list")
    page.get_by_label("Openid or remark begins with").fill(Follower.objects.order_by("openid")[0].openid)
    expect(page.get_by_role("row")).to_have_count(2)
