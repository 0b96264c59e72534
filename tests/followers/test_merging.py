"""Sets of rows: written one after the other, and only where something is new."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from accounts.clock import database_now
from accounts.models import OfficialAccount
from followers.models import Follower
from followers.sync import merging
from wxportal.wechat.users import Profile


@pytest.fixture
def another_writer(transactional_db: None, official_account: OfficialAccount) -> Iterator[None]:
    """Somebody who is writing a set of the account's rows and has not committed yet."""
    with transaction.atomic():
        merging.lock_rows(official_account.pk)
        yield


def test_two_sets_of_one_account_do_not_lock_each_other_out(
    another_writer: None, official_account: OfficialAccount
) -> None:
    now = database_now()

    def merge() -> None:
        try:
            with transaction.atomic():
                connection.cursor().execute("SET LOCAL lock_timeout = '200ms'")
                merging.merge(official_account.pk, [Profile("o1", True)], [], now)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, pytest.raises(OperationalError, match="lock timeout"):
        pool.submit(merge).result()


def test_a_merge_counts_what_it_did(official_account: OfficialAccount) -> None:
    now = database_now()
    people = [Profile(f"o{n}", True, 1_700_000_000) for n in range(10)]
    assert merging.merge(official_account.pk, people, [], now) == merging.Merged(new=10, changed=0, gone=0)
    later = [Profile("o1", True, 1_700_000_000, remark="VIP"), Profile("o2", False), people[3]]
    assert merging.merge(official_account.pk, later, ["o4", "oNEVER"], now) == merging.Merged(new=0, changed=1, gone=2)


def test_an_answer_that_names_somebody_twice_makes_one_row(official_account: OfficialAccount) -> None:
    twice = [Profile("o1", True, remark="old"), Profile("o1", True, remark="new")]
    merging.merge(official_account.pk, twice, [], database_now())
    assert Follower.objects.get().remark == "new"


def test_texts_postgresql_cannot_keep_are_cut(official_account: OfficialAccount) -> None:
    odd = Profile("o1", True, remark="a\x00b" + "長" * 100, subscribe_scene="\\N\t\n", tag_ids=(5, 2))
    merging.merge(official_account.pk, [odd], [], database_now())
    follower = Follower.objects.get()
    assert (follower.remark, follower.scene, follower.tag_ids) == ("ab" + "長" * 62, "\\N\t\n", [2, 5])


def test_the_blacklist_goes_both_ways(official_account: OfficialAccount) -> None:
    merging.merge(official_account.pk, [Profile(f"o{n}", True) for n in range(4)], [], database_now())
    assert merging.merge_blacklist(official_account.pk, ["o1", "o2"]) == 2
    assert merging.merge_blacklist(official_account.pk, ["o2", "o3"]) == 2
    listed = Follower.objects.filter(blacklisted=True).order_by("openid")
    assert list(listed.values_list("openid", flat=True)) == ["o2", "o3"]


def test_an_empty_blacklist_frees_everybody(official_account: OfficialAccount) -> None:
    merging.merge(official_account.pk, [Profile("o1", True)], [], database_now())
    merging.merge_blacklist(official_account.pk, ["o1"])
    assert merging.merge_blacklist(official_account.pk, []) == 1
