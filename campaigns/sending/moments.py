"""What time it is for an account, as the sending protocol asks: PostgreSQL's, read after the locks were had.

``now()`` would be the transaction's beginning, and a transaction that waited for
a lock would then decide with an old clock.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value
from django.db.models.functions import Coalesce, Now

from accounts.clock import in_world_of
from accounts.models import OfficialAccount
from campaigns.sending.constants import times


def moment_for(official_account: OfficialAccount) -> datetime:
    """Return the time in the account's world at this very moment; read it once per transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return in_world_of(official_account, now)


def world_now(path: str = "official_account") -> Any:
    """Return the same as an expression, for queries over many accounts; ``path`` leads to the account."""
    offset = Coalesce(F(f"{path}__clock_offset"), Value(timedelta(0)), output_field=DurationField())
    return ExpressionWrapper(Now() + offset, output_field=DateTimeField())


def wait_briefly_for_locks() -> None:
    """Let this transaction fail rather than wait long for a row: it raises OperationalError then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{int(times().lock_wait * 1000)}ms"])
