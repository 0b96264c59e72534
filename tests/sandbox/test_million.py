"""An account with a million followers: its memory, and that everything still works."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.caller import Caller
from wxportal.sandbox.control import Control

MOST_MEGABYTES = 500
MILLION = 1_000_000


def peak_megabytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
def test_a_million_followers_take_less_than_500_megabytes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wxportal.sandbox", "--port", "0", "--journal", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        control = Control(process.stdout.readline().split()[3])
        caller = Caller.of_new(control, followers=MILLION, finish_seconds=0)
        try:
            exercise(caller)
            assert peak_megabytes(process.pid) < MOST_MEGABYTES
        finally:
            process.kill()


def exercise(caller: Caller) -> None:
    """Read every page, tag some, send to everybody and to a list of 10,000."""
    seen, cursor = set(), ""
    while (page := caller.get("/cgi-bin/user/get", next_openid=cursor))["count"]:
        seen.update(page["data"]["openid"])
        cursor = page["next_openid"]
    assert len(seen) == MILLION
    job = caller.job(caller.send_text()["msg_id"])
    assert (job["total"], job["filter"]) == (MILLION, 990_000)
    assert job["sent"] + job["error"] == job["filter"]
    some = list(seen)[:10_000]
    assert caller.job(caller.send_list(some)["msg_id"])["total"] == 10_000
