"""`make run`: one process that starts everything, watches it, and leaves nothing behind."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NoReturn

from wxportal.local import environment, keys, processes
from wxportal.local.demo import introduce
from wxportal.local.environment import Plan
from wxportal.local.listening import Listener
from wxportal.local.stack import Stack
from wxportal.local.terminal import complain, say
from wxportal.local.trouble import Trouble

LOOK = 0.25  # seconds between two looks at the children


class Interrupted(BaseException):
    """Somebody wants us to stop. Not an Exception: nothing on the way may take it for an error."""


class Runner:
    """One run of the stack, from the first line to the last process."""

    def __init__(self, root: Path, person: Mapping[str, str]) -> None:
        web = environment.port(person, "PORT", environment.WEB_PORT)
        sandbox = environment.port(person, "SANDBOX_PORT", environment.SANDBOX_PORT)
        # A second one beside the first, for trials and tests, lives elsewhere.
        var = Path(person.get("WXPORTAL_VAR") or root / "var").resolve()
        self.plan = Plan(root, var, web, sandbox)
        self.person = person
        self.stack: Stack | None = None
        self._stopping = False

    def run(self) -> int:
        """Run until somebody stops us (0) or it cannot go on (Trouble)."""
        self._listen()
        with only_one(self.plan):
            try:
                self._serve()
            except Interrupted:
                pass
            finally:
                self._wind_up()
        say("Stopped; nothing is left running.")
        return 0

    def _listen(self) -> None:
        # Set on purpose, also where a shell started us in the background with SIGINT ignored.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        if os.environ.get("MAKELEVEL"):
            # A make that is killed outright must not leave us behind, out of everybody's reach.
            processes.die_with_parent(signal.SIGTERM, os.getppid())

    def _on_signal(self, number: int, frame: object) -> None:
        if not self._stopping:
            self._stopping = True
            say("\nStopping; the worker finishes what it does …")
            raise Interrupted
        if self.stack is not None:
            complain("Once more: everything is killed.")
            self.stack.kill()

    def _serve(self) -> None:
        say("wxportal is starting.")
        self.stack = Stack(self.plan, self.person)
        with self.stack:
            keys.write(
                self.plan.var / "local.env",
                environment.for_manage(self.plan, self.stack.environment, self.stack.keys),
            )
            introduce(self.stack)
            self._watch(self.stack)

    def _watch(self, stack: Stack) -> NoReturn:
        wanted = self.person.get("VERBOSE", "0") not in ("", "0")
        listener = Listener(watched.service.log for watched in stack.running if wanted)
        while True:
            time.sleep(LOOK)
            stack.look_after()
            listener.tell()

    def _wind_up(self) -> None:
        with suppress(OSError):
            (self.plan.var / "local.env").unlink(missing_ok=True)


@contextmanager
def only_one(plan: Plan) -> Iterator[None]:
    """Hold the lock of the checkout. Raises Trouble when a portal runs in it already.

    The kernel lets go of the lock when its holder dies, however it dies.
    """
    plan.var.mkdir(parents=True, exist_ok=True)
    with (plan.var / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(_already(lock)) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()} {plan.address}\n")
        lock.flush()
        yield
        lock.truncate(0)


def _already(lock: IO[str]) -> str:
    lock.seek(0)
    pid, _, address = lock.read().strip().partition(" ")
    if not pid:
        return "Another start of this checkout is just beginning or ending; try again in a moment."
    return f"The portal of this checkout is running already: {address} (stop it with Ctrl-C there, or: kill {pid})."
