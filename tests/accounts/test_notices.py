"""Reminders: each notice once, no mail twice, whatever happens to the worker."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import notices, outbox, probing
from accounts.models import Brand, Notice, OfficialAccount, OutboxMail, User
from accounts.verification_log import Kind, Source, record
from tests.people import join

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def mail_is_set(settings) -> None:
    settings.EMAIL_URL = "memorymail://"


@pytest.fixture
def until(official_account: OfficialAccount) -> datetime:
    assert official_account.verified_until is not None
    return official_account.verified_until


@pytest.fixture
def team(tea_brand: Brand, alice: User, bob: User, erin: User, charlie: User) -> User:
    """Alice and an approver are told; Bob reads, Erin writes, Charlie is elsewhere."""
    carol = join(tea_brand, "carol", "approver")
    for number, person in enumerate([alice, bob, erin, charlie, carol]):
        User.objects.filter(pk=person.pk).update(email=f"{person.username}@example.com", language="ja" * (number == 0))
    return carol


def days_told(person: User) -> list[int]:
    return list(Notice.objects.filter(person=person).order_by("pk").values_list("days", flat=True))


def send_all(now: datetime) -> None:
    while outbox.send_next(now):
        pass


def test_managers_and_approvers_are_told_in_time(team: User, alice: User, until: datetime) -> None:
    for day in range(100, -3, -1):
        notices.remind(until - day * DAY)
    assert days_told(alice) == days_told(team) == [90, 60, 30, 14, 7, 1, 0]
    assert Notice.objects.count() == 14
    assert set(OutboxMail.objects.values_list("address", flat=True)) == {"alice@example.com", "carol@example.com"}


@pytest.mark.parametrize(("before", "told"), [(90 * DAY, [90]), (90 * DAY + timedelta(seconds=1), [])])
def test_a_reminder_comes_at_its_minute(
    before: timedelta, told: list[int], team: User, alice: User, until: datetime
) -> None:
    notices.remind(until - before)
    assert days_told(alice) == told


def test_who_connects_late_is_told_once_not_three_times(team: User, alice: User, until: datetime) -> None:
    for _time in range(3):
        notices.remind(until - 20 * DAY)
    assert days_told(alice) == [30]


def test_a_late_reminder_says_how_many_days_are_left(team: User, until: datetime) -> None:
    notices.remind(until - 35 * DAY + timedelta(minutes=1))
    assert OutboxMail.objects.get(address="carol@example.com").subject.endswith("ends in 35 days")


def test_a_renewal_ends_the_reminders(
    team: User, alice: User, until: datetime, official_account: OfficialAccount
) -> None:
    notices.remind(until - 30 * DAY)
    now = until - 29 * DAY
    record(official_account, Kind.RENEWED, Source.PERSON, moment=now, now=now, expires_at=now + 365 * DAY)
    notices.remind(until + DAY)
    assert days_told(alice) == [30]


def test_of_an_end_nobody_knows_nobody_is_reminded(official_account: OfficialAccount, until: datetime) -> None:
    official_account.verification_undated = True
    assert notices.due(official_account, until) is None


def test_two_workers_do_not_probe_one_account(
    official_account: OfficialAccount, until: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another_was_faster(account: OfficialAccount, now: datetime) -> bool:
        OfficialAccount.objects.filter(pk=account.pk).update(probed_at=now)
        return False

    monkeypatch.setattr("accounts.probing.verification.end_is_known", another_was_faster)
    assert not probing.probe_next(until + DAY)


def test_a_brand_without_managers_tells_the_administrators(
    official_account: OfficialAccount, administrator: User, until: datetime
) -> None:
    notices.remind(until)
    assert days_told(administrator) == [0]


def test_a_letter_speaks_its_readers_language(team: User, until: datetime) -> None:
    notices.remind(until - 7 * DAY)
    carols = OutboxMail.objects.get(address="carol@example.com")
    assert carols.subject == "[Rehearsal] 茶の間: the verification ends in 7 days"
    assert "/official-accounts/" in carols.body
    assert OutboxMail.objects.get(address="alice@example.com").language == "ja"


# --- the outbox ---
class Killed(BaseException):
    """A worker's death: nothing after it runs."""


class Roulette(EmailBackend):
    """A mail server before, while and after which the worker may die."""

    chance = random.Random(4711)

    def send_messages(self, messages) -> int:
        fate = self.chance.random()
        if fate < 0.15:
            raise Killed
        if fate < 0.25:
            raise ConnectionResetError
        sent = super().send_messages(messages)
        if fate < 0.4:
            raise Killed
        return sent


@pytest.fixture
def killing(monkeypatch: pytest.MonkeyPatch) -> Iterator[random.Random]:
    monkeypatch.setattr("accounts.outbox.get_connection", Roulette)
    chance = random.Random(2027)
    create = OutboxMail.objects.create

    def dies_between_notice_and_mail(**fields: object) -> OutboxMail:
        if chance.random() < 0.3:
            raise Killed
        return create(**fields)

    monkeypatch.setattr(OutboxMail.objects, "create", dies_between_notice_and_mail)
    return chance


@pytest.mark.django_db(transaction=True)
def test_fourteen_months_with_a_worker_that_keeps_dying(
    killing: random.Random, team: User, alice: User, until: datetime
) -> None:
    """Every notice stands exactly once, no address gets a mail twice, and of every mail there is a word."""
    now, end = until - timedelta(days=392), until + timedelta(days=33)
    while now < end:
        for work in (notices.remind, outbox.give_up, send_all):
            try:
                work(now)
            except Killed:
                continue
        now += timedelta(hours=killing.choice([5, 9, 13]))
    assert sorted(days_told(alice)) == sorted(days_told(team)) == [0, 1, 7, 14, 30, 60, 90]
    mails = OutboxMail.objects.all()
    assert mails.count() == 14
    assert set(mails.values_list("state", flat=True)) == {"sent", "unclear"}
    arrived = [(message.to[0], message.subject, message.body) for message in django_mail.outbox]
    assert len(arrived) == len(set(arrived)) >= mails.filter(state="sent").count()


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_tell_everybody_once(tea_brand: Brand, team: User, until: datetime) -> None:
    for number in range(8):
        User.objects.filter(pk=join(tea_brand, f"m{number}", "manager").pk).update(email=f"m{number}@example.com")
    start = Barrier(4)

    def work(_number: int) -> None:
        try:
            start.wait()
            notices.remind(until)
            send_all(until)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(4)))
    assert Notice.objects.count() == 10
    arrived = [message.to[0] for message in django_mail.outbox]
    assert len(arrived) == len(set(arrived)) == 10


def a_mail(until: datetime) -> OutboxMail:
    notices.remind(until)
    return OutboxMail.objects.filter(address="alice@example.com").get()


def test_a_server_that_is_not_there_is_asked_again_later(
    team: User, until: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = a_mail(until)

    class Away(EmailBackend):
        def open(self) -> None:
            raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("accounts.outbox.get_connection", Away)
        outbox.send_next(until)
    mail.refresh_from_db()
    assert (mail.state, mail.not_before) == ("pending", until + timedelta(minutes=1))
    send_all(until + timedelta(minutes=2))
    mail.refresh_from_db()
    assert mail.state == "sent"


def test_a_worker_that_died_leaves_the_fate_unclear_and_nothing_is_sent_again(team: User, until: datetime) -> None:
    mail = a_mail(until)
    OutboxMail.objects.filter(pk=mail.pk).update(state="sending", claimed_at=until)
    outbox.give_up(until + timedelta(minutes=4))
    assert OutboxMail.objects.get(pk=mail.pk).state == "sending"
    outbox.give_up(until + timedelta(minutes=6))
    send_all(until + timedelta(minutes=7))
    assert OutboxMail.objects.get(pk=mail.pk).state == "unclear"
    assert "alice@example.com" not in [message.to[0] for message in django_mail.outbox]


def test_a_worker_that_was_given_up_does_not_overwrite_what_people_read_since(
    team: User, until: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = a_mail(until)

    class Slow(EmailBackend):
        def send_messages(self, messages) -> int:
            outbox.give_up(until + timedelta(hours=1))
            return super().send_messages(messages)

    monkeypatch.setattr("accounts.outbox.get_connection", Slow)
    outbox.send_next(until)
    mail.refresh_from_db()
    assert mail.state == "unclear"


def test_without_a_mail_server_mails_are_kept_and_shown(team: User, until: datetime, settings) -> None:
    settings.EMAIL_URL = ""
    mail = a_mail(until)
    send_all(until)
    mail.refresh_from_db()
    assert mail.state == "kept"
    assert not django_mail.outbox


# --- pages ---
def test_a_reader_sees_the_notice_and_what_became_of_the_mail(
    client: Client, team: User, alice: User, until: datetime
) -> None:
    mail = a_mail(until)
    OutboxMail.objects.filter(pk=mail.pk).update(state="unclear")
    client.force_login(alice)
    User.objects.update(language="en")
    page = client.get("/official-accounts/notices/").content.decode()
    assert "茶の間: the verification has lapsed" in page
    assert "Nobody knows whether this mail arrived" in page
    client.post(f"/official-accounts/notices/{mail.notice_id}/read/")
    assert Notice.objects.get(pk=mail.notice_id).read_at


def test_an_administrator_decides_about_a_mail_whose_fate_is_unclear(
    client: Client, team: User, administrator: User, until: datetime
) -> None:
    mail = a_mail(until)
    OutboxMail.objects.filter(pk=mail.pk).update(state="unclear")
    client.force_login(administrator)
    assert "ask the person before you send it again" in client.get("/official-accounts/mailbox/").content.decode()
    client.post(f"/official-accounts/mailbox/{mail.pk}/again/")
    send_all(timezone.now() + timedelta(minutes=1))
    mail.refresh_from_db()
    assert mail.state == "sent"
