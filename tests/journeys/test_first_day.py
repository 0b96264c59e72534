"""The first day with an empty portal, in a real browser: from the first administrator to the follower's phone.

Everything is real: web server, worker, beat, PostgreSQL, Redis, and a WeChat that runs here.
"""

import re
import zoneinfo
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Batch
from desk.demo import pictures
from tests.ground import Beat, LivePortal, Worker
from wxportal.sandbox.control import Control

pytestmark = pytest.mark.django_db(transaction=True)
Screenshot = Callable[[Page, str], Path]
SOON = 60_000  # milliseconds; two cores may be shared with the whole suite
PASSWORD = "seven cups of tea"
TITLE = "冬の新茶、届きました"


def test_from_an_empty_portal_to_the_followers_phone(
    sandbox: Control,
    live_portal: LivePortal,
    worker: Worker,
    beat: Beat,
    page: Page,
    screenshot: Screenshot,
    tmp_path: Path,
) -> None:
    page.set_default_timeout(SOON)
    expect.set_options(timeout=SOON)
    become_the_first_administrator(page, live_portal, screenshot)
    name_a_brand(page, live_portal)
    connect_a_rehearsal_account(page, live_portal, screenshot)
    read_the_followers(page)
    write_an_article(page, live_portal, tmp_path, screenshot)
    plan_and_release(page, live_portal, screenshot)
    read_the_result(page, screenshot)
    look_at_the_phone(page, sandbox, screenshot)


def become_the_first_administrator(page: Page, portal: LivePortal, screenshot: Screenshot) -> None:
    page.goto(portal.url)
    expect(page).to_have_url(re.compile("/first/$"))
    screenshot(page, "first-administrator")
    page.get_by_label("Username").fill("emma")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Create the first administrator").click()
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    screenshot(page, "first-steps")


def name_a_brand(page: Page, portal: LivePortal) -> None:
    page.get_by_role("link", name="Name the first brand").click()
    page.locator("[name=name]").fill("茶の間")
    page.locator("[name=initial]").fill("茶")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(portal.url)
    expect(page.get_by_role("link", name="Connect an Official Account")).to_be_visible()


def connect_a_rehearsal_account(page: Page, portal: LivePortal, screenshot: Screenshot) -> None:
    page.goto(f"{portal.url}/official-accounts/rehearse/")
    page.get_by_label("Name").fill("茶の間")
    page.get_by_label("Followers").select_option("200")
    page.get_by_role("button", name="Make and connect it").click()
    expect(page.get_by_role("heading", level=1, name="茶の間")).to_be_visible()
    expect(page.get_by_text("No real follower can be reached")).to_be_visible()
    screenshot(page, "account")


def read_the_followers(page: Page) -> None:
    page.get_by_role("navigation").get_by_role("link", name="Followers").first.click()
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("200 new, 0 changed, 0 gone.")).to_be_visible()


def write_an_article(page: Page, portal: LivePortal, folder: Path, screenshot: Screenshot) -> None:
    cover = folder / "cover.jpg"
    cover.write_bytes(pictures.draw("hills", pictures.COVER, pictures.MORNING))
    page.goto(f"{portal.url}/articles/new/")
    page.get_by_label("Title").fill(TITLE)
    page.get_by_role("button", name="Begin").click()
    page.locator(".ProseMirror").click()
    page.keyboard.type("秋を越えたお茶は、角がとれて甘くなります。")
    page.locator("[name=cover_upload]").set_input_files(cover)
    # The shell once wrote the file's name into the next text field.
    expect(page.get_by_label("Author")).to_have_value("")
    page.get_by_label("Digest").fill("今年の三種と、寒い日のいれ方。")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("version 2")).to_be_visible()
    screenshot(page, "article")
    expect(page.get_by_text("Ready", exact=True).first).to_be_visible()


def plan_and_release(page: Page, portal: LivePortal, screenshot: Screenshot) -> None:
    page.goto(f"{portal.url}/campaigns/new/")
    if page.get_by_text("From which account?").is_visible():
        page.get_by_role("link", name="茶の間").last.click()
    page.get_by_label("Name").fill("冬の新茶")
    page.locator("[name=article_1]").select_option(label=TITLE)
    page.get_by_label("Everybody").check()
    now = datetime.now(zoneinfo.ZoneInfo("Asia/Shanghai"))
    page.locator("[name=moment]").fill(f"{now:%Y-%m-%dT%H:%M}")
    screenshot(page, "campaign-plan")
    page.get_by_role("button", name="Save the plan").click()
    expect(page.get_by_role("heading", name="Preflight")).to_be_visible()
    screenshot(page, "campaign-preflight")
    expect(page.get_by_role("button", name="Release")).to_be_enabled()
    page.get_by_role("button", name="Release").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Send 1 article to 200 followers of 茶の間")
    screenshot(page, "campaign-release")
    dialog.get_by_role("button", name="Send to 200").click()


def read_the_result(page: Page, screenshot: Screenshot) -> None:
    expect(page.locator("#sending .wx-badge").get_by_text("Finished")).to_be_visible()
    expect(page.locator("#result")).to_contain_text("Delivered")
    screenshot(page, "campaign-result")
    assert [batch.state for batch in Batch.objects.all()] == [Batch.State.DONE]


def look_at_the_phone(page: Page, sandbox: Control, screenshot: Screenshot) -> None:
    """Look as a follower whom the message reached: some refuse messages, as in life."""
    batch = Batch.objects.select_related("official_account").get()
    people = sandbox.followers(batch.official_account.appid)
    reached = next(
        each for each in people if sandbox.ledger(batch.official_account.appid, each["openid"])[0]["reached"]
    )
    page.goto(f"{sandbox.base_url}/_sandbox/phone?person={reached['number']}&appid={batch.official_account.appid}")
    page.get_by_role("button", name="茶の間").first.click()
    expect(page.get_by_text(TITLE).first).to_be_visible()
    screenshot(page, "phone-message")
    page.locator("button.first").last.click()
    frame = page.frame_locator("iframe.reader")
    expect(frame.get_by_text("秋を越えたお茶は、角がとれて甘くなります。")).to_be_visible()
    screenshot(page, "phone-article")
