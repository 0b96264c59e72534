"""What the person at the terminal sees: one line for each step, with the time it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str = "") -> None:
    """Print a line at once, also into a pipe or a file."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Print a line for what went wrong."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what begins, and when it is done how long it took."""
    print(f"  {what} … ", end="", flush=True)
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    say(f"{time.monotonic() - begun:.1f} s")
