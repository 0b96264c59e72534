"""The list, its search and its tag filter are served by their indexes, not by reading the table."""

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.clock import database_now
from accounts.models import Brand, OfficialAccount
from followers.browsing import PAGE_SIZE, Filter
from followers.models import Follower
from followers.sync import merging
from tests.people import connect
from wxportal.wechat.users import Profile

ROWS = 30_000
FILL = """
    INSERT INTO followers_follower (official_account_id, openid, subscribed, subscribed_at, remark, tag_ids, known_at)
    SELECT %s, 'o' || md5(n::text), true, now() - n * interval '1 minute',
           CASE WHEN n %% 20 = 0 THEN 'VIP ' || n ELSE '' END,
           CASE WHEN n %% 500 = 0 THEN ARRAY[100] ELSE '{}'::int[] END, now()
    FROM generate_series(1, %s) n
"""


@pytest.fixture
def many(official_account: OfficialAccount) -> OfficialAccount:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [official_account.pk, ROWS])
        cursor.execute("ANALYZE followers_follower")
    return official_account


def plan(account: OfficialAccount, **query: str) -> str:
    wanted = Filter.of(query)
    return str(wanted.rows(account).newest_first(wanted.after)[: PAGE_SIZE + 1].explain())


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ({}, ["follower_newest_first"]),
        ({"after": "1700000000000000-7"}, ["follower_newest_first"]),
        ({"q": "oab1"}, ["one_row_per_openid", "follower_by_remark"]),
        ({"q": "VIP 19"}, ["one_row_per_openid", "follower_by_remark"]),
        ({"tag": "100"}, ["follower_by_tag"]),
    ],
)
def test_a_page_reads_its_own_rows_only(query: dict[str, str], indexes: list[str], many: OfficialAccount) -> None:
    how = plan(many, **query)
    assert all(name in how for name in indexes), how
    assert "Seq Scan" not in how


def test_a_deep_page_enters_the_index_at_its_place(many: OfficialAccount) -> None:
    row = Follower.objects.newest_first()[ROWS - 100]
    place = Filter(after=(row.subscribed_at, row.pk))
    rows = list(place.rows(many).newest_first(place.after)[:10])
    assert rows[0].subscribed_at < row.subscribed_at
    assert "subscribed_at <=" in str(place.rows(many).newest_first(place.after)[:10].explain()).split("Index Cond")[1]


def test_the_estimate_of_a_large_set_is_near(many: OfficialAccount) -> None:
    counted = Follower.objects.reachable(many).counted()
    assert not counted.exact
    assert abs(counted.number - ROWS) < ROWS * 0.1


def test_a_merge_into_a_table_of_unknown_size_looks_its_rows_up_by_key(official_account: OfficialAccount) -> None:
    facts = {"account": official_account.pk, "asked_at": database_now()}
    with connection.cursor() as cursor:
        # Not analysed, as in the middle of a first sync.
        cursor.execute(FILL, [official_account.pk, ROWS])
        cursor.execute(merging.STAGE)
        merging._copy(cursor, [Profile(f"o{n}", True) for n in range(2_000)], [])
        plans = [
            _explained(cursor, sql, facts) for sql in (merging.FIND, merging.UPDATE_FOLLOWING, merging.UPDATE_GONE)
        ]
    assert "one_row_per_openid" in plans[0]
    assert not any("Seq Scan on followers_follower" in how for how in plans)


def test_a_merge_for_an_account_the_statistics_do_not_know_looks_its_rows_up_by_key(
    many: OfficialAccount, other_brand: Brand
) -> None:
    second = connect(other_brand, appid="wx" + "2" * 16)
    facts = {"account": second.pk, "asked_at": database_now()}
    with connection.cursor() as cursor:
        cursor.execute(FILL, [second.pk, 2_000])
        cursor.execute(merging.STAGE)
        merging._copy(cursor, [Profile(f"o{n}", True) for n in range(2_000)], [])
        how = _explained(cursor, merging.FIND, facts)
    assert "one_row_per_openid" in how, how


def test_a_merge_finds_the_rows_of_its_own_account_only(official_account: OfficialAccount, other_brand: Brand) -> None:
    second = connect(other_brand, appid="wx" + "2" * 16)
    for account in (official_account, second):
        merging.merge(account.pk, [Profile("oSame", True, remark=account.appid)], [], database_now())
    assert {row.official_account_id: row.remark for row in Follower.objects.all()} == {
        official_account.pk: official_account.appid,
        second.pk: second.appid,
    }


def test_a_merge_into_a_table_that_was_never_analyzed_looks_its_rows_up_by_key(
    official_account: OfficialAccount,
) -> None:
    facts = {"account": official_account.pk, "asked_at": database_now()}
    with connection.cursor() as cursor:
        # New pages too: those of rolled back tests would tell PostgreSQL a size.
        cursor.execute("TRUNCATE followers_follower CASCADE")
        cursor.execute(merging.STAGE)
        merging._copy(cursor, [Profile(f"o{n}", True) for n in range(2_000)], [])
        how = _explained(cursor, merging.FIND, facts)
    assert "one_row_per_openid" in how, how


def _explained(cursor: CursorWrapper, sql: str, facts: dict[str, object]) -> str:
    cursor.execute(merging.ONLY_BY_KEY if sql == merging.FIND else merging.AS_IT_LIKES)
    cursor.execute(f"EXPLAIN {sql}", facts)
    return "\n".join(line for (line,) in cursor.fetchall())
