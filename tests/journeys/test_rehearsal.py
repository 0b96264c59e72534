"""`manage.py rehearse` on the stack that runs: every number agrees, or the exit status says that one does not."""

import io
import re

import pytest
from django.core.management import CommandError, call_command

from accounts.models import OfficialAccount
from campaigns.models import Batch
from desk.management.commands import rehearse
from desk.rehearsal import stack
from desk.rehearsal.job import Job
from desk.rehearsal.receipt import Receipt
from followers.models import Follower
from tests.ground import Beat, LivePortal, Worker
from wxportal.sandbox.control import Control

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def running(sandbox: Control, live_portal: LivePortal, worker: Worker, beat: Beat) -> None:
    """Everything the job needs."""


def rehearsed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rehearse", "--followers", "60", *arguments, stdout=out)
    return out.getvalue()


def test_the_whole_job_agrees_with_the_sandboxs_books(running: None) -> None:
    receipt = rehearsed()
    assert "Every number agrees." in receipt
    assert "DIFFERS" not in receipt
    assert re.search(r"followers +60 +agrees", receipt)
    assert re.search(r"Peak memory of the worker processes: \d+ MB", receipt)
    # Afterwards the bulk is gone; the diary of calls stays, or it would look like a restored backup.
    assert not Follower.objects.exists()
    assert OfficialAccount.objects.get().is_rehearsal
    assert Batch.objects.count() == 2


def test_a_number_that_differs_is_named_and_the_command_fails(running: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_one(job: Job, receipt: Receipt) -> None:
        Follower.objects.filter(pk=Follower.objects.latest("pk").pk).delete()
        real(job, receipt)

    real = rehearse.compare
    monkeypatch.setattr(rehearse, "compare", lose_one)
    with pytest.raises(CommandError, match="numbers differ: followers, openids, by digest"):
        rehearsed("--keep")
    assert Follower.objects.count() == 59


def test_without_a_worker_the_running_stack_is_not_complete(sandbox: Control, live_portal: LivePortal) -> None:
    with pytest.raises(stack.NotRunning, match="no worker answers"):
        stack.check_running_stack()


def test_without_a_sandbox_there_is_no_running_stack() -> None:
    with pytest.raises(stack.NotRunning, match="SANDBOX_URL"):
        stack.check_running_stack()


@pytest.mark.parametrize("count", ["1", "0", "-5", "1000001"])
def test_an_absurd_number_of_followers_is_refused(count: str) -> None:
    with pytest.raises(CommandError, match="number from 2 to 1,000,000"):
        call_command("rehearse", "--followers", count)
