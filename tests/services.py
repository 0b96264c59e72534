"""PostgreSQL and Redis for the suite, started before Django reads its settings.

Every run gets servers of its own in a temporary folder, unless DATABASE_URL or
REDIS_URL name others. Under pytest-xdist the controller starts them; each worker
has its own test database (pytest-django) and its own Redis database number.
"""

import fcntl
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from wxportal.local.postgres import THROWAWAY, Postgres
from wxportal.local.redis import Redis
from wxportal.local.trouble import Trouble

PREFIX = "wxportal-test-"
LOCK = "in-use"
YOUNG = 60  # seconds; a folder this young may not be locked yet
DATABASE = "postgres"  # Django connects here to make the test database
# Set when the Redis is ours and may be emptied before each test; a named one may hold somebody's data.
OWN_REDIS = "WXPORTAL_TEST_OWN_REDIS"
# The discard port: nothing listens there, so a test that forgot to name a WeChat reaches none.
NO_WECHAT = "http://127.0.0.1:9"

_servers = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Set the whole environment: neither `.env` nor what `make run` left in var/ may reach a test."""
    if _runs_nothing(early_config):
        return
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ["REDIS_URL"] = _numbered(os.environ["REDIS_URL"], int(worker.removeprefix("gw")) + 1)
        return
    try:
        _provide()
    except Trouble as trouble:
        _servers.close()
        raise pytest.UsageError(str(trouble)) from trouble
    except BaseException:
        _servers.close()
        raise


def pytest_unconfigure() -> None:
    """Stop what we started."""
    _servers.close()


def _runs_nothing(config: pytest.Config) -> bool:
    options = config.known_args_namespace
    return bool(options.version or options.help)


def _provide() -> None:
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    _servers.callback(shutil.rmtree, folder, ignore_errors=True)
    _servers.enter_context(_hold(folder))
    # The user that PostgreSQL is handed to must be able to pass; its own data are closed to others.
    folder.chmod(0o711)
    signal.signal(signal.SIGTERM, _interrupt)
    os.environ.update(_environment(folder))
    environment = {**os.environ}
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = _start_postgres(folder, environment)
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = _start_redis(folder, environment)
        os.environ[OWN_REDIS] = "1"


def _interrupt(*_: object) -> None:
    # A polite kill ends like Ctrl-C does: fixtures are torn down and the servers stopped.
    raise KeyboardInterrupt


def _start_postgres(folder: Path, environment: dict[str, str]) -> str:
    server = Postgres(folder, folder / "postgres.log", secrets.token_hex(16), THROWAWAY)
    # As root its data are elsewhere when the temporary folder is closed to others.
    _servers.callback(shutil.rmtree, server.folder, ignore_errors=True)
    _servers.callback(server.stop)
    server.start(environment)
    return server.url(DATABASE)


def _start_redis(folder: Path, environment: dict[str, str]) -> str:
    server = Redis(folder / "redis", folder / "redis.log")
    _servers.callback(server.stop)
    server.start(environment)
    return server.url()


def _environment(folder: Path) -> dict[str, str]:
    """Return every setting a test may depend on; PostgreSQL and Redis follow."""
    return {
        "SECRET_KEY": "only-for-tests-" + "0123456789" * 4,
        "VAULT_KEYS": "k1:" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "VAULT_KEYS_FILE": "",
        "DEBUG": "0",
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "PUBLIC_BASE_URL": "http://localhost",
        "CSRF_TRUSTED_ORIGINS": "",
        "BEHIND_HTTPS_PROXY": "0",
        "SECURE_SSL_REDIRECT": "0",
        "SECURE_HSTS_SECONDS": "0",
        "DATABASE_POOL_SIZE": "10",
        "WECHAT_API_BASE_URL": NO_WECHAT,
        "SANDBOX_URL": "",
        "INCARNATION_FILE": str(folder / "incarnation"),
        "DISPATCH_TIME_SCALE": "1",
        "CRASHPOINT": "",
        "STATIC_ROOT": str(folder / "static"),
        "STATICFILES_BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
        "MEDIA_ROOT": str(folder / "media"),
        "WHITENOISE_USE_FINDERS": "1",
        "LANGUAGE_CODE": "en",
        "TIME_ZONE": "Asia/Tokyo",
        "LOG_LEVEL": "INFO",
    }


def _numbered(url: str, number: int) -> str:
    """Return the Redis address with another database number."""
    server, _, database = url.rpartition("/")
    return f"{server}/{number}" if database.isdigit() else f"{url.rstrip('/')}/{number}"


def _hold(folder: Path) -> IO[str]:
    """Lock ``folder`` for as long as we live; the kernel lets go even after kill -9."""
    lock = (folder / LOCK).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


def _sweep(remove: Callable[[Path], None] = shutil.rmtree) -> None:
    """Remove the folders of runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime < YOUNG:
                continue
            with _hold(folder):
                remove(folder)
        except OSError:
            continue  # In use, or another user's.
