"""Real processes for tests: the sandbox WeChat, the web server, a Celery worker, beat.

Each runs as it does in production, against the test's own database and Redis.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from wxportal.local import ports, processes
from wxportal.sandbox.control import Control

ROOT = Path(settings.BASE_DIR)
START = 30  # seconds; two cores shared with a whole suite
WARM_STOP = 20  # seconds; a worker finishes what it does


class Background:
    """A process under test, restartable; its output stands in ``log``."""

    def __init__(self, name: str, folder: Path, argv: list[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.argv = argv
        self.environment = dict(environment)
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    def start(self, **environment: str) -> None:
        """Start it, with more environment if need be, and return when it is ready."""
        self.environment.update(environment)
        self.log.touch()
        seen = self.log.stat().st_size
        self.child = processes.launch(self.argv, env=self.environment, cwd=ROOT, log=self.log)
        ready = processes.wait_until(lambda: self.child.poll() is not None or self.is_ready(self.output(seen)), START)
        if not ready or self.child.poll() is not None:
            self.stop()
            raise AssertionError(f"{self.name} did not start:\n{self.output(seen)}")

    def is_ready(self, output: str) -> bool:
        """Tell whether it works; ``output`` is what it printed since it was started."""
        return True

    def output(self, since: int = 0) -> str:
        """Return what it printed, from a byte offset on."""
        return self.log.read_bytes()[since:].decode(errors="replace")

    def kill(self) -> None:
        """Kill it and everything it started, as a power cut would."""
        assert self.child is not None
        processes.kill_group(self.child.pid)
        self.child.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it politely; no harm when it is dead."""
        if self.child is not None:
            processes.stop(self.child, number, WARM_STOP)


class Worker(Background):
    """A Celery worker for all queues."""

    def __init__(self, folder: Path, environment: Mapping[str, str], name: str = "worker") -> None:
        options = ["--queues", "default,sending", "--concurrency", "2", "--hostname", f"{name}@%h"]
        quick = ["--without-gossip", "--without-mingle", "--loglevel", "info"]
        argv = [sys.executable, "-m", "celery", "-A", "wxportal", "worker", *options, *quick]
        super().__init__(name, folder, argv, environment)

    def is_ready(self, output: str) -> bool:
        return " ready." in output


class Beat(Background):
    """Celery beat with the whole beat table."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        schedule = ["--schedule", str(folder / "beat-schedule"), "--loglevel", "info"]
        super().__init__(
            "beat", folder, [sys.executable, "-m", "celery", "-A", "wxportal", "beat", *schedule], environment
        )

    def is_ready(self, output: str) -> bool:
        return "beat: Starting" in output


class LivePortal(Background):
    """The web server people use, on a port of its own; ``url`` has no trailing slash."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.port = ports.any_free()
        self.url = f"http://127.0.0.1:{self.port}"
        where = ["--host", "127.0.0.1", "--port", str(self.port)]
        argv = [sys.executable, "-m", "granian", "--interface", "wsgi", *where, "--blocking-threads", "8"]
        address = {"PUBLIC_BASE_URL": self.url}
        super().__init__("portal", folder, [*argv, "wxportal.wsgi:application"], {**environment, **address})

    def is_ready(self, output: str) -> bool:
        return ports.answers(self.port)


class SandboxProcess(Background):
    """The sandbox WeChat, with a journal that survives `kill()` and `start()`."""

    def __init__(self, folder: Path) -> None:
        self.port = ports.any_free()
        self.url = f"http://127.0.0.1:{self.port}"
        where = ["--port", str(self.port), "--journal", str(folder / "journal")]
        super().__init__("sandbox", folder, [sys.executable, "-m", "wxportal.sandbox", *where], os.environ)

    def is_ready(self, output: str) -> bool:
        return ports.answers(self.port)

    @property
    def control(self) -> Control:
        return Control(self.url)


def environment(**more: str) -> dict[str, str]:
    """Return the environment for a process that works on this test's database and Redis."""
    mine = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL, **more}
    # Playwright's event loop is in the test only; a portal that needs this would be wrong.
    mine.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    return mine


def database_url() -> str:
    """Return the address of the test database; with pytest-xdist each worker has its own."""
    at = {
        key: quote(str(connection.settings_dict[key]), safe="") for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")
    }
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**at)
