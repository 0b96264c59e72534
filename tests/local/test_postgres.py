"""Our PostgreSQL: made whole or not at all, found again after a kill, never a root's."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from wxportal.local import identity, postgres, processes, scratch
from wxportal.local.postgres import DURABLE, THROWAWAY, Postgres
from wxportal.local.trouble import Trouble

ENV = dict(os.environ)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that the user PostgreSQL is handed to may enter; pytest's own are closed to others."""
    with scratch.folder() as path:
        yield path


@pytest.fixture
def server(folder: Path) -> Iterator[Postgres]:
    server = Postgres(folder, folder / "postgres.log", "secret", THROWAWAY)
    server.start(ENV)
    yield server
    server.stop()


def ask(server: Postgres, query: str) -> object:
    with psycopg.connect(server.url("postgres")) as connection:
        return connection.execute(query).fetchone()[0]


def test_a_second_start_finds_what_the_first_one_kept(server: Postgres):
    with psycopg.connect(server.url("postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    server.start(ENV)
    assert ask(server, "SELECT answer FROM kept") == 42


def test_it_sorts_and_folds_unicode_alike_on_every_machine(server: Postgres):
    query = "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = current_database()"
    assert ask(server, query) == "b C.UTF-8"


def test_a_wrong_password_is_refused(server: Postgres):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url("postgres").replace("secret", "guess"))


def test_the_server_of_a_run_is_durable():
    assert DURABLE["fsync"] == DURABLE["synchronous_commit"] == "on"


def test_root_hands_it_to_a_user_without_rights(server: Postgres):
    owner = Path(f"/proc/{server.child.pid}").stat().st_uid
    assert owner != 0
    assert owner == (os.getuid() or identity.unprivileged().uid)


def test_a_killed_server_starts_again_with_what_was_committed(server: Postgres):
    with psycopg.connect(server.url("postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.child.kill()
    server.child.wait()
    server.start(ENV)
    assert ask(server, "SELECT answer FROM kept") == 42


def test_the_lock_of_a_dead_server_is_no_obstacle_when_somebody_else_has_its_pid(server: Postgres):
    server.stop()
    # PostgreSQL believes that its predecessor lives when the pid is its own user's.
    nobody = identity.unprivileged()
    other = subprocess.Popen(["sleep", "60"], user=nobody.uid if nobody else None)
    try:
        (server.data / "postmaster.pid").write_text(f"{other.pid}\n{server.data}\n1\n5432\n\n127.0.0.1\n\nready\n")
        server.start(ENV)
        assert ask(server, "SELECT 1") == 1
        assert other.poll() is None, "it must not have been touched"
    finally:
        other.kill()
        other.wait()


def test_an_orphan_in_our_folder_is_ended_first(server: Postgres):
    orphan, server.child = server.child, None
    server.start(ENV)
    assert orphan.wait(10) == 0
    assert ask(server, "SELECT 1") == 1


def test_an_initdb_that_was_cut_short_leaves_no_half_cluster(folder: Path):
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    server = Postgres(folder, folder / "postgres.log", "secret", THROWAWAY)
    try:
        server.start(ENV)
        assert ask(server, "SELECT 1") == 1
    finally:
        server.stop()


def test_data_of_another_version_are_left_alone_and_said_so(folder: Path):
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(Trouble, match="PostgreSQL 16's and this is 18: move the folder away"):
        Postgres(folder, folder / "postgres.log", "secret").start(ENV)
    assert (folder / "postgres" / "PG_VERSION").read_text() == "16\n"


def test_the_last_words_of_a_server_that_cannot_start_are_passed_on(server: Postgres):
    server.stop()
    server.options["shared_buffers"] = "nonsense"
    with pytest.raises(Trouble, match="Cannot start PostgreSQL"):
        server.start(ENV)
    assert server.child is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that it may enter and others may not")
def test_root_in_a_closed_folder_keeps_program_and_data_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch):
    closed, elsewhere = folder / "closed", folder / "elsewhere"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(postgres, "ROOTS_PLACE", elsewhere)
    monkeypatch.setattr(postgres, "can_reach", lambda path: False)
    server = Postgres(closed / "var", folder / "postgres.log", "secret", THROWAWAY)
    try:
        server.start(ENV)
        assert ask(server, "SELECT 1") == 1
        assert server.data.is_relative_to(elsewhere)
        assert Path(f"/proc/{server.child.pid}/exe").resolve().is_relative_to(elsewhere)
    finally:
        server.stop()


def test_a_folder_closed_to_others_cannot_be_reached(folder: Path):
    (folder / "open" / "closed").mkdir(parents=True)
    (folder / "open" / "closed").chmod(0o700)
    assert identity.can_reach(folder / "open")
    assert not identity.can_reach(folder / "open" / "closed")


def test_it_ends_cleanly_when_its_parent_is_killed(folder: Path):
    program = (
        "import os, sys, time; from pathlib import Path; from wxportal.local.postgres import *\n"
        f"f = Path({str(folder)!r}); s = Postgres(f, f / 'postgres.log', 'secret', THROWAWAY); s.start(os.environ)\n"
        "print(s.child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    assert processes.wait_until(lambda: not processes.is_alive(pid), 10)
    assert "database system is shut down" in (folder / "postgres.log").read_text()
