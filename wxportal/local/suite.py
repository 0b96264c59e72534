"""`make test`: the whole suite, with a browser where one can be had."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from wxportal.local.stack import here
from wxportal.local.terminal import complain, say

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")
CJK_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
# Another apt may be at work; an installation that asks questions would wait for ever.
APT = ("apt-get", "-o", "DPkg::Lock::Timeout=120", "-q", "-y")


def find_browser() -> str | None:
    """Return the Chromium for browser tests: $CHROMIUM, else one on the PATH, else None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def run_tests() -> NoReturn:
    """Become pytest, so that a signal meant for the suite reaches it; ``ARGS`` of the environment goes to it."""
    _provide_browser()
    arguments = shlex.split(os.environ.get("ARGS", ""))
    os.chdir(here())
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "-n", "2", *arguments])  # noqa: S606


def _provide_browser() -> None:
    if find_browser() and (CJK_FONT.exists() or os.environ.get("CHROMIUM")):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium and the Noto CJK fonts for the browser tests …")
        _quietly(*APT, "update")
        _quietly(*APT, "install", "--no-install-recommends", *PACKAGES)
    if not find_browser():
        complain("No Chromium on this machine: the browser tests will be skipped. Install chromium, or set CHROMIUM.")


def _quietly(*argv: str) -> None:
    """Run apt; where it cannot (offline, another system) the browser tests are skipped, and say so."""
    done = _apt(argv)
    if done.returncode:
        complain(f"{' '.join(argv[:1])}: {(done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]}")


def _apt(argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
