"""Rows by the thousand: COPY into a staging table, then set-based statements.

A row that did not change is not touched (``IS DISTINCT FROM``): no new version,
no write-ahead log. News that is older than what a row knows changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from wxportal.wechat.users import Profile

# First key of the advisory lock under which an account's follower rows are written as a set: without
# it, two sets that lock the same rows in another order would wait for each other.
ROWS_LOCK = 0x464F4C4C

STAGE = """
    CREATE TEMP TABLE followers_staged (
        id bigint, openid text COLLATE "C" NOT NULL, subscribed boolean NOT NULL, subscribed_at timestamptz,
        unionid text NOT NULL, remark text NOT NULL, scene text NOT NULL, qr_scene text NOT NULL, tag_ids int[] NOT NULL
    ) ON COMMIT DROP
"""
COPY = """
    COPY followers_staged (openid, subscribed, subscribed_at, unionid, remark, scene, qr_scene, tag_ids) FROM STDIN
"""
# Row by row by the key, and the two joins below by the row's number. While the table is being filled PostgreSQL
# does not know its size; a plain join would read all of it for every chunk (a million rows: 1.8 s instead of 0.1 s).
# Of an account or a table the statistics do not know yet, PostgreSQL expects a row or two, so any index that begins
# with the account looks as good as the key, and each lookup then reads all of its rows (20,000 followers: 70 s instead
# of 3 s). Asked for in the key's order while nothing may be sorted, only the key can serve it.
ONLY_BY_KEY = "SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off"
FIND = """
    UPDATE followers_staged s SET id = (
        SELECT f.id FROM followers_follower f
        WHERE (f.official_account_id, f.openid) >= (%(account)s, s.openid)
          AND (f.official_account_id, f.openid) <= (%(account)s, s.openid)
        ORDER BY f.official_account_id, f.openid LIMIT 1)
"""
AS_IT_LIKES = "SET LOCAL enable_sort = DEFAULT; SET LOCAL enable_incremental_sort = DEFAULT"
# Who follows: what WeChat says, where it differs from what we have and is newer.
UPDATE_FOLLOWING = """
    UPDATE followers_follower f
    SET subscribed = true, unsubscribed_at = NULL, subscribed_at = coalesce(s.subscribed_at, f.subscribed_at),
        unionid = s.unionid, remark = s.remark, scene = s.scene,
        qr_scene = s.qr_scene, tag_ids = s.tag_ids, profile_due_since = NULL, known_at = %(asked_at)s
    FROM followers_staged s
    WHERE f.id = s.id AND s.subscribed AND f.known_at <= %(asked_at)s
      AND (f.subscribed, f.subscribed_at, f.unionid, f.remark, f.scene, f.qr_scene, f.tag_ids, f.profile_due_since)
          IS DISTINCT FROM
          (true, coalesce(s.subscribed_at, f.subscribed_at), s.unionid, s.remark, s.scene, s.qr_scene, s.tag_ids,
           NULL::timestamptz)
"""
# Who does not follow: WeChat tells nothing else of them, and takes their tags away.
UPDATE_GONE = """
    UPDATE followers_follower f
    SET subscribed = false, unsubscribed_at = coalesce(f.unsubscribed_at, %(asked_at)s), tag_ids = '{}',
        profile_due_since = NULL, known_at = %(asked_at)s
    FROM followers_staged s
    WHERE f.id = s.id AND NOT s.subscribed AND f.known_at <= %(asked_at)s
      AND (f.subscribed OR f.profile_due_since IS NOT NULL OR f.tag_ids <> '{}')
"""
# An event may add the same person between our look and our insert; the event is newer, so it stays.
INSERT_NEW = """
    INSERT INTO followers_follower (official_account_id, openid, subscribed, subscribed_at, unionid, remark, scene,
                                    qr_scene, tag_ids, known_at)
    SELECT %(account)s, s.openid, true, coalesce(s.subscribed_at, %(asked_at)s), s.unionid, s.remark, s.scene,
           s.qr_scene, s.tag_ids, %(asked_at)s
    FROM followers_staged s
    WHERE s.subscribed AND s.id IS NULL
    ORDER BY s.openid
    ON CONFLICT (official_account_id, openid) DO NOTHING
"""
BLACKLIST = """
    UPDATE followers_follower f SET blacklisted = true
    WHERE f.official_account_id = %(account)s AND NOT f.blacklisted AND f.openid = ANY(%(openids)s)
"""
UNBLACKLIST = """
    UPDATE followers_follower f SET blacklisted = false
    WHERE f.official_account_id = %(account)s AND f.blacklisted AND f.openid <> ALL(%(openids)s)
"""


@dataclass(frozen=True)
class Merged:
    """How many rows a merge made, changed, and marked as gone."""

    new: int
    changed: int
    gone: int


def lock_rows(official_account_id: int) -> None:
    """Keep other writers of sets away from the account's rows until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ROWS_LOCK, official_account_id])


def merge(official_account_id: int, profiles: Iterable[Profile], unknown: Sequence[str], asked_at: datetime) -> Merged:
    """Bring the rows up to what WeChat said after ``asked_at`` (our clock); call it in a transaction.

    ``unknown`` are openids WeChat knows nobody behind: if we have them, they are gone.
    """
    lock_rows(official_account_id)
    facts: dict[str, Any] = {"account": official_account_id, "asked_at": asked_at}
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        _copy(cursor, profiles, unknown)
        cursor.execute(ONLY_BY_KEY)
        cursor.execute(FIND, facts)
        cursor.execute(AS_IT_LIKES)
        changed, gone, new = (_rows(cursor, sql, facts) for sql in (UPDATE_FOLLOWING, UPDATE_GONE, INSERT_NEW))
        # Also for a second merge in the same transaction, as in tests.
        cursor.execute("DROP TABLE followers_staged")
    return Merged(new=new, changed=changed, gone=gone)


def merge_blacklist(official_account_id: int, openids: Sequence[str]) -> int:
    """Make ``openids`` the account's blacklist and return how many rows changed; call it in a transaction."""
    lock_rows(official_account_id)
    facts = {"account": official_account_id, "openids": list(openids)}
    with connection.cursor() as cursor:
        return _rows(cursor, BLACKLIST, facts) + _rows(cursor, UNBLACKLIST, facts)


def analyze() -> None:
    """Let PostgreSQL look at the table now, so that the estimates on the pages are right at once."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE followers_follower")


def _copy(cursor: Any, profiles: Iterable[Profile], unknown: Sequence[str]) -> None:
    # By openid: an answer that names somebody twice must not break the key.
    rows: dict[str, tuple[Any, ...]] = {openid: (openid, False, None, "", "", "", "", []) for openid in unknown}
    rows |= {profile.openid: _row(profile) for profile in profiles}
    with cursor.copy(COPY) as copy:
        for openid in sorted(rows):
            copy.write_row(rows[openid])


def _row(profile: Profile) -> tuple[Any, ...]:
    followed = datetime.fromtimestamp(profile.subscribe_time, tz=UTC) if profile.subscribe_time else None
    texts = (profile.unionid, profile.remark, profile.subscribe_scene, profile.qr_scene)
    # PostgreSQL keeps no zero character, and our columns no more than 64.
    cleaned = (text.replace("\x00", "")[:64] for text in texts)
    return (profile.openid, profile.subscribed, followed, *cleaned, sorted(profile.tag_ids))


def _rows(cursor: Any, sql: str, facts: dict[str, Any]) -> int:
    cursor.execute(sql, facts)
    return int(cursor.rowcount)
