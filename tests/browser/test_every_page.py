"""Every page of the demo in a real browser: nothing serious for axe, nothing wider than the screen, no script error.

Pictures of all of them go to var/screenshots/pages/, for people to look at.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django import Settings

from accounts.models import OfficialAccount, User
from articles.models import Article
from campaigns.models import Campaign
from campaigns.sending import incarnation
from desk.demo import loading, pictures
from followers.models import Follower
from tests.conftest import SCREENSHOTS
from tests.ground import LivePortal

pytestmark = pytest.mark.django_db(transaction=True)
SERIOUS = {"serious", "critical"}
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def demo(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo as rows: what the pages show does not depend on a sandbox."""
    settings.PUBLIC_BASE_URL = "http://127.0.0.1"
    settings.SANDBOX_URL = ""
    monkeypatch.setattr(pictures, "INSIDE", (540, 360))
    incarnation.forget()
    loading.load(lambda line: None)


def addresses() -> dict[str, str]:
    """Return the address of every page with something to show, by the name of its picture."""
    tea = OfficialAccount.objects.get(name="茶の間")
    ended = Campaign.objects.get(name="VIP 先行案内")
    draft, missed, coming = (Campaign.objects.get(name=name) for name in ("年末ギフト", "週末のお知らせ", "冬茶到了"))
    article = Article.objects.filter(official_account=tea).earliest("pk")
    follower = Follower.objects.filter(official_account=tea).earliest("pk")
    return {
        "today": "/",
        "accounts": "/official-accounts/",
        "account": tea.get_absolute_url(),
        "account-connect": "/official-accounts/connect/",
        "account-change": f"{tea.get_absolute_url()}change/",
        "followers": f"/followers/?account={tea.pk}",
        "follower": follower.get_absolute_url(),
        "tags": f"/followers/account/{tea.pk}/tags/",
        "articles": "/articles/",
        "article-new": "/articles/new/",
        "article": article.get_absolute_url(),
        "article-preview": f"{article.get_absolute_url()}preview/",
        "campaigns": "/campaigns/",
        "campaign-new": f"/campaigns/new/?account={tea.pk}",
        "campaign-draft": draft.get_absolute_url(),
        "campaign-coming": coming.get_absolute_url(),
        "campaign-missed": missed.get_absolute_url(),
        "campaign-ended": ended.get_absolute_url(),
        "profile": "/profile/",
        "password": "/password/",
    }


@pytest.fixture
def visit(browser: Browser) -> Iterator[list[BrowserContext]]:
    opened: list[BrowserContext] = []
    yield opened
    for context in opened:
        context.close()


def open_for(
    browser: Browser, opened: list[BrowserContext], portal: LivePortal, person: User, size: dict[str, int], scheme: str
) -> Page:
    client = Client()
    client.force_login(person)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": portal.url}
    context = browser.new_context(viewport=size, color_scheme=scheme, timezone_id="Asia/Tokyo")
    context.add_cookies([cookie])
    opened.append(context)
    return context.new_page()


def faults_of(page: Page, name: str) -> list[str]:
    """Return what axe finds serious, and whether the page is wider than the screen."""
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    found = [f"{name}: {wider} pixels wider than the screen"] if wider > 0 else []
    for violation in Axe().run(page).response["violations"]:
        if violation["impact"] in SERIOUS:
            where = "; ".join(" ".join(node["target"]) for node in violation["nodes"][:3])
            found.append(f"{name}: {violation['id']} ({violation['help']}) at {where}")
    return found


@pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [("en", DESKTOP, "light"), ("ja", DESKTOP, "dark"), ("zh-hans", PHONE, "light")],
    ids=["english-desktop-light", "japanese-desktop-dark", "chinese-phone-light"],
)
def test_every_page_can_be_used_by_everybody(
    demo: None,
    live_portal: LivePortal,
    browser: Browser,
    visit: list[BrowserContext],
    language: str,
    size: dict[str, int],
    scheme: str,
) -> None:
    User.objects.filter(username="sakura").update(language=language)
    page = open_for(browser, visit, live_portal, User.objects.get(username="sakura"), size, scheme)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("console", lambda line: faults.append(f"{page.url}: {line.text}") if line.type == "error" else None)
    for name, address in addresses().items():
        answer = page.goto(f"{live_portal.url}{address}")
        assert answer is not None
        assert answer.status == 200, name
        page.screenshot(path=folder() / f"{name}-{language}-{size['width']}-{scheme}.png", full_page=True)
        faults += faults_of(page, name)
    assert not faults, "\n".join(faults)


def test_the_doors_can_be_used_by_everybody(live_portal: LivePortal, page: Page) -> None:
    faults: list[str] = []
    page.goto(f"{live_portal.url}/first/")
    faults += faults_of(page, "first")
    User.objects.create_user("somebody")
    page.goto(f"{live_portal.url}/login/")
    faults += faults_of(page, "login")
    page.goto(f"{live_portal.url}/nowhere/")
    faults += faults_of(page, "404")
    assert not faults, "\n".join(faults)


def folder() -> Path:
    where = SCREENSHOTS / "pages"
    where.mkdir(parents=True, exist_ok=True)
    return where
