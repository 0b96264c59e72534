"""What happened, one JSON object a line, written before the answer leaves.

The journal is the sandbox's only memory: a start replays it. A line cut by
`kill -9` is dropped, because nobody was told about it yet. Counted calls are
nine lines in ten and only their sums matter, so they are added up when the
journal has grown long.
"""

import contextlib
import errno
import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

Entry = dict[str, Any]

CALL = "call"  # the one kind of entry that can be added up
CLEARED = "quota.cleared"
LONG = 20_000  # lines; beyond it counted calls are added up again


class JournalError(OSError):
    """The journal cannot be read or is written by somebody else; moving its folder away begins anew."""


class Journal:
    """An append-only file of entries in ``folder``. Raises OSError when another sandbox writes there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(folder)
        self.path = folder / "journal.jsonl"
        self._cut_torn_line()
        self.compact()
        self._lines = 0
        self._file = self.path.open("ab", buffering=0)

    def append(self, entry: Entry) -> None:
        """Hand ``entry`` to the operating system. Raises OSError when the disk refuses; then nothing is left of it."""
        line, before = _line(entry).encode(), os.fstat(self._file.fileno()).st_size
        try:
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            # Half a line in the middle would make everything behind it unreadable.
            os.ftruncate(self._file.fileno(), before)
            raise
        self._lines += 1
        if self._lines > LONG:
            self._shorten()

    def __iter__(self) -> Iterator[Entry]:
        """Raises JournalError for a line that is no entry."""
        with contextlib.suppress(FileNotFoundError), self.path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                yield _entry(line, f"line {number} of {self.path}")

    def compact(self) -> None:
        """Replace counted calls by their sums; the order of everything else stays."""
        if not self.path.exists():
            return
        shorter = self.path.with_suffix(".new")
        with shorter.open("w", encoding="utf-8") as file:
            file.writelines(map(_line, _added_up(self)))
            file.flush()
            os.fsync(file.fileno())
        shorter.replace(self.path)

    def close(self) -> None:
        self._file.close()
        self._lock.close()

    def _shorten(self) -> None:
        self._file.close()
        self.compact()
        self._file = self.path.open("ab", buffering=0)
        self._lines = 0

    def _cut_torn_line(self) -> None:
        """Drop what `kill -9` left half written behind the last line break."""
        if not self.path.exists():
            return
        with self.path.open("rb+") as file:
            whole = file.read()
            file.truncate(whole.rfind(b"\n") + 1)


def _locked(folder: Path) -> TextIO:
    """A lock that ends with the process, however it ends."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise JournalError(f"the journal is in use by another sandbox ({folder})") from None
    return lock


def _entry(line: str, place: str) -> Entry:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or "kind" not in entry:
        raise JournalError(f"{place} cannot be read")
    return entry


def _line(entry: Entry) -> str:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"


def _added_up(entries: Iterable[Entry]) -> Iterator[Entry]:
    calls: Counter[tuple[str, str, str]] = Counter()
    for entry in entries:
        if entry["kind"] == CALL:
            calls[entry["appid"], entry["counter"], entry["day"]] += entry["times"]
            continue
        if entry["kind"] == CLEARED:  # what was counted before a clearing must stay before it
            yield from _sums(calls)
            calls.clear()
        yield entry
    yield from _sums(calls)


def _sums(calls: Counter[tuple[str, str, str]]) -> Iterator[Entry]:
    for (appid, counter, day), times in calls.items():
        yield {"kind": CALL, "appid": appid, "counter": counter, "day": day, "times": times}
