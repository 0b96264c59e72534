"""What a start is given: ports, keys, the environment of its processes, sentences for what is wrong."""

import errno
import socket
import stat
from pathlib import Path

import pytest

from wxportal.local import environment, keys, ports
from wxportal.local.environment import Plan
from wxportal.local.listening import Listener
from wxportal.local.terminal import step
from wxportal.local.trouble import Trouble, of_disk, of_output


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(tmp_path, tmp_path / "var", 8000, 8091)


def test_keys_are_made_once_and_are_for_the_owner_only(plan: Plan):
    path = plan.var / "keys.env"
    first = keys.load(path)
    assert keys.load(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first["SECRET_KEY"]) >= 32
    assert first["VAULT_KEYS"].startswith("k1:")


def test_a_key_that_an_older_start_did_not_know_is_added_and_the_others_stay(plan: Plan):
    keys.write(plan.var / "keys.env", {"SECRET_KEY": "kept"})
    assert keys.load(plan.var / "keys.env")["SECRET_KEY"] == "kept"
    assert keys.load(plan.var / "keys.env")["REDIS_PASSWORD"]


def test_what_a_person_set_wins_and_the_rest_fits_one_machine(plan: Plan):
    made = keys.load(plan.var / "keys.env")
    seen = environment.for_processes(plan, {"TIME_ZONE": "Europe/Berlin", "PUBLIC_BASE_URL": "http://tea"}, made)
    assert (seen["TIME_ZONE"], seen["PUBLIC_BASE_URL"]) == ("Europe/Berlin", "http://tea")
    assert (seen["DEBUG"], seen["SANDBOX_URL"], seen["LOCAL_RUN"]) == ("0", "http://127.0.0.1:8091", "1")


def test_the_env_file_stands_behind_the_environment(plan: Plan):
    (plan.root / ".env").write_text("TIME_ZONE=Asia/Shanghai\nLANGUAGE_CODE=ja\n")
    seen = environment.given(plan.root, {"TIME_ZONE": "Europe/Berlin"})
    assert (seen["TIME_ZONE"], seen["LANGUAGE_CODE"]) == ("Europe/Berlin", "ja")


def test_manage_py_gets_the_settings_and_nothing_else_of_the_environment(plan: Plan):
    made = keys.load(plan.var / "keys.env")
    servers = {"DATABASE_URL": "postgres://x", "REDIS_URL": "redis://y"}
    seen = environment.for_processes(plan, {"HOME": "/home/alice", **servers}, made)
    noted = environment.for_manage(plan, seen, made)
    assert noted["DATABASE_URL"] == "postgres://x"
    assert not {"HOME", environment.MARK, "POSTGRES_PASSWORD"} & set(noted)


def test_variables_meant_for_another_postgresql_do_not_reach_ours():
    assert environment.without_postgres_variables({"PGSSLMODE": "require", "PATH": "/bin"}) == {"PATH": "/bin"}


def test_a_sentence_never_shows_a_password():
    assert environment.place_of("postgres://tea:secret@db:5432/wx") == "db:5432"


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "8000.5"])
def test_what_is_no_port_is_named_with_an_example(text: str):
    with pytest.raises(Trouble, match=f"PORT={text} is no port; .* PORT=8001 make run"):
        environment.port({"PORT": text}, "PORT", 8000)


def test_a_taken_port_is_named_with_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(Trouble, match=f"Port {number}, .* is taken .* PORT={number + 1} make run"):
            environment.require_free(number, "PORT", "the portal")


def test_a_port_shared_by_so_reuseport_counts_as_taken():
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not ports.is_free(taken.getsockname()[1])


def test_a_free_port_is_free():
    assert ports.is_free(ports.any_free())


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "may not write")],
)
def test_the_disks_refusals_are_one_sentence(number: int, words: str):
    assert words in str(of_disk(OSError(number, "x"), "write var/keys.env"))
    assert str(of_disk(OSError(number, "x"), "write var/keys.env")).startswith("Cannot write var/keys.env: ")


def test_a_programs_last_line_is_its_reason_unless_the_disk_was_full():
    assert str(of_output("a\nb\n\n", "go on")) == "Cannot go on: b"
    assert "the disk is full" in str(of_output("initdb: No space left on device\nremoving", "go on"))


def test_a_step_says_what_begins_before_it_is_done(capsys: pytest.CaptureFixture[str]):
    with step("PostgreSQL"):
        assert capsys.readouterr().out == "  PostgreSQL … "
    assert capsys.readouterr().out.endswith(" s\n")


def test_a_listener_tells_what_is_new_in_whole_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    listener = Listener([tmp_path / "web.log", tmp_path / "beat.log"])
    (tmp_path / "web.log").write_text("one\ntw")
    listener.tell()
    assert capsys.readouterr().out == "     web | one\n"
    (tmp_path / "web.log").write_text("one\ntwo\n")
    listener.tell()
    assert capsys.readouterr().out == "     web | two\n"
