"""The programs of the portal: how each is started, how we know it works, how it is ended."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wxportal.local import ports, processes
from wxportal.local.environment import Plan
from wxportal.local.trouble import Trouble

START = 60  # seconds; the first import of everything on a slow disk
QUEUES = "default,sending"


@dataclass
class Program:
    """One process of ours. ``is_ready`` gets what it printed since it was started."""

    name: str
    what: str
    argv: list[str]
    root: Path
    log: Path
    is_ready: Callable[[str], bool]
    patience: float = 10  # seconds it may take to end when asked
    when_orphaned: signal.Signals = signal.SIGKILL
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _begin: int = field(default=0, init=False)  # where in the log this start's output begins

    def start(self, env: Mapping[str, str]) -> None:
        """Start it and return when it works. Raises Trouble with the end of its log when it does not."""
        self.launch(env)
        self.wait()

    def launch(self, env: Mapping[str, str]) -> None:
        """Start it and return at once; `wait` tells whether it works."""
        self._begin = self.log.stat().st_size if self.log.exists() else 0
        self.child = processes.launch(self.argv, env=env, cwd=self.root, log=self.log, when_orphaned=self.when_orphaned)

    def wait(self) -> None:
        """Return when it works. Raises Trouble with the end of its log when it does not."""
        child = self.child
        assert child is not None
        processes.wait_until(lambda: child.poll() is not None or self.is_ready(self._printed()), START)
        if child.poll() is not None or not self.is_ready(self._printed()):
            self.stop()
            raise Trouble(f"{self.what} did not start. The end of {self.log}:\n{processes.last_lines(self.log)}")

    def _printed(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._begin)
            return log.read().decode(errors="replace")

    def stop(self) -> None:
        """End it and everything it started."""
        if self.child is not None:
            processes.stop(self.child, patience=self.patience)
            self.child = None


def sandbox(plan: Plan) -> Program:
    """Return the WeChat that runs here."""
    return Program(
        "sandbox",
        "The sandbox WeChat",
        _python("wxportal.sandbox", "--port", str(plan.sandbox_port), "--journal", str(plan.var / "sandbox")),
        plan.root,
        plan.log("sandbox"),
        lambda _: ports.answers(plan.sandbox_port),
    )


def web(plan: Plan) -> Program:
    """Return the web server."""
    where = ("--host", ports.LOOPBACK, "--port", str(plan.web_port))
    # Every thread wants a database connection: with granian's default of 512, 44 % of requests failed.
    how = ("--interface", "wsgi", "--workers", "1", "--blocking-threads", "8", "--no-ws")
    return Program(
        "web",
        "The web server",
        _python("granian", *how, *where, "wxportal.wsgi:application"),
        plan.root,
        plan.log("web"),
        lambda _: ports.answers(plan.web_port),
        # A granian that is killed outright leaves its worker behind, on our port.
        when_orphaned=signal.SIGTERM,
    )


def worker(plan: Plan) -> Program:
    """Return the Celery worker, for every queue."""
    how = ("--queues", QUEUES, "--concurrency", "2", "--loglevel", "info", "--hostname", "worker@%h")
    return Program(
        "worker",
        "The Celery worker",
        # One worker alone has nobody to gossip or mingle with, and starts a second earlier.
        _python("celery", "-A", "wxportal", "worker", *how, "--without-gossip", "--without-mingle"),
        plan.root,
        plan.log("worker"),
        lambda output: " ready." in output,
        # It finishes what it does: a call to WeChat may take 15 seconds.
        patience=20,
    )


def beat(plan: Plan) -> Program:
    """Return beat, which asks every second what is due."""
    where = ("--schedule", str(plan.var / "beat-schedule"), "--pidfile", "", "--loglevel", "info")
    return Program(
        "beat",
        "Celery beat",
        _python("celery", "-A", "wxportal", "beat", *where),
        plan.root,
        plan.log("beat"),
        lambda output: "beat: Starting" in output,
    )


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]
