"""PostgreSQL and Redis for the suite, started before Django reads its settings.

Every run gets servers of its own in a temporary folder, unless DATABASE_URL or
REDIS_URL name others. Under pytest-xdist the controller starts them; each worker
has its own test database (pytest-django) and its own Redis database number.
"""

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from desk.translations.catalogues import compile_all
from wxportal.local import scratch
from wxportal.local.trouble import Trouble

# Set when the Redis is ours and may be emptied before each test; a named one may hold somebody's data.
OWN_REDIS = "WXPORTAL_TEST_OWN_REDIS"
# The discard port: nothing listens there, so a test that forgot to name a WeChat reaches none.
NO_WECHAT = "http://127.0.0.1:9"

_running = ExitStack()


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
        _running.close()
        raise pytest.UsageError(str(trouble)) from trouble
    except BaseException:
        _running.close()
        raise


def pytest_unconfigure() -> None:
    """Stop what we started."""
    _running.close()


def _runs_nothing(config: pytest.Config) -> bool:
    options = config.known_args_namespace
    return bool(options.version or options.help)


def _provide() -> None:
    # A polite kill ends like Ctrl-C does: fixtures are torn down and the servers stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    compile_all()
    own_redis = not os.environ.get("REDIS_URL")
    folder = _running.enter_context(scratch.folder())
    os.environ.update(_settings(folder))
    (folder / "static").mkdir()  # whitenoise warns of a missing one with every client
    os.environ.update(_running.enter_context(scratch.servers(folder, os.environ)))
    os.environ[OWN_REDIS] = "1" if own_redis else ""


def _settings(folder: Path) -> dict[str, str]:
    """Return every setting a test may depend on, but for PostgreSQL and Redis."""
    return {
        "SECRET_KEY": "only-for-tests-" + "0123456789" * 4,
        "VAULT_KEYS": "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
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
