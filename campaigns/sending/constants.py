"""Every time of the sending protocol, in one place, and the order that must hold between them.

``settings.DISPATCH_TIME_SCALE`` divides all of them: 1 in production, larger in
tests and fault runs only. Source of each number: the dispatch protocol's T1–T10.
"""

from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache

from django.conf import settings

MOST_REPLAYS = 8  # of one unknown batch, then a person decides
MOST_TOKEN_RENEWALS = 2  # per batch; a third rejected token means that somebody else keeps stealing it
MOST_DRAFT_REBUILDS = 1  # per batch; a second 40007 is no accident

MINUTE = 60.0
HOUR = 3600.0


@dataclass(frozen=True)
class Times:
    """Seconds, all of them."""

    lease: float = 60.0  # T1: how long a claim is exclusive
    lease_left_to_arm: float = 35.0  # T2: what must be left of it; the rest was for the draft
    call_starts_within: float = 10.0  # T3: after arming; later nothing is written
    call_takes_at_most: float = 15.0  # T3: connect, write and read in all
    deadline: float = 30.0  # T2: from arming to the moment nobody waits any longer
    grace: float = 15.0  # T5: the reaper comes this much after the deadline
    first_gap: float = 90.0  # T6: from the deadline to the first replay; 45066 asks for a minute
    replay_gaps: tuple[float, ...] = (90, 180, 360, 720, 1440, 1 * HOUR, 2 * HOUR, 4 * HOUR)
    replay_window: float = 20 * HOUR  # T6, T8: WeChat keeps the key for 24 h (A2); A1 takes 4 of them
    person_not_before: float = 4 * HOUR  # T9: a request may linger that long (A1)
    open_for: float = 48 * HOUR  # how long a batch without a msg_id may own a foreign-looking one
    polls: tuple[float, ...] = (2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 24 * HOUR)  # T10
    report_ends: float = 72 * HOUR  # T10: then "no report"
    freeze_ahead: float = 10 * MINUTE  # the audience is cut this long before the moment
    retry_delay: float = 5.0  # after "nothing written" or an unprepared claim; grows with each arming
    most_retry_delay: float = 60.0
    rate_bar: float = 60.0  # 45011: the counter is per minute
    pace_bar: float = 120.0  # 42010: "wait minutes"
    lock_wait: float = 3.0  # T2, T6: how long a row's lock is waited for; a late arming is worse than none

    def __post_init__(self) -> None:
        """Assert what the protocol's proof rests on."""
        assert self.lease > self.lease_left_to_arm > self.deadline, "an armed call ends before its lease could"
        assert self.call_starts_within + self.call_takes_at_most < self.deadline, "a call is over by its deadline"
        assert self.lock_wait * 3 < self.lease_left_to_arm - self.deadline + self.call_starts_within
        assert self.grace >= self.call_takes_at_most, "the reaper never meets a call that runs"
        assert self.first_gap > self.grace, "a replay comes after the reaper"
        assert self.replay_gaps[0] == self.first_gap
        assert len(self.replay_gaps) == MOST_REPLAYS
        assert sum(self.replay_gaps) + MOST_REPLAYS * self.deadline < self.replay_window, "every replay fits"
        assert self.replay_window + self.person_not_before <= 24 * HOUR / self._scale, "WeChat still knows the key"
        assert self.report_ends > self.polls[-1]
        assert list(self.polls) == sorted(self.polls)

    @property
    def _scale(self) -> float:
        """Return by what these times were divided, read off the lease."""
        return MINUTE / self.lease

    @classmethod
    def divided_by(cls, scale: float) -> "Times":
        """Return all times, shortened."""

        def shorter(value: float | tuple[float, ...]) -> float | tuple[float, ...]:
            return tuple(part / scale for part in value) if isinstance(value, tuple) else value / scale

        return cls(**{field.name: shorter(field.default) for field in fields(cls)})  # type: ignore[arg-type]


@cache
def _times(scale: float) -> Times:
    return Times.divided_by(scale)


def times() -> Times:
    """Return the times that hold in this process."""
    return _times(settings.DISPATCH_TIME_SCALE)


def seconds(value: float) -> timedelta:
    """Return ``value`` seconds, for arithmetic with moments."""
    return timedelta(seconds=value)
