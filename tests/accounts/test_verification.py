"""The one-year rule at its edges."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import verification
from accounts.models import OfficialAccount
from accounts.verification import State, end_of_day, one_year_after, renewal_opens, same_day_next_year
from wxportal.shell.clocks import BEIJING

# The end of 20 May 2027 in Beijing.
UNTIL = datetime(2027, 5, 20, 16, 0, tzinfo=UTC)


def state_at(now: datetime, until: datetime | None = UNTIL) -> State:
    return verification.state(OfficialAccount(verified_until=until), now).state


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2027, 2, 18, 15, 59, 59, tzinfo=UTC), State.VERIFIED),
        (datetime(2027, 2, 18, 16, 0, tzinfo=UTC), State.RENEWAL_OPEN),
        (UNTIL - timedelta(days=30, seconds=1), State.RENEWAL_OPEN),
        (UNTIL - timedelta(days=30), State.ENDING_SOON),
        (UNTIL - timedelta(seconds=1), State.ENDING_SOON),
        (UNTIL, State.LAPSED),
        (UNTIL + timedelta(days=400), State.LAPSED),
    ],
)
def test_the_state_turns_at_its_moment(now: datetime, expected: State) -> None:
    assert state_at(now) == expected


def test_without_an_end_there_is_no_verification() -> None:
    assert state_at(UNTIL, until=None) == State.UNVERIFIED
    assert not verification.state(OfficialAccount(verified_until=None), UNTIL).holds


def test_days_left_are_whole_days() -> None:
    account = OfficialAccount(verified_until=UNTIL)
    assert verification.state(account, UNTIL - timedelta(days=35, hours=3)).days_left == 35
    assert verification.state(account, UNTIL + timedelta(days=3)).days_left == 0


def test_the_last_day_is_beijings() -> None:
    assert f"{verification.last_day(UNTIL)}" == "2027-05-20"


def test_wechats_own_example_of_the_renewal_window() -> None:
    """Expiry 20 May 2021, renewable from 19 February: official-account.md §10.2."""
    assert f"{renewal_opens(end_of_day(date(2021, 5, 20))):%Y-%m-%d %H:%M}" == "2021-02-19 00:00"


EVERY_MINUTE = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31, 23, 59), timezones=st.just(BEIJING))


@given(EVERY_MINUTE)
def test_the_computed_end_is_the_same_beijing_minute_one_year_later(moment: datetime) -> None:
    end = one_year_after(moment.astimezone(UTC)).astimezone(BEIJING)
    day = 28 if (moment.month, moment.day) == (2, 29) else moment.day
    assert (end.year, end.month, end.day) == (moment.year + 1, moment.month, day)
    assert (end.hour, end.minute) == (moment.hour, moment.minute)


def test_every_day_of_2024_to_2032_ends_on_the_same_day_one_year_later() -> None:
    for number in range((date(2033, 1, 1) - date(2024, 1, 1)).days):
        day = date(2024, 1, 1) + timedelta(days=number)
        end = same_day_next_year(day)
        assert verification.last_day(end_of_day(end)) == end
        assert end.year == day.year + 1
        assert (end.month, end.day) == ((2, 28) if (day.month, day.day) == (2, 29) else (day.month, day.day))


@given(EVERY_MINUTE)
def test_every_state_turns_at_the_beijing_minute_it_should(completed: datetime) -> None:
    until = one_year_after(completed)
    turns = [
        (renewal_opens(until), State.VERIFIED, State.RENEWAL_OPEN),
        (until - timedelta(days=30), State.RENEWAL_OPEN, State.ENDING_SOON),
        (until, State.ENDING_SOON, State.LAPSED),
    ]
    for moment, before, after in turns:
        assert state_at(moment - timedelta(minutes=1), until) == before
        assert state_at(moment, until) == after


def test_every_state_has_a_word_a_badge_and_a_next_step() -> None:
    assert set(verification.WORDS) == set(verification.BADGES) == set(verification.NEXT_STEPS) == set(State)
