"""The whole of `make run`, for real: it works, it says what is wrong, and it leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from tests.ground import ROOT
from wxportal.local import ports, processes, scratch

READY = "Ctrl-C stops everything."
START = 120  # seconds; every process of the portal on two busy cores
NOT_OURS = ("DATABASE_URL", "REDIS_URL", "SANDBOX_URL", "WECHAT_API_BASE_URL", "PUBLIC_BASE_URL", "INCARNATION_FILE")


class Run:
    """One `make run` with a var/ of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.var = folder / "var"
        self.out = folder / "out"
        self.port, self.sandbox_port = ports.any_free(), ports.any_free()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def mark(self) -> str:
        return f"WXPORTAL_LOCAL={self.var}"

    @property
    def printed(self) -> str:
        return self.out.read_text() if self.out.exists() else ""

    @property
    def runner(self) -> int:
        return int((self.var / "run.lock").read_text().split()[0])

    def start(self, *, ignore_ctrl_c: bool = False, **env: str) -> "Run":
        """Start it and return at once."""
        clean = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        mine = {"PORT": str(self.port), "SANDBOX_PORT": str(self.sandbox_port), "WXPORTAL_VAR": str(self.var)}
        # This very Python: what is tried here is the runner; the way to it has tests of its own.
        argv = ["make", "run", f"PYTHON={sys.executable} -m wxportal.local run #"]
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                argv,
                cwd=ROOT,
                env={**clean, "WXPORTAL_DEMO": "0", **mine, **env},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=(lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) if ignore_ctrl_c else None,
            )
        return self

    def wait_ready(self) -> "Run":
        assert processes.wait_until(lambda: READY in self.printed or self.process.poll() is not None, START)
        assert READY in self.printed, self.printed
        return self

    def wait_end(self) -> int:
        return self.process.wait(60)

    def leaves_nothing(self) -> bool:
        """Tell whether nothing of it runs any more and its ports are free."""
        gone = processes.wait_until(lambda: not self.pids(), 10)
        return gone and ports.is_free(self.port) and ports.is_free(self.sandbox_port)

    def pids(self) -> list[int]:
        """Return all that runs of it."""
        servers = (("redis", "redis-server"), ("postgres", "postgres"))
        return [
            *processes.marked(self.mark),
            *(pid for folder, name in servers for pid in processes.living_in(self.var / folder, name)),
        ]

    def pid_of(self, words: str) -> int:
        """Return the first process of it whose command line has ``words``: the one we started."""
        found = [pid for pid in self.pids() if words in _command(pid)]
        return min(found)

    def waits_for(self, words: str) -> bool:
        return processes.wait_until(lambda: words in self.printed, 60)

    def answers(self) -> bool:
        with_login = f"http://127.0.0.1:{self.port}/"
        try:
            return requests.get(with_login, timeout=10).status_code == 200
        except requests.ConnectionError:
            return False


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@pytest.fixture
def run() -> Iterator[Run]:
    with scratch.folder() as folder:
        run = Run(folder)
        yield run
        if run.process is not None:
            processes.kill_group(run.process.pid)
            run.process.wait()
        processes.sweep(run.mark)


def test_it_works_is_alone_and_ends_with_sigterm_to_make(run: Run):
    run.start().wait_ready()
    assert run.answers()
    assert f"The portal is ready: http://127.0.0.1:{run.port}" in run.printed
    assert "first visitor" in run.printed
    assert f"PUBLIC_BASE_URL=http://127.0.0.1:{run.port}" in (run.var / "local.env").read_text()

    second = Run(run.folder)
    second.out = run.folder / "second"
    assert second.start().wait_end() != 0
    assert f"running already: http://127.0.0.1:{run.port}" in second.printed
    assert run.answers()

    run.process.terminate()
    run.wait_end()
    assert run.leaves_nothing()
    assert run.printed.endswith("Stopped; nothing is left running.\n")
    assert not (run.var / "local.env").exists()


def test_started_in_the_background_it_still_listens_to_sigint(run: Run):
    run.start(ignore_ctrl_c=True).wait_ready()
    os.kill(run.runner, signal.SIGINT)
    assert run.wait_end() == 0
    assert run.leaves_nothing()


def test_interrupted_while_it_starts_it_leaves_nothing(run: Run):
    run.start()
    assert run.waits_for("Tables")
    os.kill(run.runner, signal.SIGTERM)
    assert run.wait_end() == 0
    assert run.leaves_nothing()


def test_kill_9_leaves_nothing_and_the_next_start_cleans_up(run: Run):
    run.start().wait_ready()
    os.kill(run.runner, signal.SIGKILL)
    run.wait_end()
    assert run.leaves_nothing()
    # As if the machine had lost power: whatever may lie about.
    (run.var / "local.env").write_text("DATABASE_URL=postgres://gone\n")
    (run.var / "beat-schedule").write_bytes(b"torn")
    orphan = subprocess.Popen(["sleep", "600"], env={"WXPORTAL_LOCAL": str(run.var)})
    run.start().wait_ready()
    assert orphan.wait(5) == -signal.SIGTERM
    assert "Ended 1 process" in run.printed
    assert run.answers()


def test_what_dies_is_started_again_but_without_the_database_everything_stops(run: Run):
    run.start().wait_ready()
    for words, name in (("celery -A wxportal worker", "worker"), ("redis-server", "Redis"), ("granian", "web")):
        os.kill(run.pid_of(words), signal.SIGKILL)
        assert run.waits_for(f"{name} was killed (signal 9)."), run.printed
        assert run.waits_for(f"{name} works again."), run.printed
    assert run.answers()
    os.kill(run.pid_of("/postgres -D"), signal.SIGKILL)
    assert run.wait_end() != 0
    assert "Nothing can go on without the database" in run.printed
    assert run.leaves_nothing()


def test_named_servers_are_used_instead(run: Run):
    with scratch.folder() as folder, scratch.servers(folder, {}) as servers:
        run.start(**servers).wait_ready()
        assert run.answers()
        assert not (run.var / "postgres").exists()
        assert not [pid for pid in run.pids() if "redis-server" in _command(pid)]
        with psycopg.connect(servers["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT count(*) FROM django_migrations").fetchone()[0] > 0
        run.process.terminate()
        run.wait_end()
        with psycopg.connect(servers["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT 1").fetchone(), "they are somebody else's: they run on"


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"PORT": "eight"}, "PORT=eight is no port"),
        ({"DATABASE_URL": "postgres://tea:secret@127.0.0.1:9/wx"}, "The PostgreSQL of DATABASE_URL (127.0.0.1:9/wx)"),
        ({"REDIS_URL": "redis://:secret@127.0.0.1:9/0"}, "The Redis of REDIS_URL (127.0.0.1:9)"),
        ({"VAULT_KEYS": "nonsense"}, "wxportal.E002"),
    ],
)
def test_what_cannot_be_is_one_clear_sentence(run: Run, env: dict[str, str], sentence: str):
    assert run.start(**env).wait_end() != 0
    assert sentence.replace("/wx)", ")") in run.printed
    assert "Traceback" not in run.printed
    assert "secret" not in run.printed
    assert run.leaves_nothing()


def test_a_taken_port_is_said_so_and_nothing_is_started(run: Run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        assert run.start(PORT=str(number)).wait_end() != 0
        assert f"Port {number}, where the portal would listen, is taken" in run.printed
    assert not (run.var / "postgres").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
@pytest.mark.parametrize(("options", "sentence"), [("size=10m", "the disk is full"), ("ro", "read-only")])
def test_a_full_or_read_only_disk_is_one_clear_sentence(run: Run, options: str, sentence: str):
    run.var.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", run.var]).returncode:
        pytest.skip("this machine does not let us mount")
    try:
        assert run.start().wait_end() != 0
        assert sentence in run.printed
        assert "Traceback" not in run.printed
    finally:
        processes.sweep(run.mark)
        subprocess.run(["umount", run.var], check=True)


def test_the_folder_of_a_run_may_be_deep_and_have_blanks():
    with scratch.folder() as folder:
        deep = folder / "a folder with blanks" / ("x" * 100)
        deep.mkdir(parents=True)
        run = Run(deep).start().wait_ready()
        assert run.answers()
        run.process.terminate()
        run.wait_end()
        assert run.leaves_nothing()
