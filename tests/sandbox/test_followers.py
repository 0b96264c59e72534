"""Sets of followers, openids and monthly counters, without HTTP."""

import random

from hypothesis import given
from hypothesis import strategies as st

from wxportal.sandbox import bits
from wxportal.sandbox.followers import Followers, MonthCount

PEOPLE = st.sets(st.integers(0, 5000), max_size=60)


@given(PEOPLE, st.integers(0, 5000))
def test_a_set_gives_back_its_numbers_from_any_start(people: set[int], start: int) -> None:
    assert list(bits.numbers(bits.just(people), start)) == sorted(n for n in people if n >= start)


@given(PEOPLE)
def test_a_set_survives_the_journal(people: set[int]) -> None:
    who = bits.just(people)
    assert bits.unpack(bits.pack(who)) == who


@given(st.lists(PEOPLE, max_size=7))
def test_a_month_counts_to_four_and_stays_there(sends: list[set[int]]) -> None:
    month = MonthCount()
    for people in sends:
        month.add(bits.just(people))
    for number in {n for people in sends for n in people} | {17}:
        assert month.of(number) == min(4, sum(number in people for people in sends))


def test_a_histogram_adds_up_to_everybody() -> None:
    month, chance = MonthCount(), random.Random(1)
    for _ in range(5):
        month.add(bits.just(chance.sample(range(1000), 400)))
    histogram = month.histogram(bits.everybody(1000))
    assert sum(histogram.values()) == 1000
    assert histogram["2"] == sum(month.of(n) == 2 for n in range(1000))
    assert histogram["4+"] == sum(month.of(n) == 4 for n in range(1000))


def test_openids_look_like_wechats_and_lead_back_to_their_followers() -> None:
    people = Followers("seed", 0.0)
    people.join(5000, 0.0)
    openids = [people.openids.of(n) for n in range(5000)]
    assert {len(openid) for openid in openids} == {28}
    assert len(set(openids)) == 5000
    assert all(openid.startswith("o") for openid in openids)
    assert [people.number(openid) for openid in openids] == list(range(5000))


def test_another_accounts_openid_and_one_not_yet_given_out_are_unknown() -> None:
    people, others = Followers("a", 0.0), Followers("b", 0.0)
    people.join(10, 0.0)
    others.join(10, 0.0)
    assert people.number(others.openids.of(3)) is None
    assert people.number(people.openids.of(11)) is None
    assert people.number(people.openids.of(3).swapcase()) is None


def test_the_refusing_are_an_exact_share_and_the_same_on_every_start() -> None:
    first, second = Followers("seed", 0.0), Followers("seed", 0.0)
    for people in (first, second):
        people.join(1000, 0.02)
    assert first.refusing.bit_count() == 20
    assert first.refusing == second.refusing
