"""What time it is: PostgreSQL's, once per transaction, plus a rehearsal account's offset.

Rules take ``now`` as an argument; this is where the callers get it. A worker's
own wall clock decides nothing (DISPATCH §2).
"""

from datetime import datetime, timedelta

from django.db import connection

from accounts.models import OfficialAccount


def database_now() -> datetime:
    """Return PostgreSQL's time at the start of the current transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]


def now_for(official_account: OfficialAccount) -> datetime:
    """Return the time in the world this account lives in: the sandbox's clock can be ahead of ours."""
    return in_world_of(official_account, database_now())


def in_world_of(official_account: OfficialAccount, now: datetime) -> datetime:
    """Return what time it is for this account when the database says ``now``: for pages that show many accounts."""
    return now + (official_account.clock_offset or timedelta(0))
