"""Tell a worker to look now, and never fail because of it.

The row is the message; the nudge only saves the second until beat looks
again. So a dead Redis costs a second here, never an error page.
"""

import logging
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def nudge(task: "Task[..., Any]", *args: Any) -> None:
    """Ask for ``task`` after the current transaction commits; a broker that is down is logged and swallowed."""
    transaction.on_commit(lambda: _give(task, args))


def _give(task: "Task[..., Any]", args: tuple[Any, ...]) -> None:
    try:
        task.apply_async(args=args, retry=False, ignore_result=True)
    except OperationalError as exc:
        logger.warning("nudge of %s not given: %s", task.name, type(exc).__name__)
