"""A run's life: one per account, one worker at a time, stopped and resumed by people."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import OfficialAccount, User
from followers import sync
from followers.models import SyncRun
from followers.sync import runs
from tests.followers.conftest import Connected, run_to_its_end
from wxportal.sandbox.control import Control

State = SyncRun.State


@pytest.mark.django_db(transaction=True)
def test_two_people_who_press_at_once_start_one_run(official_account: OfficialAccount) -> None:
    both = threading.Barrier(2)

    def press() -> int:
        both.wait()
        try:
            return sync.start(official_account).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(press), pool.submit(press)
    assert first.result() == second.result()
    assert SyncRun.objects.count() == 1


def test_only_one_worker_gets_the_run(official_account: OfficialAccount) -> None:
    run = sync.start(official_account)
    assert runs.claim(run.pk) is not None
    assert runs.claim(run.pk) is None


def test_a_worker_that_lost_its_lease_writes_nothing_more(official_account: OfficialAccount) -> None:
    run = sync.start(official_account)
    old = runs.claim(run.pk)
    SyncRun.objects.update(lease_until=run.started_at)
    new = runs.claim(run.pk)
    with pytest.raises(runs.Overtaken):
        old.checkpoint(listed=7)
    new.checkpoint(listed=3)
    run.refresh_from_db()
    assert run.listed == 3


def test_a_stopped_run_takes_no_more_progress(official_account: OfficialAccount) -> None:
    run = sync.start(official_account)
    grip = runs.claim(run.pk)
    assert sync.stop(run)
    with pytest.raises(runs.Overtaken):
        grip.renew()
    assert not sync.work(run.pk)


def test_stopping_twice_is_no_harm(official_account: OfficialAccount) -> None:
    run = sync.start(official_account)
    assert sync.stop(run)
    assert not sync.stop(run)


@pytest.mark.django_db(transaction=True)
def test_a_run_stopped_while_profiles_are_read_goes_on_where_it_was(
    connected: Connected, sandbox: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = connected(followers=900)
    run = sync.start(account)
    monkeypatch.setattr("followers.sync.profiles.HEARTBEAT", 0.0)
    monkeypatch.setattr("followers.sync.steps.CHUNK", 300)
    seen = _stop_after(run, 300, monkeypatch)
    assert not sync.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.profiles_done) == (State.STOPPED, 300)
    assert seen
    assert sync.resume(run)
    assert run_to_its_end(run).profiles_done == 900


def _stop_after(run: SyncRun, done: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let somebody press Stop as soon as ``done`` profiles are committed and the next are being asked for."""
    seen: list[int] = []
    renew = runs.Grip.renew

    def renew_and_press(grip: runs.Grip) -> None:
        if grip.run.profiles_done >= done and not seen:
            seen.append(grip.run.profiles_done)
            sync.stop(run)
        renew(grip)

    monkeypatch.setattr(runs.Grip, "renew", renew_and_press)
    return seen


def test_only_the_latest_run_can_go_on(official_account: OfficialAccount) -> None:
    first = sync.start(official_account)
    sync.stop(first)
    second = sync.start(official_account)
    sync.stop(second)
    assert not sync.resume(first)
    assert sync.resume(second)


def test_a_finished_run_does_not_go_on(official_account: OfficialAccount) -> None:
    run = sync.start(official_account)
    runs.claim(run.pk).finish()
    assert not sync.resume(run)


def test_what_waits_is_not_worked_on(official_account: OfficialAccount) -> None:
    run = sync.start(official_account)
    runs.claim(run.pk).wait(run.started_at.replace(year=run.started_at.year + 1), "quota")
    assert sync.waiting() == []
    assert runs.claim(run.pk) is None


def test_the_rate_counts_this_stretch_only(official_account: OfficialAccount, alice: User) -> None:
    run = sync.start(official_account, by=alice)
    run.phase, run.listed, run.profiles_done = SyncRun.Phase.PROFILES, 10_000, 6_000
    run.stretch_started_at, run.stretch_done = run.started_at, 4_000
    run.last_progress_at = run.started_at + timedelta(seconds=10)
    assert run.rate == 200
    assert run.ready_at() == run.last_progress_at + timedelta(seconds=20)
