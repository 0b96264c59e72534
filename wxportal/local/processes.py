"""Start and stop processes so that none is left behind.

Each child leads a session of its own: Ctrl-C in the terminal reaches only us,
we decide the order, and what a child started ends with its group. On Linux the
kernel also signals the child when we die, so even `kill -9` leaves none.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from wxportal.local.identity import Identity

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
POLL = 0.02  # seconds between two looks at a child
# Signals that must not hit us between the birth of a child and our knowing of it.
HELD_BACK = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(number: int, parent: int) -> None:
    """Ask the kernel to send us signal ``number`` when ``parent`` dies (Linux only; nothing elsewhere)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # It died before we asked.
            os.kill(os.getpid(), signal.SIGKILL)


def launch(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    identity: Identity | None = None,
    when_orphaned: signal.Signals = signal.SIGKILL,
    stdin: bytes = b"",
) -> subprocess.Popen[bytes]:
    """Start ``argv`` in its own session; output is appended to ``log``, ``stdin`` is all it will ever read."""
    with log.open("ab") as output:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
        try:
            child = subprocess.Popen(  # noqa: S603
                [str(part) for part in argv],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_leash(when_orphaned),
                **_as_user(identity),
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    _feed(child, stdin)
    return child


def _as_user(identity: Identity | None) -> dict[str, Any]:
    return {"user": identity.uid, "group": identity.gid, "extra_groups": []} if identity else {}


def _leash(number: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def in_child() -> None:
        # After setuid, which would clear it. A shell's background job ignores SIGINT; a child must not.
        die_with_parent(number, parent)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_BACK)

    return in_child


def _feed(child: subprocess.Popen[bytes], text: bytes) -> None:
    assert child.stdin is not None
    with suppress(BrokenPipeError):  # It ended at once; whoever waits for it says why.
        child.stdin.write(text)
    with suppress(BrokenPipeError):
        child.stdin.close()


def stop(child: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM, patience: float = 10.0) -> None:
    """Send ``number``, wait ``patience`` seconds, then kill the child and everything it started."""
    if child.poll() is None:
        child.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(patience)
    kill_group(child.pid)
    child.wait()


def end(pid: int, number: signal.Signals, patience: float) -> None:
    """Ask a process that is no child of ours to end; kill it after ``patience`` seconds."""
    for each in (number, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, each)
        if wait_until(lambda: not is_alive(pid), patience):
            return


def is_alive(pid: int) -> bool:
    """Tell whether ``pid`` runs. One that only waits for its parent to take note of its end does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # It is another user's, so it is there.
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def kill_group(leader: int) -> None:
    """Kill every process of the session that ``leader`` led."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Look until ``condition`` holds; False when ``seconds`` passed without it."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def last_lines(log: Path, count: int = 12) -> str:
    """Return the end of a log, for the person who has to understand what happened."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def marked(marker: str) -> Iterable[int]:
    """Return the pids of processes that carry ``marker`` ("NAME=value") in their environment (Linux only)."""
    wanted = marker.encode()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # It ended meanwhile, or is another user's.
            if wanted in (place / "environ").read_bytes().split(b"\0") and int(place.name) != os.getpid():
                yield int(place.name)


def living_in(folder: Path, *names: str) -> Iterable[int]:
    """Return the pids of programs called one of ``names`` whose working directory is ``folder`` (Linux only).

    Servers that write their state into the process list overwrite their environment: no mark is left to see.
    """
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # It ended meanwhile, or is another user's.
            if (place / "comm").read_text().strip() in names and (place / "cwd").resolve(
                strict=True
            ) == folder.resolve():
                yield int(place.name)


def sweep(marker: str, patience: float = 5.0) -> int:
    """End what carries ``marker``: ask, wait ``patience`` seconds, kill. Returns how many there were."""
    found = list(marked(marker))
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in marked(marker):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        if wait_until(lambda: not list(marked(marker)), patience):
            break
    return len(found)
