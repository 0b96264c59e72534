"""Pages of WeChat's follower list: ask, doubt, keep.

A page is believed only when it could be true. What cannot be true is asked for
again, since it may have been a bad moment; then the run stops and says so.
"""

import time
from collections.abc import Sequence
from typing import Any

from django.db import connection

from followers.models import ListedOpenid, SyncRun
from wxportal.wechat import users
from wxportal.wechat.client import Client
from wxportal.wechat.users import FollowerPage

PAUSES = (1.0, 3.0)  # seconds before the second and third time a doubtful page is asked for
# People come and go while the list is read, so it may be a little shorter than WeChat's count.
SHORTFALL_SHARE = 0.01
SHORTFALL_LEAST = 10  # followers


class Unbelievable(Exception):
    """A page that cannot be true; ``problem`` names the reason, ``data`` what its sentence needs."""

    def __init__(self, problem: str, **data: Any) -> None:
        super().__init__(problem)
        self.problem, self.data = problem, data


def ask(client: Client, run: SyncRun) -> FollowerPage:
    """Return the page after the run's cursor. Raises Unbelievable, WeChatError."""
    for pause in (*PAUSES, None):
        page = users.list_page(client, run.cursor)
        doubt = _doubt(page, run)
        if doubt is None:
            return page
        if pause is None:
            raise doubt
        time.sleep(pause)
    raise AssertionError("the last pause is None")


def is_last(page: FollowerPage, listed: int) -> bool:
    """Return whether nobody follows after this page, when ``listed`` people are known with it."""
    return not page.openids or not page.next_openid or 0 < page.total <= listed


def keep(run: SyncRun, openids: Sequence[str]) -> int:
    """Add openids to the run's list and return how many were new to it; call it in the checkpoint's transaction."""
    sql = (
        "INSERT INTO followers_listedopenid (run_id, openid) SELECT %s, unnest(%s::text[]) "
        "ON CONFLICT (run_id, openid) DO NOTHING"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [run.pk, list(openids)])
        return int(cursor.rowcount)


def is_whole(run: SyncRun) -> bool:
    """Return whether the list still holds everybody it held: a crash of PostgreSQL empties it."""
    return bool(ListedOpenid.objects.filter(run=run).count() == run.listed)


def after(run: SyncRun, openid: str, most: int) -> list[str]:
    """Return up to ``most`` listed openids that sort after ``openid``."""
    rows = ListedOpenid.objects.filter(run=run, openid__gt=openid).order_by("openid")
    return list(rows.values_list("openid", flat=True)[:most])


def missing(run: SyncRun, openid: str, most: int) -> list[str]:
    """Return up to ``most`` followers after ``openid`` who are not in the list, and of whom nothing newer is known."""
    sql = """
        SELECT f.openid FROM followers_follower f
        WHERE f.official_account_id = %(account)s AND f.subscribed AND f.known_at < %(listing_started_at)s
          AND f.openid > %(after)s
          AND NOT EXISTS (SELECT FROM followers_listedopenid l WHERE l.run_id = %(run)s AND l.openid = f.openid)
        ORDER BY f.openid LIMIT %(most)s
    """
    known = {"account": run.official_account_id, "run": run.pk, "listing_started_at": run.listing_started_at}
    with connection.cursor() as cursor:
        cursor.execute(sql, {**known, "after": openid, "most": most})
        return [found for (found,) in cursor.fetchall()]


def _doubt(page: FollowerPage, run: SyncRun) -> Unbelievable | None:
    """Return why ``page`` cannot be the one after the run's cursor, or None."""
    if page.count and not page.openids:
        return Unbelievable("incomplete", count=page.count)
    if page.openids and page.next_openid == run.cursor and run.cursor:
        return Unbelievable("stuck", listed=run.listed)
    if page.openids and _all_listed(run, page.openids):
        return Unbelievable("stuck", listed=run.listed)
    listed = run.listed + len(set(page.openids))
    if is_last(page, listed) and page.total - listed > max(SHORTFALL_LEAST, page.total * SHORTFALL_SHARE):
        return Unbelievable("ended_early", listed=listed, total=page.total)
    return None


def _all_listed(run: SyncRun, openids: Sequence[str]) -> bool:
    """Return whether the whole page was seen before: a list that goes round in a circle."""
    distinct = set(openids)
    return bool(ListedOpenid.objects.filter(run=run, openid__in=distinct).count() == len(distinct))


def analyze() -> None:
    """Let PostgreSQL know how long the list is, or it reads all of it for every chunk."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE followers_listedopenid")


def forget(run: SyncRun) -> None:
    """Empty the run's list."""
    ListedOpenid.objects.filter(run=run).delete()


def forget_older(run: SyncRun) -> None:
    """Empty the lists that older runs of the account left behind: only the latest can go on."""
    older = ListedOpenid.objects.filter(run__official_account=run.official_account_id)
    older.exclude(run=run).delete()
