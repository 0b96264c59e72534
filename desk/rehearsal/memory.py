"""How much memory the worker processes took at their peak; on Linux, where they run on this machine."""

from pathlib import Path

from wxportal.celery import app

ANSWER = 3.0  # seconds a worker has to answer
KB_PER_MB = 1024


def peak_of_workers() -> dict[int, int]:
    """Return the peak resident size in MB of every worker process on this machine, by pid; empty where unknown."""
    stats = app.control.inspect(timeout=ANSWER).stats() or {}
    pids = [pid for worker in stats.values() for pid in (worker["pid"], *worker["pool"].get("processes", []))]
    return {pid: peak for pid in pids if (peak := _peak(pid))}


def _peak(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    sizes = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return sizes[0] // KB_PER_MB if sizes else 0
