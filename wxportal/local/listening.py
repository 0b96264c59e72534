"""`VERBOSE=1 make run`: the logs of all processes as they grow, each line with its process in front."""

from collections.abc import Iterable
from pathlib import Path

from wxportal.local.terminal import say


class Listener:
    """Reads logs from where it stopped reading."""

    def __init__(self, logs: Iterable[Path]) -> None:
        self._read = dict.fromkeys(logs, 0)

    def tell(self) -> None:
        """Say what is new; half a line waits for its other half."""
        for log, begin in self._read.items():
            if not log.exists():
                continue
            with log.open("rb") as file:
                file.seek(begin)
                whole, newline, _ = file.read().rpartition(b"\n")
            self._read[log] = begin + len(whole) + len(newline)
            for line in whole.decode(errors="replace").splitlines():
                say(f"{log.stem:>8} | {line}")
