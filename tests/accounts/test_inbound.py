"""Each push has exactly one effect, however often it comes and however many workers look at it."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection

from accounts import inbound, tasks
from accounts.clock import database_now
from accounts.models import AuditEntry, InboundEvent, OfficialAccount
from tests.accounts import pushes
from wxportal.wechat import inbound as wechat

KIND = "TEST_EVENT"


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test register handlers that are gone after it."""
    monkeypatch.setattr(inbound, "_handlers", {})


@pytest.fixture
def seen(handlers: None) -> list[int]:
    """Register a handler that writes one row, and return what it saw."""
    seen: list[int] = []

    @inbound.on(KIND)
    def note(account: OfficialAccount, push: wechat.Inbound, row: InboundEvent) -> None:
        seen.append(row.pk)
        if threading.current_thread() is not threading.main_thread():
            time.sleep(0.3)  # long enough for every other worker to look
        AuditEntry.objects.create(at=row.received_at, action="seen", object_label=push.event)

    return seen


def stored(account: OfficialAccount, xml: str = "", **fields: object) -> InboundEvent:
    payload = xml or pushes.event(KIND)
    push = wechat.parse(payload.encode())
    number = inbound.store(account, push, payload, signed=True, now=database_now())
    InboundEvent.objects.filter(pk=number).update(**fields)
    return InboundEvent.objects.get(pk=number)


def test_a_push_is_delivered_once(official_account: OfficialAccount, seen: list[int]) -> None:
    row = stored(official_account)
    assert inbound.deliver(row.pk, database_now())
    assert not inbound.deliver(row.pk, database_now())
    assert seen == [row.pk]
    row.refresh_from_db()
    assert row.delivered_at


@pytest.mark.django_db(transaction=True)
def test_five_workers_at_once_have_one_effect(official_account: OfficialAccount, seen: list[int]) -> None:
    row, start = stored(official_account), threading.Barrier(5)

    def work() -> None:
        start.wait()
        tasks.deliver_event(row.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert AuditEntry.objects.filter(action="seen").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_push_in_one_workers_hands_does_not_make_another_wait(
    official_account: OfficialAccount, seen: list[int]
) -> None:
    row = stored(official_account)

    def work() -> None:
        tasks.deliver_event(row.pk)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    while not seen:
        time.sleep(0.01)
    assert not inbound.deliver(row.pk, database_now())
    assert worker.is_alive()
    worker.join()


def test_a_stored_repeat_of_a_delivered_push_is_not_delivered_again(
    official_account: OfficialAccount, seen: list[int]
) -> None:
    inbound.deliver(stored(official_account).pk, database_now())
    push = wechat.parse(pushes.event(KIND).encode())
    assert inbound.store(official_account, push, "", signed=True, now=database_now()) is None


def test_what_a_failing_handler_wrote_is_undone_and_tried_later(
    official_account: OfficialAccount, seen: list[int]
) -> None:
    inbound.on(KIND)(_fail)
    row, now = stored(official_account), database_now()
    assert not inbound.deliver(row.pk, now)
    row.refresh_from_db()
    assert not AuditEntry.objects.exists()
    assert (row.attempts, row.delivered_at, row.not_before) == (1, None, now + inbound.FIRST_DELAY)
    assert row.last_error == "RuntimeError: broken"


def test_a_push_waits_for_its_time(official_account: OfficialAccount, seen: list[int]) -> None:
    now = database_now()
    row = stored(official_account, not_before=now + timedelta(seconds=1))
    assert inbound.waiting(now) == []
    assert not inbound.deliver(row.pk, now)
    assert inbound.waiting(now + timedelta(seconds=1)) == [row.pk]
    assert inbound.deliver(row.pk, now + timedelta(seconds=1))


def test_the_delays_double_and_the_last_failure_parks_the_push(
    official_account: OfficialAccount, handlers: None
) -> None:
    inbound.on(KIND)(_fail)
    row, now, delays = stored(official_account), database_now(), []
    for _attempt in range(inbound.MOST_ATTEMPTS):
        inbound.deliver(row.pk, now)
        row.refresh_from_db()
        delays.append((row.not_before - now).total_seconds())
        now = row.not_before
    assert delays == [5, 10, 20, 40, 80, 160, 320, 640]
    assert row.parked_at
    assert inbound.waiting(now) == []
    assert not inbound.deliver(row.pk, now)


def test_one_bad_push_does_not_hold_up_the_others(official_account: OfficialAccount, seen: list[int]) -> None:
    inbound.on("BROKEN")(_fail)
    bad = stored(official_account, pushes.event("BROKEN"))
    good = stored(official_account)
    tasks.deliver_waiting_events()
    assert seen == [good.pk]
    assert InboundEvent.objects.get(pk=bad.pk).attempts == 1


def test_a_push_nobody_waits_for_is_done_at_once(official_account: OfficialAccount, handlers: None) -> None:
    row = stored(official_account, pushes.event("kf_create_session"))
    assert inbound.deliver(row.pk, database_now())


def test_names_are_told_apart_by_their_capitals(official_account: OfficialAccount, handlers: None) -> None:
    inbound.on("location")(_fail)
    assert inbound.deliver(stored(official_account, pushes.event("LOCATION")).pk, database_now())


def test_a_handler_registered_twice_runs_once(official_account: OfficialAccount, handlers: None) -> None:
    calls: list[int] = []

    def note(account: OfficialAccount, push: wechat.Inbound, row: InboundEvent) -> None:
        calls.append(row.pk)

    inbound.on(KIND)(note)
    inbound.on(KIND)(note)
    inbound.deliver(stored(official_account).pk, database_now())
    assert len(calls) == 1


def key_of(xml: str) -> str:
    return inbound.dedupe_key(wechat.parse(xml.encode()))


@pytest.mark.parametrize(
    "more",
    ["<MsgID>1</MsgID>", "<EventKey>menu</EventKey>", "<Ticket>t</Ticket>", "<ExpiredTime>9</ExpiredTime>"],
)
def test_events_of_one_second_differ_by_what_they_carry(more: str) -> None:
    assert key_of(pushes.event()) != key_of(pushes.event(more=more))


def test_a_message_is_known_by_its_number() -> None:
    assert key_of(pushes.vector("text_message")["plaintext"]) == "m24500000000000001"


def test_an_event_cannot_pass_itself_off_as_a_message() -> None:
    xml = pushes.event(more="<MsgId>24500000000000001</MsgId>")
    assert key_of(xml) != "m24500000000000001"


def _fail(account: OfficialAccount, push: wechat.Inbound, row: InboundEvent) -> None:
    raise RuntimeError("broken")
