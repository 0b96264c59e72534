"""A worker that dies at a random moment: its successor ends with what stands in the books."""

import random
import subprocess
import sys
import time

import pytest

from followers import sync
from followers.models import SyncRun
from tests import ground
from tests.followers import books
from tests.followers.conftest import Connected, run_to_its_end
from wxportal.local.processes import wait_until
from wxportal.sandbox.control import Control

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = 5
FOLLOWERS = 20_000
PATIENCE = 60  # seconds; two cores may be shared with a whole suite
BATCHGET = "/cgi-bin/user/info/batchget"
# Small chunks, so that there is something left to do after each kill.
WORK = """
import sys, django
django.setup()
from followers import sync
from followers.sync import steps
steps.CHUNK = 500
while sync.work(int(sys.argv[1])):
    pass
"""


def start_worker(run: SyncRun) -> subprocess.Popen[bytes]:
    environment = ground.environment(DJANGO_SETTINGS_MODULE="wxportal.settings")
    return subprocess.Popen([sys.executable, "-c", WORK, str(run.pk)], env=environment)


def progress(run: SyncRun) -> tuple[int, ...]:
    run.refresh_from_db()
    return run.epoch, run.pages, run.profiles_done


def kill_in_the_middle(run: SyncRun, *, after: float) -> None:
    """Start a worker, wait for a step it committed, and kill it ``after`` seconds, wherever it is then."""
    epoch, *before = progress(run)
    worker = start_worker(run)
    assert wait_until(lambda: progress(run) > (epoch + 1, *before), PATIENCE)
    time.sleep(after)
    worker.kill()
    worker.wait()


def its_lease_ends(run: SyncRun) -> None:
    """A minute passes."""
    SyncRun.objects.filter(pk=run.pk).update(lease_until=run.started_at)


def test_killed_workers_lose_nothing_and_add_nothing(connected: Connected, sandbox: Control) -> None:
    account = connected(followers=FOLLOWERS, page_size=2_500)
    # Slow enough for a kill to come in the middle, on any machine.
    sandbox.fault(BATCHGET, "latency", times=10_000, appid=account.appid, seconds=0.05)
    run = sync.start(account)
    moment = random.Random(FOLLOWERS)
    for _kill in range(KILLS):
        kill_in_the_middle(run, after=moment.uniform(0, 0.1))
        its_lease_ends(run)
    run.refresh_from_db()
    assert run.state == SyncRun.State.RUNNING, "the kills came too late to prove anything"
    sandbox.clear_faults()
    run = run_to_its_end(run)
    assert (run.state, run.listed, run.new) == (SyncRun.State.FINISHED, FOLLOWERS, FOLLOWERS)
    assert run.epoch > KILLS
    assert books.ours(account) == books.listed(account)


def test_a_dead_workers_run_is_left_alone_until_its_lease_ends(connected: Connected) -> None:
    run = sync.start(connected(followers=FOLLOWERS, page_size=2_500))
    kill_in_the_middle(run, after=0)
    assert sync.waiting() == []
    its_lease_ends(run)
    assert sync.waiting() == [run.pk]


def test_two_workers_told_at_once_read_everybody_once(connected: Connected) -> None:
    account = connected(followers=5_000)
    run = sync.start(account)
    workers = [start_worker(run) for _worker in range(2)]
    for worker in workers:
        assert worker.wait(timeout=PATIENCE) == 0
    run.refresh_from_db()
    assert (run.state, run.listed, run.new) == (SyncRun.State.FINISHED, 5_000, 5_000)
    assert books.ours(account) == books.listed(account)
