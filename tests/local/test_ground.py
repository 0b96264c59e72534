"""The ground every other test stands on: real servers, real processes, and none of them left over."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
import requests
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Page

from campaigns.sending import incarnation
from tests.ground import ROOT, Beat, LivePortal, SandboxProcess, Worker
from wxportal.local import processes
from wxportal.local.redis import Redis
from wxportal.sandbox.control import Control

# A suite within the suite: prints where its servers are, then does what it is told.
INNER = """
import os
import pytest

def test_inner(db):
    from django.db import connection
    with open(os.environ["NOTE"], "a") as note:
        print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], connection.settings_dict["NAME"],
              os.environ["STATIC_ROOT"], file=note)
    {then}

def test_second():
    pass
"""


@pytest.mark.django_db
def test_the_database_is_a_real_postgresql_of_this_run():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('synchronous_commit')")
        assert cursor.fetchone() == (180004, "on")


def test_redis_is_real_and_empty():
    client = redis.Redis.from_url(settings.REDIS_URL)
    assert client.dbsize() == 0
    client.set("left-over", "1")


def test_redis_is_empty_again_in_the_next_test():
    assert redis.Redis.from_url(settings.REDIS_URL).dbsize() == 0


def test_a_redis_of_ones_own_can_be_killed_and_comes_back_empty_on_its_port(redis_server: Redis):
    url = redis_server.url()
    redis.Redis.from_url(url).set("a", "1")
    redis_server.child.kill()
    redis_server.child.wait()
    redis_server.start(os.environ)
    assert redis_server.url() == url
    assert redis.Redis.from_url(url).dbsize() == 0


def test_the_sandbox_answers_and_is_what_the_settings_name(sandbox: Control):
    assert sandbox.base_url == settings.SANDBOX_URL
    account = sandbox.create_account(followers=3)
    assert sandbox.books(account["appid"])["followers"]


def test_a_moved_clock_and_a_fault_end_with_their_test_first_half(sandbox: Control):
    sandbox.fault("/cgi-bin/user/get", "errcode", code=-1)
    sandbox.advance(86_400)


def test_a_moved_clock_and_a_fault_end_with_their_test_second_half(sandbox: Control):
    assert abs(sandbox.clock()["now"] - time.time()) < 60


def test_the_sandbox_survives_a_kill(sandbox_process: SandboxProcess):
    appid = sandbox_process.control.create_account(followers=3)["appid"]
    sandbox_process.kill()
    sandbox_process.start()
    assert [one["appid"] for one in sandbox_process.control.accounts() if one["appid"] == appid] == [appid]


@pytest.mark.django_db
@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_is_a_new_installation_that_may_send(time: str):
    assert incarnation.check() == ""
    assert Path(settings.INCARNATION_FILE).exists()
    assert os.environ["INCARNATION_FILE"] == settings.INCARNATION_FILE


@pytest.mark.django_db
def test_a_new_installation_knows_nothing_of_the_one_before():
    assert not Path(settings.INCARNATION_FILE).exists()


def test_a_worker_runs_and_survives_a_kill_by_being_started_again(worker: Worker):
    first = worker.pid
    worker.kill()
    worker.start()
    assert worker.pid != first
    assert "default" in worker.output()
    assert "sending" in worker.output()


def test_beat_sends_its_messages_to_this_tests_redis(beat: Beat):
    client = redis.Redis.from_url(settings.REDIS_URL)
    assert processes.wait_until(lambda: client.dbsize() > 0, 10)


def test_the_portal_answers_from_the_test_database(live_portal: LivePortal):
    get_user_model().objects.create_superuser("somebody")
    answer = requests.get(live_portal.url + reverse("shell:login"), timeout=10)
    assert answer.status_code == 200
    assert live_portal.url == settings.PUBLIC_BASE_URL


def test_a_browser_sees_the_portal(live_portal: LivePortal, page: Page, screenshot):
    page.goto(live_portal.url + reverse("shell:login"))
    assert page.title()
    assert screenshot(page, "local/first-page").stat().st_size > 1000


def _inner_suite(folder: Path, then: str, *options: str) -> subprocess.Popen[bytes]:
    """Start a suite of two tests with servers of its own; the first notes where they are."""
    suite = folder / "test_inner.py"
    suite.write_text(INNER.format(then=then))
    own = {"NOTE": str(folder / "note"), "PYTHONPATH": str(ROOT)}
    inherited = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL") and "PYTEST" not in k}
    argv = [sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", "--confcutdir", folder, *options, suite]
    return subprocess.Popen(argv, cwd=ROOT, env={**inherited, **own}, preexec_fn=_hear_sigint)


def _hear_sigint() -> None:
    """Undo the deafness that a shell's background job hands on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _noted(folder: Path) -> list[list[str]]:
    note = folder / "note"
    return [line.split() for line in note.read_text().splitlines()] if note.exists() else []


def _nobody_left(folder: Path) -> bool:
    """Tell whether no process carries the note's name in its environment."""
    return not list(processes.marked(f"NOTE={folder / 'note'}"))


def test_a_suite_stops_its_servers(tmp_path: Path):
    assert _inner_suite(tmp_path, "pass", "-n0").wait(120) == 0
    assert _nobody_left(tmp_path)


@pytest.mark.parametrize("number", [15, 2, 9], ids=["SIGTERM", "SIGINT", "SIGKILL"])
def test_a_suite_that_is_killed_leaves_no_server(tmp_path: Path, number: int):
    suite = _inner_suite(tmp_path, "__import__('time').sleep(60)", "-n0")
    assert processes.wait_until(lambda: bool(_noted(tmp_path)), 60)
    assert not _nobody_left(tmp_path)
    suite.send_signal(number)
    assert suite.wait(30) != 0
    assert processes.wait_until(lambda: _nobody_left(tmp_path), 10)
    if number != signal.SIGKILL:  # Then the next run removes it.
        assert not Path(_noted(tmp_path)[0][3]).exists()


def test_parallel_workers_share_the_servers_and_have_databases_of_their_own(tmp_path: Path):
    assert _inner_suite(tmp_path, "pass", "-n2", "--dist", "each").wait(120) == 0
    (first, second) = sorted(_noted(tmp_path))
    assert first[0] == second[0]
    assert {first[1][-2:], second[1][-2:]} == {"/1", "/2"}
    assert first[2] != second[2]
