"""Look now: a worker delivers what WeChat pushed. The rules are in ``accounts.inbound``."""

from celery import shared_task

from accounts import inbound, notices, outbox, probing, rehearsal
from accounts.clock import database_now
from wxportal.nudges import nudge


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


@shared_task(ignore_result=True)
def remind_of_verifications() -> None:
    """Write the reminders that are due; beat calls this every minute."""
    if notices.remind(database_now()):
        nudge(send_mails)


@shared_task(ignore_result=True)
def send_mails() -> None:
    """Send what waits in the outbox, and say of what was given up that its fate is unclear."""
    outbox.give_up(database_now())
    while outbox.send_next(database_now()):
        pass


@shared_task(ignore_result=True)
def probe_verifications() -> None:
    """Ask WeChat about the accounts whose end nobody knows, each once a week."""
    while probing.probe_next(database_now()):
        pass
