"""`make check`: everything that can be known without running the suite. All of it runs; what failed is named last."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wxportal.local import environment, scratch
from wxportal.local.stack import here
from wxportal.local.terminal import complain, say

EXAMPLE = ".env.example"


@dataclass(frozen=True)
class Check:
    """A command that must end with status 0."""

    what: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]


def run_checks() -> int:
    """Return 0 when every check passed."""
    root = here()
    with scratch.folder() as folder, scratch.servers(folder, os.environ) as servers:
        failed = [check.what for check in _all_of(root, folder, servers) if not _passes(check, root)]
    if failed:
        complain(f"Failed: {', '.join(failed)}.")
        return 1
    say("Everything is in order.")
    return 0


def _all_of(root: Path, folder: Path, servers: Mapping[str, str]) -> list[Check]:
    plain = dict(os.environ)
    local = {**plain, **_example(root), **servers, "STATIC_ROOT": str(folder), "MEDIA_ROOT": str(folder)}
    # What a running stack of this checkout noted for manage.py must not colour the example.
    production = {**plain, "SANDBOX_URL": "", "WHITENOISE_USE_FINDERS": "0", **_example(root)}
    return [
        Check("lint", _tool("ruff", "check", "."), plain),
        Check("format", _tool("ruff", "format", "--check", "."), plain),
        Check("types", _tool("mypy"), local),
        Check("imports", (_program("lint-imports"), "--no-cache"), plain),
        Check("migrations", _manage("makemigrations", "--check", "--dry-run"), local),
        Check("translations", _manage("check_translations"), local),
        Check("deployment", _manage("check", "--deploy", "--fail-level", "WARNING"), production),
    ]


def _example(root: Path) -> dict[str, str]:
    """Return the production example: it must be one that can be deployed."""
    return environment.read(root / EXAMPLE, {})


def _tool(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _manage(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "manage.py", *arguments)


def _passes(check: Check, root: Path) -> bool:
    """Run one check; its output is shown only when it fails."""
    begun = time.monotonic()
    done = subprocess.run(  # noqa: S603
        check.argv, env=dict(check.environment), cwd=root, capture_output=True, text=True, check=False
    )
    say(f"  {check.what}: {'ok' if done.returncode == 0 else 'FAILED'} ({time.monotonic() - begun:.1f} s)")
    if done.returncode:
        say((done.stdout + done.stderr).rstrip())
    return done.returncode == 0
