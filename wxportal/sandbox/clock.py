"""The sandbox's time: the machine's clock plus an offset that people and tests move.

WeChat's days and months are Beijing's (UTC+8, no daylight saving).
"""

import heapq
import itertools
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
LONGEST_SLEEP = 60.0  # seconds; a bound on the alarm's waiting, in case the machine's own clock is set


class Clock:
    """Unix seconds that can be moved forward."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def now(self) -> float:
        return time.time() + self.offset


def beijing(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC).astimezone(BEIJING)


def beijing_day(moment: float) -> str:
    return beijing(moment).strftime("%Y-%m-%d")


def beijing_month(moment: float) -> str:
    return beijing(moment).strftime("%Y-%m")


class Alarm(threading.Thread):
    """Calls functions when the sandbox's clock reaches their moment, one after the other."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(name="sandbox-alarm", daemon=True)
        self._clock = clock
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._stopped = False

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def at(self, moment: float, do: Callable[[], None]) -> None:
        with self._changed:
            heapq.heappush(self._due, (moment, next(self._order), do))
            self._changed.notify()

    def clock_moved(self) -> None:
        with self._changed:
            self._changed.notify()

    def run(self) -> None:
        while do := self._next():
            try:
                do()
            except Exception:
                # One job that cannot end (a full disk) must not keep all later ones from ending.
                traceback.print_exc()

    def _next(self) -> Callable[[], None] | None:
        """Wait for the earliest function to fall due and take it; None when the alarm was stopped."""
        with self._changed:
            while not self._stopped and (not self._due or self._due[0][0] > self._clock.now()):
                wait = self._due[0][0] - self._clock.now() if self._due else LONGEST_SLEEP
                self._changed.wait(min(max(wait, 0.0), LONGEST_SLEEP))
            return None if self._stopped else heapq.heappop(self._due)[2]
