"""Fixtures of the whole suite. PostgreSQL and Redis come from `tests.services`, before this file is read."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings
from playwright.sync_api import Browser, Page, sync_playwright

from campaigns.sending import incarnation
from tests.ground import ROOT, Beat, LivePortal, SandboxProcess, Worker, environment
from tests.services import OWN_REDIS
from wxportal.local.redis import Redis
from wxportal.local.suite import find_browser
from wxportal.sandbox.control import Control

pytest_plugins = ["tests.people"]

# Our own pages only, and no sandbox for root; /dev/shm is tiny in containers.
BROWSER_OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--lang=en-US"]
DESKTOP = {"width": 1440, "height": 900}
SCREENSHOTS = ROOT / "var" / "screenshots"


# --- Redis --------------------------------------------------------------------
@pytest.fixture(scope="session")
def _redis_connection() -> Iterator[redis.Redis]:
    connection = redis.Redis.from_url(django_settings.REDIS_URL)
    yield connection
    connection.close()


@pytest.fixture(autouse=True)
def _empty_redis(_redis_connection: redis.Redis) -> None:
    """Every test begins with an empty queue, cache and token store."""
    if os.environ.get(OWN_REDIS):
        _redis_connection.flushdb()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Redis]:
    """A running Redis of this test's own, to be killed and started again: ``child.kill()``, ``start(os.environ)``."""
    server = Redis(tmp_path / "redis", tmp_path / "redis.log")
    server.start(os.environ)
    yield server
    server.stop()


# --- The installation -----------------------------------------------------------
@pytest.fixture(autouse=True)
def _new_installation(settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test begins as a new installation: its own incarnation outside the database, its own uploads.

    Each test's database is another one; with a file that outlives the test, sending would rightly go off.
    """
    for name, folder in (("INCARNATION_FILE", "incarnation"), ("MEDIA_ROOT", "media")):
        setattr(settings, name, str(tmp_path / folder))
        monkeypatch.setenv(name, str(tmp_path / folder))  # What this test starts belongs to it, too.
    incarnation.forget()


# --- WeChat -------------------------------------------------------------------
@pytest.fixture(scope="session")
def _sandbox_in_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("sandbox"))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def sandbox_process(
    _sandbox_in_session: SandboxProcess, settings: object, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SandboxProcess]:
    """The sandbox as a process: kill and start it, it keeps its journal. One for the session: use fresh accounts."""
    process = _sandbox_in_session
    for name in ("SANDBOX_URL", "WECHAT_API_BASE_URL"):
        setattr(settings, name, process.url)
        monkeypatch.setenv(name, process.url)  # What this test starts talks to it, too.
    yield process
    _make_good(process)


def _make_good(process: SandboxProcess) -> None:
    """Leave no fault, and no moved clock: its clock only goes forward, so then a fresh world starts."""
    with suppress(OSError):  # The test left it dead.
        process.control.clear_faults()
        if abs(process.control.clock()["offset"]) < 1:
            return
    process.kill()
    shutil.rmtree(process.log.parent / "journal", ignore_errors=True)
    process.start()


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> Control:
    """Control of the sandbox: accounts, faults, clock, books."""
    return sandbox_process.control


@pytest.fixture
def wechat_url(sandbox_process: SandboxProcess) -> str:
    """The sandbox as an API base address."""
    return sandbox_process.url


# --- Our own processes, on this test's database ----------------------------------
@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[Worker]:
    """A real Celery worker for all queues; the test must commit (this fixture sees to it)."""
    process = Worker(tmp_path, environment())
    process.start()
    yield process
    process.stop()


@pytest.fixture
def beat(transactional_db: None, tmp_path: Path) -> Iterator[Beat]:
    """Real Celery beat: due work is found within a second."""
    process = Beat(tmp_path, environment())
    process.start()
    yield process
    process.stop()


@pytest.fixture
def live_portal(transactional_db: None, tmp_path: Path, settings: object) -> Iterator[LivePortal]:
    """The portal behind granian, on a real socket; PUBLIC_BASE_URL is its address here, too."""
    process = LivePortal(tmp_path, environment())
    settings.PUBLIC_BASE_URL = process.url  # type: ignore[attr-defined]
    process.start()
    yield process
    process.stop()


# --- The browser ------------------------------------------------------------------
@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, or $CHROMIUM; a test that needs one is skipped by name where there is none."""
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium on this machine: install chromium, or set CHROMIUM to one")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; Django would take our own queries for asynchronous ones.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of a fresh person, 1440 × 900, English."""
    context = browser.new_context(viewport=DESKTOP, locale="en-US", timezone_id="Asia/Tokyo")
    yield context.new_page()
    context.close()


@pytest.fixture
def screenshot() -> Callable[[Page, str], Path]:
    """Keep a picture of the page under var/screenshots/, for people to look at."""

    def take(page: Page, name: str) -> Path:
        path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return take
