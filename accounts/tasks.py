"""Look now: a worker delivers what WeChat pushed. The rules are in ``accounts.inbound``."""

from celery import shared_task

from accounts import inbound, rehearsal
from accounts.clock import database_now


@shared_task(ignore_result=True)
def deliver_event(event_id: int) -> None:
    """Deliver one push at once; the callback door nudges this."""
    inbound.deliver(event_id, database_now())


@shared_task(ignore_result=True)
def deliver_waiting_events() -> None:
    """Deliver what a lost nudge or a failed handler left over; beat calls this every five seconds."""
    for event_id in inbound.waiting(database_now()):
        inbound.deliver(event_id, database_now())


@shared_task(ignore_result=True)
def follow_sandbox_clock() -> None:
    """Take over the sandbox's clock for rehearsal accounts; does nothing where there is no sandbox."""
    rehearsal.follow_sandbox_clock()
