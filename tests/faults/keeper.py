"""A warm parent that forks one worker per account, and forks it again whenever it dies.

``python -m tests.faults.keeper FOLDER SPEC…`` where SPEC is
``account:crashpoint,crashpoint``: the worker kills itself at each of them, once,
in that order. The pids stand in FOLDER. SIGTERM ends parent and children.
"""

import os
import signal
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wxportal.settings")
django.setup()

from django.conf import settings  # noqa: E402

from accounts import inbound  # noqa: E402
from accounts.clock import database_now  # noqa: E402
from accounts.gateway import client_for  # noqa: E402
from accounts.models import OfficialAccount  # noqa: E402
from campaigns import lifecycle  # noqa: E402
from campaigns.models import Campaign  # noqa: E402
from campaigns.planning import freezing  # noqa: E402
from campaigns.sending import dispatch, polling, resolver  # noqa: E402

PAUSE = 0.1  # seconds between two looks


def work(account_id: int) -> None:
    """Do for one account what beat's tasks do for all, until killed."""
    while True:
        account = OfficialAccount.objects.get(pk=account_id)
        client = client_for(account)
        for pk in Campaign.objects.filter(official_account=account, frozen_at=None).values_list("pk", flat=True):
            freezing.freeze(pk, account_id)
        dispatch.send_all(account, client)
        resolver.reap(account)
        resolver.give_up(account)
        resolver.match_reports(account)
        if resolver.has_work_at_wechat(account):
            resolver.believe(account, client)
            resolver.replay_due(account, client)
        for event in inbound.waiting(database_now()):
            inbound.deliver(event, database_now())
        lifecycle.sweep_stopped()
        polling.poll(account, client)
        time.sleep(PAUSE)


def fork(folder: Path, account_id: int, points: list[str]) -> int:
    """Start a worker that dies at the first of ``points`` whose flag is not there yet."""
    pid = os.fork()
    if pid:
        (folder / f"{account_id}.pid").write_text(str(pid))
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    left = [point for point in points if not (folder / f"{account_id}.{point}").exists()]
    settings.CRASHPOINT = f"{left[0]}@{folder}/{account_id}.{left[0]}" if left else ""
    try:
        work(account_id)
    finally:
        os._exit(1)


def main(folder: Path, specs: list[str]) -> None:
    plans = {int(spec.split(":")[0]): [p for p in spec.split(":")[1].split(",") if p] for spec in specs}
    workers = {fork(folder, account, points): account for account, points in plans.items()}

    def end(*_: object) -> None:
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    print("keeper ready", flush=True)
    while True:
        pid, status = os.wait()
        account = workers.pop(pid)
        print(f"{account}: {pid} ended with {status}", flush=True)
        if not os.WIFSIGNALED(status):
            time.sleep(1)  # A failure of its own; its traceback stands in the log.
        workers[fork(folder, account, plans[account])] = account


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
