"""Trouble on order: what shall go wrong, where, and how many times.

A fault names an API path (or ``*``), perhaps one account, and a kind. Faults
live in memory only: a restarted sandbox is a healthy one.
"""

import itertools
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

# On the wire: what happens to the request or its answer. ``when``: before (no effect) or after (effect, then trouble).
WIRE = frozenset(
    {
        "latency",  # seconds, when
        "http",  # status, when
        "errcode",  # code, errmsg, when
        "stale_token",  # 40001 although the token is current
        "accept_then_hang_up",  # the effect happens, the answer is lost
        "hang_up_before",  # the connection closes, nothing happened
        "cut_body",  # the effect happens, half of the answer arrives
        "slow",  # the answer trickles: seconds in all
    }
)
# What becomes of MASSSENDJOBFINISH.
EVENT = frozenset({"early", "duplicate", "never", "whitespace", "late"})
# How an accepted mass job ends: status (any of §7), or nobody (FilterCount 0).
OUTCOME = frozenset({"mass_status", "nobody"})
# What is wrong with a page of followers.
LISTING = frozenset({"ends_early", "stuck_cursor", "duplicates", "data_missing"})
KINDS = WIRE | EVENT | OUTCOME | LISTING


@dataclass
class Fault:
    id: int
    path: str
    kind: str
    times: int
    appid: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def concerns(self, path: str, appid: str | None) -> bool:
        return self.times > 0 and self.path in ("*", path) and self.appid in (None, appid)


class Faults:
    """The faults in order of their making; the first that fits is used up by one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._faults: list[Fault] = []

    def add(self, path: str, kind: str, times: int, appid: str | None, options: dict[str, Any]) -> Fault:
        with self._lock:
            fault = Fault(next(self._ids), path, kind, times, appid, options)
            self._faults.append(fault)
            return fault

    def take(self, path: str, appid: str | None, kinds: frozenset[str]) -> Fault | None:
        with self._lock:
            fitting = (f for f in self._faults if f.kind in kinds and f.concerns(path, appid))
            if fault := next(fitting, None):
                fault.times -= 1
            return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults if fault.times > 0]
