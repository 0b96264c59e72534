"""Where the rehearsal takes place: on the stack that runs already, or on one of its own that is gone afterwards.

Settings are read once per process, so a stack of our own gets a process of its
own: the command starts the servers and then itself again, with their addresses.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from wxportal.celery import app
from wxportal.local import ports, scratch
from wxportal.local.environment import Plan
from wxportal.local.stack import Stack
from wxportal.sandbox.control import Control, ControlError

ROOT = Path(settings.BASE_DIR)
PING = 2.0  # seconds a worker has to answer


class NotRunning(Exception):
    """A part of the running stack does not answer; the text says which."""


def check_running_stack() -> None:
    """Return when sandbox, web server and a worker answer. Raises NotRunning."""
    if not settings.SANDBOX_URL:
        raise NotRunning("no SANDBOX_URL is set")
    try:
        Control(settings.SANDBOX_URL).wait_ready(timeout=1)
    except (ControlError, requests.RequestException):
        raise NotRunning("no sandbox answers at SANDBOX_URL") from None
    if not _listens(settings.PUBLIC_BASE_URL):
        raise NotRunning("no web server answers at PUBLIC_BASE_URL")
    try:
        workers = app.control.ping(timeout=PING)
    except (RedisError, OperationalError, OSError):
        raise NotRunning("no Redis answers at REDIS_URL") from None
    if not workers:
        raise NotRunning("no worker answers")


@contextmanager
def own_stack() -> Iterator[dict[str, str]]:
    """Start everything that `make run` starts, on other ports and in a temporary folder; yield its environment.

    Raises wxportal.local.trouble.Trouble.
    """
    # Servers that are named already hold somebody's data, and somebody's workers would take our work.
    environment = {**os.environ, "DATABASE_URL": "", "REDIS_URL": ""}
    # These name the running stack, should there be half of one.
    for name in ("SANDBOX_URL", "WECHAT_API_BASE_URL", "PUBLIC_BASE_URL", "INCARNATION_FILE", "MEDIA_ROOT"):
        environment[name] = ""
    with scratch.folder() as folder:
        plan = Plan(ROOT, folder, ports.any_free(), ports.any_free())
        with Stack(plan, environment) as stack:
            yield stack.environment


def run_again(environment: dict[str, str], arguments: list[str]) -> int:
    """Run this very command on ``environment`` and return its exit status."""
    return subprocess.call(  # noqa: S603  (our own command)
        [sys.executable, "manage.py", "rehearse", *arguments], env=environment, cwd=ROOT
    )


def _listens(url: str) -> bool:
    try:
        requests.head(url, timeout=2, allow_redirects=False)
    except requests.RequestException:
        return False
    return True
