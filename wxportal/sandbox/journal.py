"""What happened, one JSON object a line, written before the answer leaves.

The journal is the sandbox's only memory: a start replays it. A line cut by
`kill -9` is dropped, because nobody was told about it yet. Counted calls are
nine lines in ten and only their sums matter, so they are added up when the
journal has grown long.
"""

import contextlib
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


class Journal:
    """An append-only file of entries in ``folder``. Raises OSError when another sandbox writes there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(folder)
        self.path = folder / "journal.jsonl"
        self._cut_torn_line()
        self.compact()
        self._lines = 0
        self._file = self.path.open("a", encoding="utf-8")

    def append(self, entry: Entry) -> None:
        """Write ``entry`` and hand it to the operating system; raises OSError when the disk refuses."""
        self._file.write(_line(entry))
        self._file.flush()
        self._lines += 1
        if self._lines > LONG:
            self._shorten()

    def __iter__(self) -> Iterator[Entry]:
        with contextlib.suppress(FileNotFoundError), self.path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)

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
        self._file = self.path.open("a", encoding="utf-8")
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
        raise OSError(f"the journal is in use by another sandbox ({folder})") from None
    return lock


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
