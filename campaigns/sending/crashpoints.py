"""Places where a fault run kills the worker; nothing happens anywhere else.

``CRASHPOINT=after_arm_commit@/path/flag`` kills the first process that comes by
and leaves the flag, so that the restarted worker does not die of it again.
"""

import os
import signal
from pathlib import Path

from django.conf import settings


def crashpoint(name: str) -> None:
    """Kill this process, once, if ``settings.CRASHPOINT`` names this place."""
    if settings.CRASHPOINT:
        _crash(name, settings.CRASHPOINT)


def _crash(name: str, wanted: str) -> None:
    place, _, flag = wanted.partition("@")
    if place != name:
        return
    try:
        if flag:
            Path(flag).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
