"""Make `.venv` and put the packages into it, when something is missing, then go on inside it.

Only the standard library is there yet. What was installed is remembered by the
hash of the requirements, so that a second start installs nothing.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from wxportal.local.terminal import complain, say
from wxportal.local.trouble import ADVICE, Trouble, of_disk, of_output

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "wxportal-installed"
RUN = ("requirements.txt", "requirements-local.txt")
TEST = (*RUN, "requirements-test.txt")
TALK_EVERY = 10  # packages; pip is silent for minutes otherwise
NEEDED = 400  # MB that a run takes; what more the suite needs, pip tells
UNREACHABLE = (
    "name resolution",
    "network is unreachable",
    "connection refused",
    "newconnectionerror",
    "connecttimeout",
    "read timed out",
    "proxyerror",
    "max retries exceeded",
    "(from versions: none)",
)


def main(command: str) -> NoReturn:
    """Provide what ``command`` needs and become it; one clear sentence and status 1 when that cannot be."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        provide(TEST if command in ("test", "check") else RUN)
    except KeyboardInterrupt:
        sys.exit(130)
    except Trouble as trouble:
        sys.exit(str(trouble))
    except OSError as problem:
        if problem.errno not in ADVICE:
            raise
        sys.exit(str(of_disk(problem, f"write to {ROOT}")))
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-m", "wxportal.local", command])  # noqa: S606


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def provide(requirements: tuple[str, ...]) -> None:
    """Make the environment and install ``requirements``, unless both are there. Raises Trouble, OSError."""
    if _is_installed(requirements):
        return
    _require_writable(ROOT)
    with _alone():
        if not _is_installed(requirements):  # Somebody else may have done it while we waited.
            _provide(requirements)


def _provide(requirements: tuple[str, ...]) -> None:
    if not _works():
        _make_environment()
    _install(requirements)
    STAMP.write_text("".join(f"{stamp}\n" for stamp in _stamps(requirements)))


@contextmanager
def _alone() -> Iterator[None]:
    """Hold a lock: `make run` and `make test` may both be the first in a checkout."""
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command is installing the packages; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fingerprint(requirements: Iterable[str]) -> str:
    """Return the hash of the files, and of where they were installed: a moved checkout must not be trusted."""
    digest = hashlib.sha256(str(VENV).encode())
    for name in requirements:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _is_installed(requirements: tuple[str, ...]) -> bool:
    return PYTHON.exists() and STAMP.exists() and fingerprint(requirements) in STAMP.read_text().split()


def _stamps(requirements: tuple[str, ...]) -> list[str]:
    """Return what is true after an installation: what the suite needs includes what a run needs."""
    return [fingerprint(requirements), *([fingerprint(RUN)] if requirements == TEST else [])]


def _require_writable(folder: Path) -> None:
    """Raise OSError where nothing can be written: venv and pip would tell it in forty lines."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".wxportal-") as probe:
        probe.write(b"\0" * 65_536)
        probe.flush()


def _works() -> bool:
    """Tell whether `.venv` has a Python of a usable version and a pip (a stopped start may have left half of it)."""
    if not PYTHON.exists():
        return False
    test = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    with suppress(OSError):
        return subprocess.run([PYTHON, "-c", test], capture_output=True, check=False).returncode == 0  # noqa: S603
    return False


def _make_environment() -> None:
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise Trouble(
                f"This Python ({sys.executable}) has no {module} module; "
                f"install it (Debian, Ubuntu: apt install python3-venv), or name another: make run PYTHON=python3.12."
            )
    free = shutil.disk_usage(ROOT).free // 1_000_000
    if free < NEEDED:
        raise Trouble(
            f"The packages take about {NEEDED} MB and the disk of {ROOT} has {free} MB left; make room first."
        )
    say(f"Making .venv with Python {sys.version.split()[0]} …")
    argv = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise of_output(done.stderr or done.stdout, "make the virtual environment .venv")


def _install(requirements: tuple[str, ...]) -> None:
    files = [part for file in requirements for part in ("-r", file)]
    say("Installing the packages; the first time this takes a minute or two …")
    argv = [str(PYTHON), "-m", "pip", "install", "--no-input", "--progress-bar", "off", *files]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    with tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(  # noqa: S603
            argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as pip:
            assert pip.stdout is not None
            try:
                tail = _follow(pip.stdout)
            except KeyboardInterrupt:
                pip.terminate()
                raise
        errors.seek(0)
        if pip.returncode:
            raise _explain(tail + errors.read())


def _follow(output: Iterable[str]) -> str:
    """Tell now and then how far pip is; return the last lines of what it said."""
    seen = 0
    tail: list[str] = []
    for line in output:
        tail = [*tail[-20:], line]
        if found := re.match(r"Collecting ([\w.\[\]-]+)", line):
            seen += 1
            if seen % TALK_EVERY == 0:
                say(f"  {seen} packages found, now {found[1]}")
        elif line.startswith("Installing collected packages"):
            say(f"  unpacking {line.count(',') + 1} packages")
    return "".join(tail)


def _explain(output: str) -> Trouble:
    """Turn pip's last words into one sentence."""
    low = output.lower()
    if "no space left" not in low and any(words in low for words in UNREACHABLE):
        return Trouble(
            "Cannot install the packages: the package index cannot be reached or lacks one; go online, run it again."
        )
    errors = [line.removeprefix("ERROR:") for line in output.splitlines() if line.startswith("ERROR:")]
    return of_output(errors[-1] if errors and "no space left" not in low else output, "install the packages")


if __name__ == "__main__":
    complain("Run bootstrap.py instead.")
