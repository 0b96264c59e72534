"""The whole simulated WeChat: its accounts, its clock, its journal and one lock.

Every change is `record()`: the journal line first, the state second, under the
lock. Whoever reads or decides holds the lock too; nobody waits while holding it.
"""

import hashlib
import itertools
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

from wxportal.sandbox import history, shapes, specs
from wxportal.sandbox.account import Account
from wxportal.sandbox.clock import Alarm, Clock
from wxportal.sandbox.faults import Faults
from wxportal.sandbox.journal import Journal, JournalError
from wxportal.sandbox.specs import BadSpec

YEAR = 365 * 86400  # seconds; how long a verification holds


class Carrier(Protocol):
    """Whoever carries events to callbacks (`callbacks.Postman`)."""

    def queue(
        self, account: Account, event: str, fields: dict[str, Any], *, due: float = 0.0, whitespace: bool = False
    ) -> Future[None] | None: ...


class World:
    postman: Carrier  # set by whoever opens the world for requests

    def __init__(self, folder: Path) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.faults = Faults()
        self.accounts: dict[str, Account] = {}
        self.token_owners: dict[str, str] = {}  # every token ever issued → appid
        self.folder = folder
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        self.journal = Journal(folder)
        self._replay()
        self.alarm = Alarm(self.clock)
        self.alarm.start()

    # -- changes -------------------------------------------------------------

    def record(self, kind: str, account: Account, **data: Any) -> None:
        """Write one entry and act on it. The caller holds the lock."""
        entry = {"kind": kind, "appid": account.appid, "at": self.clock.now(), **data}
        self.journal.append(entry)
        self._act(entry)

    def create(self, spec: dict[str, Any]) -> Account:
        """A new account, or the existing one with this ``appid``. Raises BadSpec."""
        with self.lock:
            if existing := self.accounts.get(spec.get("appid", "")):
                return existing
            completed = self._completed(spec)
            entry = {"kind": "account.created", "at": self.clock.now(), "spec": completed}
            self.journal.append(entry)
            self._act(entry)
            return self.accounts[completed["appid"]]

    def move_clock(self, seconds: float) -> None:
        """Move the sandbox's time forward. Raises BadSpec for a step back: expired things would come to life."""
        if seconds < 0:
            raise BadSpec("The sandbox's clock only moves forward.")
        with self.lock:
            entry = {"kind": "clock.moved", "offset": self.clock.offset + seconds}
            self.journal.append(entry)
            self._act(entry)
        self.alarm.clock_moved()

    def close(self) -> None:
        self.alarm.stop()
        with self.lock:
            self.journal.close()

    # -- blobs ---------------------------------------------------------------

    def keep(self, content: bytes) -> str:
        """Store an upload's bytes outside the journal; the same bytes once."""
        name = hashlib.sha256(content).hexdigest()
        path = self.folder / "blobs" / name
        if not path.exists():
            part = path.with_suffix(f".{threading.get_ident()}")
            part.write_bytes(content)
            part.replace(path)
        return name

    def blob(self, name: str) -> bytes:
        return (self.folder / "blobs" / name).read_bytes()

    # -- ids that must be unique in the whole world ----------------------------

    def next_msg_id(self, *, console: bool = False) -> int:
        first = shapes.FIRST_CONSOLE_MSG_ID if console else shapes.FIRST_MSG_ID
        taken = [
            job.msg_id
            for account in self.accounts.values()
            for job in account.jobs.values()
            if (job.origin == "console") == console
        ]
        return max(taken, default=first - 1) + 1

    def next_msg_data_id(self) -> int:
        jobs = itertools.chain.from_iterable(account.jobs.values() for account in self.accounts.values())
        return max((job.msg_data_id for job in jobs if job.msg_data_id), default=shapes.FIRST_MSG_DATA_ID - 1) + 1

    # -- inside ----------------------------------------------------------------

    def _replay(self) -> None:
        """Raises JournalError when an entry is of another version."""
        for entry in self.journal:
            try:
                self._act(entry)
            except (KeyError, TypeError, AttributeError) as problem:
                kind = entry.get("kind")
                raise JournalError(
                    f"{self.journal.path} holds a {kind} entry of another version ({problem})"
                ) from problem

    def _act(self, entry: dict[str, Any]) -> None:
        kind = entry["kind"]
        if kind == "account.created":
            account = history.new_account(entry)
            self.accounts[account.appid] = account
        elif kind == "clock.moved":
            self.clock.offset = entry["offset"]
        else:
            history.CHANGES[kind](self.accounts[entry["appid"]], entry)
        if kind == "token.issued":
            self.token_owners[entry["value"]] = entry["appid"]

    def _completed(self, spec: dict[str, Any]) -> dict[str, Any]:
        now = self.clock.now()
        appid = spec.get("appid") or shapes.appid()
        defaults = {
            "appid": appid,
            "secret": shapes.secret(),
            "original_id": shapes.original_id(),
            "name": "Sandbox account",
            "type": "service",
            "personal": False,
            "verified_until": None if spec.get("personal") else now + YEAR,
            "seed": appid,
            "followers": 0,
            "allow_list": ["127.0.0.0/8", "::1"],
        }
        return {**defaults, **specs.check(spec)}
