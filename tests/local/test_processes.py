"""Processes end with everything they started, and with us."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wxportal.local import processes

FAMILY = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); time.sleep(60)"


def launch(folder: Path, program: str, **env: str) -> "subprocess.Popen[bytes]":
    return processes.launch([sys.executable, "-c", program], env={**os.environ, **env}, cwd=folder, log=folder / "log")


def child_of(folder: Path) -> int:
    assert processes.wait_until(lambda: (folder / "log").read_text().strip() != "", 10)
    return int((folder / "log").read_text())


def test_stopping_one_takes_what_it_started_with_it(tmp_path: Path):
    child = launch(tmp_path, FAMILY)
    grandchild = child_of(tmp_path)
    processes.stop(child)
    assert child.returncode == -signal.SIGTERM
    assert processes.wait_until(lambda: not processes.is_alive(grandchild), 5)


def test_one_that_does_not_listen_is_killed(tmp_path: Path):
    child = launch(
        tmp_path, "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    )
    child_of(tmp_path)
    processes.stop(child, patience=0.2)
    assert child.returncode == -signal.SIGKILL


def test_a_child_listens_to_ctrl_c_even_when_we_do_not(tmp_path: Path):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a shell's background job
    try:
        child = launch(tmp_path, "import time; print(1, flush=True); time.sleep(60)")
    finally:
        signal.signal(signal.SIGINT, before)
    child_of(tmp_path)
    processes.stop(child, signal.SIGINT)
    assert child.returncode == -signal.SIGINT


def test_ctrl_c_in_the_terminal_does_not_reach_it(tmp_path: Path):
    child = launch(tmp_path, FAMILY)
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
    processes.stop(child)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_child_dies_with_its_parent_even_after_kill_9(tmp_path: Path):
    program = (
        "import os, time; from pathlib import Path; from wxportal.local import processes\n"
        f"p = Path({str(tmp_path)!r}); c = processes.launch(['sleep', '60'], env=os.environ, cwd=p, log=p / 'log')\n"
        "print(c.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    assert processes.is_alive(child)
    parent.kill()
    parent.communicate()
    assert processes.wait_until(lambda: not processes.is_alive(child), 5)


def test_what_carries_our_mark_is_swept_and_nothing_else(tmp_path: Path):
    ours, other = launch(tmp_path, FAMILY, MARK="ours"), launch(tmp_path, FAMILY, MARK="ours, too")
    assert processes.wait_until(lambda: len(list(processes.marked("MARK=ours"))) == 2, 10)
    assert processes.sweep("MARK=ours") == 2
    assert ours.wait(5) == -signal.SIGTERM
    assert other.poll() is None
    processes.stop(other)
