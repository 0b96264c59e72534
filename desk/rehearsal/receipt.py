"""The receipt: what was done and how long it took, and every number beside the sandbox's own."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Write = Callable[[str], Any]
WORDS = 44  # columns of a line's left part


@dataclass
class Receipt:
    """Printed line by line while the rehearsal goes on, so that a person sees where it stands."""

    write: Write
    started: float = field(default_factory=time.monotonic)
    disagreements: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, words: str) -> Iterator["Step"]:
        """Time what happens inside and print one line when it ends; a step that fails prints nothing."""
        step = Step(time.monotonic())
        yield step
        took = time.monotonic() - step.started
        self.write(f"  {words:<{WORDS}} {step.note:<24} {took:7.2f} s")

    def compare(self, words: str, ours: Any, theirs: Any) -> None:
        """Print one number of ours beside the sandbox's, and remember when they differ."""
        same = ours == theirs
        if not same:
            self.disagreements.append(words)
        verdict = "agrees" if same else f"DIFFERS: the sandbox says {_short(theirs)}"
        self.write(f"  {words:<{WORDS}} {_short(ours):<24} {verdict}")

    def heading(self, words: str) -> None:
        """Print a heading."""
        self.write(f"\n{words}")

    def total(self) -> float:
        """Return the seconds since the receipt was begun."""
        return time.monotonic() - self.started


@dataclass
class Step:
    """A step under way; ``note`` is what its line will say beside the time."""

    started: float
    note: str = ""


def _short(value: Any) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
