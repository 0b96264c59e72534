"""The life of a run: started and stopped by people, held by one worker at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts import capabilities
from accounts.capabilities import Capability, Verdict
from accounts.clock import database_now, now_for
from accounts.models import OfficialAccount, User
from followers.models import SyncRun

# Longer than the slowest step between two heartbeats; a killed worker's run is taken over after this.
LEASE = timedelta(seconds=60)
RUNNING, STOPPED, FAILED = SyncRun.State.RUNNING, SyncRun.State.STOPPED, SyncRun.State.FAILED


class CannotSync(Exception):
    """WeChat does not give this account its followers; ``verdict`` says why and what can be done."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict.reason))
        self.verdict = verdict


class Busy(Exception):
    """Another run of the account is under way."""


class Overtaken(Exception):
    """The run was stopped, or taken over after our lease ended: write nothing more."""


def start(official_account: OfficialAccount, *, by: User | None = None) -> SyncRun:
    """Begin a run and return it, or the one that is under way: two people who press at once start one.

    Raises CannotSync.
    """
    verdict = capabilities.can(official_account, Capability.FOLLOWERS, now_for(official_account))
    if not verdict.ok:
        raise CannotSync(verdict)
    try:
        with transaction.atomic():
            return SyncRun.objects.create(official_account=official_account, started_by=by, started_at=database_now())
    except IntegrityError:
        running: SyncRun = SyncRun.objects.get(official_account=official_account, state=RUNNING)
        return running


def stop(run: SyncRun) -> bool:
    """Stop a running run; its worker notices at the next heartbeat. Return whether it was running."""
    running = SyncRun.objects.filter(pk=run.pk, state=RUNNING)
    return bool(running.update(state=STOPPED, lease_until=None, not_before=None, finished_at=Now()))


def resume(run: SyncRun) -> bool:
    """Let a stopped run go on where it was, if it is still the account's latest. Return whether it does.

    Raises Busy when another run of the account is under way.
    """
    if latest(run.official_account) != run:
        return False
    resumable = SyncRun.objects.filter(pk=run.pk, state__in=[STOPPED, FAILED])
    try:
        with transaction.atomic():
            return bool(resumable.update(state=RUNNING, problem="", problem_data={}, failures=0, finished_at=None))
    except IntegrityError:
        raise Busy from None


def latest(official_account: OfficialAccount) -> SyncRun | None:
    """Return the account's newest run."""
    runs = SyncRun.objects.filter(official_account=official_account)
    run: SyncRun | None = runs.order_by("-started_at", "-pk").first()
    return run


def waiting() -> list[int]:
    """Return the runs nobody is working on though they are due: interrupted, or waiting until now."""
    return list(_free().order_by("started_at").values_list("pk", flat=True))


def claim(run_id: int) -> "Grip | None":
    """Take the run for this worker; None when it is not running, not due, or in another worker's hands."""
    run = SyncRun.objects.select_related("official_account__brand").filter(pk=run_id).first()
    if run is None:
        return None
    lease = {"epoch": F("epoch") + 1, "lease_until": Now() + LEASE, "not_before": None}
    stretch = {"stretch_started_at": Now(), "stretch_done": run.done}
    # The epoch we read is the fence: of two workers that saw the same row, one updates it.
    if not _free().filter(pk=run_id, epoch=run.epoch).update(**lease, **stretch):
        return None
    run.refresh_from_db(fields=["epoch", "stretch_started_at", "stretch_done"])
    return Grip(run)


@dataclass
class Grip:
    """A worker's hold on a run. Every write names the state and epoch it believes in."""

    run: SyncRun

    def checkpoint(self, **changes: Any) -> None:
        """Write progress, in the transaction of the rows it speaks of. Raises Overtaken."""
        self._update(**changes, problem="", problem_data={}, failures=0, last_progress_at=Now(), lease_until=_lease())
        for name, value in changes.items():
            setattr(self.run, name, value)

    def renew(self) -> None:
        """Say that we are still at it. Raises Overtaken when somebody stopped the run meanwhile."""
        self._update(lease_until=_lease())

    def release(self) -> None:
        """Let any worker go on from here."""
        self._update(lease_until=None)

    def wait(self, until: datetime, problem: str, **data: Any) -> None:
        """Put the run down until a moment of the database's clock, and say why."""
        failures = F("failures") + 1
        self._update(lease_until=None, not_before=until, problem=problem, problem_data=data, failures=failures)

    def fail(self, problem: str, **data: Any) -> None:
        """End the run until a person looks."""
        self._update(lease_until=None, state=FAILED, problem=problem, problem_data=data, finished_at=Now())

    def finish(self) -> None:
        """End the run well."""
        self._update(lease_until=None, state=SyncRun.State.FINISHED, cursor="", finished_at=Now())

    def _update(self, **changes: Any) -> None:
        mine = SyncRun.objects.filter(pk=self.run.pk, state=RUNNING, epoch=self.run.epoch)
        if not mine.update(**changes):
            raise Overtaken(self.run.pk)


def _lease() -> Any:
    return Now() + LEASE


def _free() -> Any:
    due = Q(not_before=None) | Q(not_before__lte=Now())
    unheld = Q(lease_until=None) | Q(lease_until__lte=Now())
    return SyncRun.objects.filter(due, unheld, state=RUNNING)
