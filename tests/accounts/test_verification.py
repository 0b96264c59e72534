"""The one-year rule at its edges."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import verification
from accounts.models import OfficialAccount
from accounts.verification import State, months_before

# The end of 20 May 2027 in Beijing.
UNTIL = datetime(2027, 5, 20, 16, 0, tzinfo=UTC)


def state_at(now: datetime, until: datetime | None = UNTIL) -> State:
    return verification.state(OfficialAccount(verified_until=until), now).state


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2027, 2, 20, 15, 59, 59, tzinfo=UTC), State.VERIFIED),
        (datetime(2027, 2, 20, 16, 0, tzinfo=UTC), State.RENEWAL_OPEN),
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


def test_three_months_before_the_end_of_may_is_the_end_of_february() -> None:
    assert f"{months_before(datetime(2027, 5, 31, 4, 0, tzinfo=UTC), 3):%Y-%m-%d}" == "2027-02-28"


def test_three_months_before_january_lies_in_the_year_before() -> None:
    assert f"{months_before(datetime(2027, 1, 10, 4, 0, tzinfo=UTC), 3):%Y-%m-%d}" == "2026-10-10"


def test_every_state_has_a_word_a_badge_and_a_next_step() -> None:
    assert set(verification.WORDS) == set(verification.BADGES) == set(verification.NEXT_STEPS) == set(State)
