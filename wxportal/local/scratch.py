"""Servers for one run and not a moment longer: for the suite and for `make check`."""

import fcntl
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from wxportal.local.postgres import THROWAWAY, Postgres
from wxportal.local.redis import Redis

PREFIX = "wxportal-scratch-"
LOCK = "in-use"
YOUNG = 60  # seconds; a folder this young may not be locked yet
DATABASE = "postgres"  # Django connects here to make its test database


@contextmanager
def folder() -> Iterator[Path]:
    """Give a temporary folder, and remove those of runs that were killed."""
    _sweep()
    path = Path(tempfile.mkdtemp(prefix=PREFIX))
    # The user that PostgreSQL is handed to must be able to pass; its own data are closed to others.
    path.chmod(0o711)
    try:
        with _hold(path):
            yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def servers(path: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Give DATABASE_URL and REDIS_URL of servers in ``path``; those that ``environment`` names are used instead.

    Raises Trouble when a server cannot be had.
    """
    with ExitStack() as running:
        yield {
            "DATABASE_URL": environment.get("DATABASE_URL") or running.enter_context(_postgres(path, environment)),
            "REDIS_URL": environment.get("REDIS_URL") or running.enter_context(_redis(path, environment)),
        }


@contextmanager
def _postgres(path: Path, environment: Mapping[str, str]) -> Iterator[str]:
    server = Postgres(path, path / "postgres.log", secrets.token_hex(16), THROWAWAY)
    try:
        server.start(environment)
        yield server.url(DATABASE)
    finally:
        server.stop()
        # As root its data are elsewhere when the temporary folder is closed to others.
        shutil.rmtree(server.folder, ignore_errors=True)


@contextmanager
def _redis(path: Path, environment: Mapping[str, str]) -> Iterator[str]:
    server = Redis(path / "redis", path / "redis.log")
    try:
        server.start(environment)
        yield server.url()
    finally:
        server.stop()


@contextmanager
def _hold(path: Path) -> Iterator[None]:
    """Lock ``path`` meanwhile; the kernel lets go even after kill -9. Raises OSError when somebody else has it."""
    with (path / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _sweep() -> None:
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if time.time() - path.stat().st_mtime < YOUNG:
                continue
            with _hold(path):
                shutil.rmtree(path)
        except OSError:
            continue  # In use, or another user's.
