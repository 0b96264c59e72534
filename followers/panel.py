"""What the sync panel shows of a run: the bar, the rate, the time left, what is in the way."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import capabilities
from accounts.capabilities import Capability, Verdict
from accounts.clock import database_now, in_world_of
from accounts.models import OfficialAccount
from followers import sync, words
from followers.models import SyncRun

PHASES = list(SyncRun.Phase)
BADGES = {"running": "sending", "stopped": "stopped", "failed": "bad", "finished": "ok"}


@dataclass(frozen=True)
class Panel:
    """The newest run of an account, ready for the template; ``run`` is None before the first."""

    official_account: OfficialAccount
    run: SyncRun | None
    now: datetime

    @property
    def is_running(self) -> bool:
        return self.run is not None and self.run.state == SyncRun.State.RUNNING

    @property
    def is_waiting(self) -> bool:
        """Whether the run waits for a moment; until then nobody works on it."""
        return self.is_running and self.run is not None and (self.run.not_before or self.now) > self.now

    @property
    def badge(self) -> str:
        return "" if self.run is None else BADGES[self.run.state]

    @cached_property
    def verdict(self) -> Verdict:
        """Whether WeChat gives this account its followers, and why not."""
        return capabilities.can(
            self.official_account, Capability.FOLLOWERS, in_world_of(self.official_account, self.now)
        )

    @property
    def step(self) -> int:
        """The present step, counted from 1."""
        return 0 if self.run is None else PHASES.index(SyncRun.Phase(self.run.phase)) + 1

    @property
    def steps(self) -> int:
        return len(PHASES)

    @property
    def rate(self) -> int:
        """Followers a second."""
        return 0 if self.run is None else round(self.run.rate)

    @property
    def time_left(self) -> str:
        """How long the step will take, in words; empty while nothing can be said."""
        ready_at = self.run.ready_at() if self.run else None
        return duration((ready_at - self.now).total_seconds()) if ready_at else ""

    @property
    def problem(self) -> str:
        return words.problem(self.run) if self.run else ""

    @property
    def way_out(self) -> str:
        return words.way_out(self.run) if self.run else ""

    @property
    def verbatim(self) -> str:
        return words.verbatim(self.run) if self.run else ""


def of(official_account: OfficialAccount) -> Panel:
    """Return the panel of an account as it is now."""
    return Panel(official_account, sync.latest(official_account), database_now())


def duration(seconds: float) -> str:
    """Return a rough time: seconds below two minutes, then minutes, then hours."""
    whole = max(round(seconds), 1)
    if whole < 120:
        return ngettext("%(number)d second", "%(number)d seconds", whole) % {"number": whole}
    if whole < 7200:
        return _("%(number)d minutes") % {"number": round(whole / 60)}
    return _("%(number)d hours") % {"number": round(whole / 3600)}
