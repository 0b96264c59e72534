"""Look now: a worker goes on with a sync. The rules are in ``followers.sync``."""

from celery import shared_task

from followers import profiles_due, sync
from wxportal.nudges import nudge


@shared_task(ignore_result=True)
def sync_followers(run_id: int) -> None:
    """Work on a run for a slice of time, then stand in the queue again behind whoever waits."""
    if sync.work(run_id):
        nudge(sync_followers, run_id)


@shared_task(ignore_result=True)
def resume_interrupted_syncs() -> None:
    """Go on with what a killed worker or a lost message left over; beat calls this every fifteen seconds."""
    for run_id in sync.waiting():
        nudge(sync_followers, run_id)
    profiles_due.look()
