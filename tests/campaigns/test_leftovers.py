"""Drafts nobody needs, connections that are cut, places to crash: the edges of sending."""

import os
import signal
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from accounts.models import OfficialAccount
from campaigns import lifecycle, tasks
from campaigns.models import Batch
from campaigns.sending import dispatch, drafting, settlement
from campaigns.sending.answers import Reading, Verdict
from campaigns.sending.crashpoints import crashpoint
from tests.campaigns.plans import fresh, planned
from tests.ground import database_url
from wxportal.sandbox.control import Control
from wxportal.wechat.client import Client

S = Batch.State


@pytest.mark.django_db
class TestDrafts:
    def test_the_draft_of_a_cancelled_batch_is_deleted(
        self, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        batch = planned(account)
        drafting.prepare(dispatch.claim(account), wechat)
        lifecycle.cancel(batch.campaign, by=None)
        assert drafting.delete_leftovers(account, wechat) == 1
        assert sandbox.books(account.appid)["drafts"] == 0
        assert drafting.delete_leftovers(account, wechat) == 0

    @pytest.mark.parametrize("state", [S.ARMED, S.UNKNOWN, S.UNDECIDED, S.QUARANTINED, S.ABANDONED])
    def test_a_draft_wechat_may_be_at_work_on_is_never_touched(
        self, state: str, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        planned(account)
        armed = dispatch.arm(drafting.prepare(dispatch.claim(account), wechat))
        Batch.objects.filter(pk=armed.batch.pk).update(state=state, maybe_accepted=True)
        assert drafting.delete_leftovers(account, wechat) == 0
        assert sandbox.books(account.appid)["drafts"] == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_cut_before_the_record_is_opened_again(account: OfficialAccount, wechat: Client) -> None:
    batch = planned(account)
    armed = dispatch.arm(drafting.prepare(dispatch.claim(account), wechat))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (mine,) = cursor.fetchone()
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [mine])
    settlement.settle(armed.batch, Verdict(Reading.ACCEPTED, 77, None, 0, "", {"errcode": 0}), actor="test")
    assert (fresh(batch).state, fresh(batch).msg_id) == (S.ACCEPTED, 77)


@pytest.mark.django_db(transaction=True)
def test_a_connection_cut_while_arming_calls_nobody(
    account: OfficialAccount, wechat: Client, sandbox: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = planned(account)
    prepared = drafting.prepare(dispatch.claim(account), wechat)

    def cut(name: str) -> None:
        if name == "before_arm_commit":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (mine,) = cursor.fetchone()
            with psycopg.connect(database_url()) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [mine])

    monkeypatch.setattr(dispatch, "crashpoint", cut)
    dispatch.send(prepared, wechat)
    assert sandbox.ledger(account.appid) == []
    assert fresh(batch).state == S.CLAIMED or fresh(batch).state == S.PLANNED


def test_a_crash_point_kills_once_and_leaves_its_flag(settings: object, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    settings.CRASHPOINT = f"here@{flag}"
    child = os.fork()
    if not child:
        crashpoint("elsewhere")
        crashpoint("here")
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert flag.exists()
    crashpoint("here")  # The restarted worker does not die of it again.


@pytest.mark.django_db
class TestTasks:
    """Every task may run at any time, with nothing to do."""

    @pytest.mark.parametrize(
        "task", [tasks.look_for_due_batches, tasks.reap_and_resolve, tasks.poll_results], ids=lambda task: task.name
    )
    def test_beats_tasks_run_with_nothing_to_do(self, task: object, may_send: None) -> None:
        task()

    def test_the_tasks_of_an_account_send_and_ask(
        self, account: OfficialAccount, sandbox: Control, django_assert_max_num_queries: object
    ) -> None:
        planned(account)
        tasks.look_for_due_batches()
        tasks.send_due_batches(account.pk)
        tasks.resolve_account(account.pk)
        tasks.poll_account(account.pk)
        assert len(sandbox.ledger(account.appid)) == 1
