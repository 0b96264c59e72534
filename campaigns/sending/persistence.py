"""Write a result down even when the database's connection was cut under it."""

import logging
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

TRIES = 6
PAUSE = 1.0  # seconds; doubles: about half a minute in all, as long as a restart of PostgreSQL takes


def persistently(write: Callable[[], None]) -> None:
    """Run ``write``, which may safely run twice, and again on a new connection when the old one broke.

    Inside a transaction of the caller there is nothing to open again: then it runs once.
    """
    if connection.in_atomic_block:
        write()
        return
    for attempt in range(1, TRIES + 1):
        try:
            write()
            return
        except (OperationalError, InterfaceError) as exc:
            if attempt == TRIES:
                raise
            logger.warning("the result could not be written (%s), try %d", type(exc).__name__, attempt)
            connection.close()
            time.sleep(PAUSE * 2 ** (attempt - 1))
