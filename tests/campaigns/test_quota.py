"""What is held, used and given back; both sides of a Beijing midnight; nobody gets a slot twice."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Brand, OfficialAccount
from campaigns import lifecycle
from campaigns.models import Batch, HeldSlot, QuotaHold
from campaigns.planning import quota
from campaigns.sending.constants import MOST_REPLAYS, Times
from tests.campaigns.plans import campaign, later, people, planned
from tests.campaigns.test_dispatch import together
from tests.people import connect

pytestmark = pytest.mark.django_db
Kind = QuotaHold.Kind


def beijing(day: int, hour: int, minute: int, month: int = 11) -> datetime:
    """Return a moment of 2026 by Beijing's clock."""
    return datetime(2026, month, day, hour, minute, tzinfo=quota.BEIJING).astimezone(UTC)


@pytest.fixture
def service(tea_brand: Brand, may_send: None) -> OfficialAccount:
    account = connect(tea_brand)
    people(account, 10)
    return account


@pytest.fixture
def subscription(tea_brand: Brand, may_send: None) -> OfficialAccount:
    account = connect(tea_brand, type="subscription", appid="wx" + "5" * 16)
    people(account, 10)
    return account


def counters(account: OfficialAccount, kind: str) -> dict[str, tuple[int, int, int]]:
    rows = QuotaHold.objects.filter(official_account=account, kind=kind)
    return {hold.period: (hold.reserved, hold.used, hold.external) for hold in rows}


@pytest.mark.parametrize(
    ("kind", "moment", "periods"),
    [
        (Kind.DAY, beijing(22, 12, 0), ["2026-11-22"]),
        (Kind.DAY, beijing(22, 23, 54), ["2026-11-22"]),
        (Kind.DAY, beijing(22, 23, 56), ["2026-11-22", "2026-11-23"]),
        (Kind.DAY, beijing(23, 0, 4), ["2026-11-22", "2026-11-23"]),
        (Kind.DAY, beijing(23, 0, 5), ["2026-11-23"]),
        (Kind.CALLS, beijing(30, 23, 51), ["2026-11-30", "2026-12-01"]),
        (Kind.MONTH, beijing(22, 23, 59), ["2026-11"]),
        (Kind.MONTH, beijing(30, 23, 49), ["2026-11"]),
        (Kind.MONTH, beijing(30, 23, 51), ["2026-11", "2026-12"]),
        (Kind.MONTH, beijing(1, 0, 9, month=12), ["2026-11", "2026-12"]),
        (Kind.MONTH, beijing(1, 0, 10, month=12), ["2026-12"]),
    ],
)
def test_a_call_is_charged_to_beijings_day_and_close_to_midnight_to_either(
    kind: str, moment: datetime, periods: list[str]
) -> None:
    assert quota.sides(kind, moment) == periods


def test_a_service_account_holds_a_call_and_one_of_four_a_month(service: OfficialAccount) -> None:
    planned(service)
    assert list(counters(service, Kind.MONTH).values()) == [(1, 0, 0)]
    assert counters(service, Kind.DAY) == {}


def test_a_subscription_account_sends_once_a_day(subscription: OfficialAccount) -> None:
    first, second = campaign(subscription), campaign(subscription)
    quota.hold_for_campaign(first, Batch.Route.ALL, beijing(11, 12, 0))
    with pytest.raises(quota.NoRoom), transaction.atomic():
        quota.hold_for_campaign(second, Batch.Route.TAG, beijing(11, 20, 0))
    quota.hold_for_campaign(second, Batch.Route.ALL, beijing(12, 12, 0))


def test_at_midnight_both_days_are_held(subscription: OfficialAccount) -> None:
    quota.hold_for_campaign(campaign(subscription), Batch.Route.ALL, beijing(11, 0, 0))
    assert counters(subscription, Kind.DAY) == {"2026-11-10": (1, 0, 0), "2026-11-11": (1, 0, 0)}


def test_a_day_spent_by_real_sends_need_not_be_held(subscription: OfficialAccount) -> None:
    quota.book_external(subscription, beijing(10, 20, 0))
    quota.hold_for_campaign(campaign(subscription), Batch.Route.ALL, beijing(11, 0, 0))
    assert counters(subscription, Kind.DAY) == {"2026-11-10": (0, 0, 1), "2026-11-11": (1, 0, 0)}


def test_a_day_that_is_only_promised_must_have_room(subscription: OfficialAccount) -> None:
    quota.hold_for_campaign(campaign(subscription), Batch.Route.ALL, beijing(10, 20, 0))
    with pytest.raises(quota.NoRoom), transaction.atomic():
        quota.hold_for_campaign(campaign(subscription), Batch.Route.ALL, beijing(11, 0, 0))


def test_with_both_days_spent_nothing_is_held(subscription: OfficialAccount) -> None:
    quota.book_external(subscription, beijing(10, 20, 0))
    quota.book_external(subscription, beijing(11, 0, 6))
    with pytest.raises(quota.NoRoom), transaction.atomic():
        quota.hold_for_campaign(campaign(subscription), Batch.Route.ALL, beijing(11, 0, 0))


def test_a_batch_armed_on_another_day_holds_that_day_instead(subscription: OfficialAccount) -> None:
    batch = planned(subscription)
    quota.hold_for_batch(batch, beijing(12, 12, 0), keep=False)
    assert set(batch.slots.values_list("hold__period", flat=True)) == {"2026-11-12"}
    assert sum(reserved for reserved, _used, _external in counters(subscription, Kind.DAY).values()) == 1


def test_a_replay_on_another_day_holds_both(subscription: OfficialAccount) -> None:
    batch = planned(subscription)
    quota.hold_for_batch(batch, beijing(12, 12, 0), keep=True)
    assert batch.slots.filter(hold__kind=Kind.DAY).count() == 2


def test_the_truth_is_recorded_even_in_a_full_period(service: OfficialAccount) -> None:
    batch = planned(service)
    QuotaHold.objects.filter(kind=Kind.MONTH).update(used=3, external=9)
    quota.use(batch)
    assert list(counters(service, Kind.MONTH).values()) == [(0, 4, 9)]


def test_given_back_twice_counts_once(service: OfficialAccount) -> None:
    batch = planned(service)
    quota.release([batch])
    quota.release([batch])
    assert list(counters(service, Kind.MONTH).values()) == [(0, 0, 0)]


def test_the_database_itself_refuses_to_promise_a_slot_twice(service: OfficialAccount) -> None:
    planned(service)
    with pytest.raises(IntegrityError, match="never_promised_twice"), transaction.atomic():
        QuotaHold.objects.filter(kind=Kind.MONTH).update(reserved=5)


@pytest.mark.django_db(transaction=True)
def test_of_many_campaigns_at_once_one_gets_the_last_slot(subscription: OfficialAccount) -> None:
    moment = timezone.now() + later(3600)
    plans = [campaign(subscription, moment) for _plan in range(5)]

    def release(number: int) -> bool:
        try:
            lifecycle.release(plans[number], by=None, version=1)
        except quota.NoRoom:
            return False
        return True

    results = together(*[lambda number=number: release(number) for number in range(5)])
    assert sum(bool(result) for result in results) == 1
    assert HeldSlot.objects.filter(hold__kind=Kind.DAY).values("campaign").distinct().count() == 1


@pytest.mark.parametrize("scale", [1, 10, 50, 500])
def test_the_times_keep_their_order_however_short_they_are(scale: int) -> None:
    times = Times.divided_by(scale)
    assert times.lease == 60 / scale
    assert len(times.replay_gaps) == MOST_REPLAYS


@pytest.mark.parametrize(
    "wrong",
    [
        {"lease_left_to_arm": 29.0},
        {"call_takes_at_most": 21.0},
        {"grace": 10.0},
        {"replay_window": 21 * 3600.0},
        {"person_not_before": 5 * 3600.0},
    ],
    ids=str,
)
def test_times_out_of_order_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(AssertionError):
        Times(**wrong)
