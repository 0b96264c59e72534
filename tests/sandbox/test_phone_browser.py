"""The follower's phone in a real browser: badges, folder, notification, and an article that may do nothing."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.caller import Caller
from wxportal.sandbox.control import Control


@pytest.fixture(params=["light", "dark"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A narrow page; any error the browser reports fails the test."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=request.param)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    yield page
    page.close()
    assert problems == []


def opened(phone: Page, sandbox: Control, **query: object) -> None:
    phone.goto(f"{sandbox.base_url}/_sandbox/phone?lang=en&" + "&".join(f"{k}={v}" for k, v in query.items()))


def test_a_service_account_has_a_badge_and_the_folder_has_none(
    phone: Page, sandbox: Control, service: Caller, subscription: Caller
) -> None:
    service.sandbox.change_account(service.appid, name="Tea")
    subscription.sandbox.change_account(subscription.appid, name="Matcha")
    service.job(service.send_text("one")["msg_id"])
    subscription.job(subscription.send_text("two")["msg_id"])
    opened(phone, sandbox, person=7)
    row = phone.locator(".chat", has_text="Tea").first
    expect(row.locator(".badge")).to_have_text("1")
    folder = phone.locator(".chat", has_text="Subscriptions")
    expect(folder).to_contain_text("Matcha: two")
    expect(folder.locator(".badge")).to_have_count(0)
    row.click()
    expect(phone.locator(".bubble")).to_have_text("one")
    phone.locator("#back").click()
    expect(phone.locator(".badge")).to_have_count(0)


def test_only_a_service_account_notifies(phone: Page, sandbox: Control, service: Caller, subscription: Caller) -> None:
    opened(phone, sandbox, person=7)
    expect(phone.locator(".chat", has_text="Subscriptions")).to_be_visible()
    subscription.job(subscription.send_text("quiet")["msg_id"])
    expect(phone.locator(".chat", has_text="quiet")).to_be_visible(timeout=6000)
    expect(phone.locator("#toast")).to_be_hidden()
    service.job(service.send_text("loud")["msg_id"])
    expect(phone.locator("#toast")).to_contain_text("loud", timeout=6000)


def test_an_article_opens_in_a_frame_that_may_do_nothing(phone: Page, sandbox: Control, service: Caller) -> None:
    service.job(service.send_news(service.draft(content='<p style="color: red">The text</p>'))["msg_id"])
    opened(phone, sandbox, person=7)
    phone.locator(".chat", has_text="秋季新品").click()
    phone.locator(".card button").first.click()
    expect(phone.locator("iframe.reader")).to_have_attribute("sandbox", "")
    text = phone.frame_locator("iframe.reader").locator(".rich p")
    expect(text).to_have_css("color", "rgb(255, 0, 0)")
    expect(phone.frame_locator("iframe.reader").locator("h1")).to_have_css("font-size", "22px")


def test_leaving_and_following_from_the_panel(phone: Page, sandbox: Control, service: Caller) -> None:
    opened(phone, sandbox, person=7, appid=service.appid)
    phone.locator("#panel-toggle").click()
    phone.get_by_role("button", name="Unfollow").click()
    phone.get_by_role("button", name="Follow", exact=True).click()
    expect(phone.get_by_role("button", name="Unfollow")).to_be_visible()
    assert service.get("/cgi-bin/user/info", openid=service.openids()[7])["subscribe"] == 1


def test_the_clock_moves_and_a_person_is_found(phone: Page, sandbox: Control, service: Caller) -> None:
    opened(phone, sandbox, person=7)
    phone.locator("#panel-toggle").click()
    phone.get_by_role("button", name="+1 day").click()
    expect(phone.locator("#clock")).not_to_be_empty()
    phone.locator("#who").fill(service.sandbox.followers(service.appid, "12")[0]["openid"])
    phone.get_by_role("button", name="Show").click()
    expect(phone.locator("#bar-person")).to_have_text("Follower 12")
    assert sandbox.clock()["offset"] == pytest.approx(86_400)
    phone.locator("#who").fill("oNONSENSE")
    phone.get_by_role("button", name="Show").click()
    expect(phone.locator("#search-note")).to_be_visible()


def test_everybody_can_use_it(phone: Page, sandbox: Control, service: Caller) -> None:
    service.job(service.send_text("one")["msg_id"])
    opened(phone, sandbox, person=7)
    expect(phone.locator(".badge")).to_be_visible()
    assert Axe().run(phone).response["violations"] == []
    phone.locator("#panel-toggle").click()
    assert Axe().run(phone).response["violations"] == []
