"""Which settings the processes of `make run` get: what the person set, else what fits one machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import environ

from wxportal.local import ports
from wxportal.local.trouble import Trouble

WEB_PORT = 8000
SANDBOX_PORT = 8091
# Every process of a checkout carries this, so that what a kill left behind is known without doubt.
MARK = "WXPORTAL_LOCAL"


@dataclass(frozen=True)
class Plan:
    """What one start is to use."""

    root: Path
    var: Path
    web_port: int
    sandbox_port: int

    @property
    def address(self) -> str:
        """Where people reach the portal."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def sandbox(self) -> str:
        """Where the sandbox WeChat answers."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def mark(self) -> str:
        """The entry in the environment of every process of this checkout."""
        return f"{MARK}={self.var}"

    def log(self, name: str) -> Path:
        """Return where the process ``name`` writes."""
        return self.var / "log" / f"{name}.log"


def given(root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment and, behind it, `.env` of the checkout: what the settings will see anyway."""
    return read(root / ".env", environment)


def read(file: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return ``environment`` and, behind it, the lines of ``file``, read as the settings read them."""

    class Reader(environ.Env):
        ENVIRON = dict(environment)

    if file.is_file():
        Reader.read_env(file)
    return Reader.ENVIRON


def port(environment: Mapping[str, str], name: str, default: int) -> int:
    """Return a port from the environment. Raises Trouble for what is none."""
    text = environment.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise Trouble(f"{name}={text} is no port; choose a number from 1 to 65535, e.g. {name}={default + 1} make run.")
    return int(text)


def require_free(number: int, name: str, what: str) -> None:
    """Raise Trouble when somebody else uses the port."""
    if not ports.is_free(number):
        raise Trouble(
            f"Port {number}, where {what} would listen, is taken by another program; "
            f"choose another one: {name}={number + 1} make run."
        )


def for_processes(plan: Plan, environment: Mapping[str, str], keys: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of every process we start; DATABASE_URL and REDIS_URL come when the servers run."""
    return {
        **_settings(plan, keys),
        **{name: value for name, value in environment.items() if value},
        "LOCAL_RUN": "1",
        MARK: str(plan.var),
        # A child that waits with its output until a buffer is full is of no use in a log.
        "PYTHONUNBUFFERED": "1",
    }


def _settings(plan: Plan, keys: Mapping[str, str]) -> dict[str, str]:
    return {
        "SECRET_KEY": keys["SECRET_KEY"],
        "VAULT_KEYS": keys["VAULT_KEYS"],
        "DEBUG": "0",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "PUBLIC_BASE_URL": plan.address,
        "SANDBOX_URL": plan.sandbox,
        "WECHAT_API_BASE_URL": plan.sandbox,
        "INCARNATION_FILE": str(plan.var / "incarnation"),
        "MEDIA_ROOT": str(plan.var / "media"),
        "STATIC_ROOT": str(plan.var / "static"),
        "WHITENOISE_USE_FINDERS": "1",
    }


def for_manage(plan: Plan, environment: Mapping[str, str], keys: Mapping[str, str]) -> dict[str, str]:
    """Return what `manage.py` in another terminal needs to reach the running stack: the settings, nothing else."""
    names = [*_settings(plan, keys), "DATABASE_URL", "REDIS_URL", "LOCAL_RUN"]
    return {name: environment[name] for name in names}


def without_postgres_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Drop PGSSLMODE, PGOPTIONS and the like: they are meant for another server than ours."""
    return {name: value for name, value in environment.items() if not name.startswith("PG")}


def place_of(url: str) -> str:
    """Return host and port of an address for a sentence: never its password."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path
