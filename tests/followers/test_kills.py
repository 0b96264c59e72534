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

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = 5
FOLLOWERS = 20_000
# Small chunks, so that there is something left to do after each kill.
WORK = """
import sys, django
django.setup()
from followers import sync
from followers.sync import steps
steps.CHUNK = 1000
print("working", flush=True)
while sync.work(int(sys.argv[1])):
    pass
"""


def start_worker(run: SyncRun) -> subprocess.Popen[bytes]:
    environment = ground.environment(DJANGO_SETTINGS_MODULE="wxportal.settings")
    worker = subprocess.Popen([sys.executable, "-c", WORK, str(run.pk)], env=environment, stdout=subprocess.PIPE)
    assert worker.stdout is not None
    with worker.stdout as output:
        assert output.readline() == b"working\n"
    return worker


def its_lease_ends(run: SyncRun) -> None:
    """A minute passes."""
    SyncRun.objects.filter(pk=run.pk).update(lease_until=run.started_at)


def test_killed_workers_lose_nothing_and_add_nothing(connected: Connected) -> None:
    account = connected(followers=FOLLOWERS, page_size=2_500)
    run = sync.start(account)
    moment = random.Random(20_000)
    for _kill in range(KILLS):
        worker = start_worker(run)
        time.sleep(moment.uniform(0.02, 0.4))
        worker.kill()
        worker.wait()
        its_lease_ends(run)
    run.refresh_from_db()
    assert run.listed > 0 and run.state == SyncRun.State.RUNNING, "the kills came too late to prove anything"
    run = run_to_its_end(run)
    assert (run.state, run.listed, run.new) == (SyncRun.State.FINISHED, FOLLOWERS, FOLLOWERS)
    assert run.epoch > 1
    assert books.ours(account) == books.listed(account)


def test_a_dead_workers_run_is_left_alone_until_its_lease_ends(connected: Connected) -> None:
    run = sync.start(connected(followers=FOLLOWERS, page_size=2_500))
    worker = start_worker(run)
    time.sleep(0.1)
    worker.kill()
    worker.wait()
    assert sync.waiting() == []
    its_lease_ends(run)
    assert sync.waiting() == [run.pk]


def test_two_workers_told_at_once_read_everybody_once(connected: Connected) -> None:
    account = connected(followers=5_000)
    run = sync.start(account)
    workers = [start_worker(run) for _worker in range(2)]
    for worker in workers:
        assert worker.wait(timeout=60) == 0
    run.refresh_from_db()
    assert (run.state, run.epoch, run.listed) == (SyncRun.State.FINISHED, 1, 5_000)
    assert books.ours(account) == books.listed(account)
