"""Real processes on this test's database, in shortened time."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.campaigns.conftest import _installation, account, may_send, other_account, wechat  # noqa: F401
from tests.ground import Background, environment

SCALE = "10"  # a lease of 6 s, a deadline of 3 s, the first replay after 12 s


class Keeper(Background):
    """Forked workers, one per account, that are killed and come again."""

    def __init__(self, folder: Path, specs: list[str]) -> None:
        argv = [sys.executable, "-m", "tests.faults.keeper", str(folder), *specs]
        super().__init__("keeper", folder, argv, environment(DISPATCH_TIME_SCALE=SCALE, LOG_LEVEL="WARNING"))

    def is_ready(self, output: str) -> bool:
        return "keeper ready" in output


@pytest.fixture
def keep(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., Keeper]]:
    """Start a keeper for ``{account id: crash points}``."""
    started: list[Keeper] = []

    def start(plans: dict[int, list[str]]) -> Keeper:
        keeper = Keeper(tmp_path, [f"{number}:{','.join(points)}" for number, points in plans.items()])
        keeper.start()
        started.append(keeper)
        return keeper

    yield start
    for keeper in started:
        keeper.stop()


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Return how long it took. Fails with ``what`` when it does not come true."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        if condition():
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def pid_in(folder: Path, account_id: int) -> int:
    return int((folder / f"{account_id}.pid").read_text())


def kill(pid: int) -> None:
    os.kill(pid, 9)
