"""The journal: what a `kill -9` must not make the sandbox forget."""

import contextlib
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.sandbox.caller import Caller, eventually
from tests.sandbox.listener import AES_KEY, TOKEN, Listener
from wxportal.sandbox import journal as journal_module
from wxportal.sandbox.control import Control
from wxportal.sandbox.journal import Journal

Start = Callable[[], tuple[subprocess.Popen[str], Control]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a sandbox process on the same journal, again and again."""
    running: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], Control]:
        command = [sys.executable, "-m", "wxportal.sandbox", "--port", "0", "--journal", str(tmp_path / "journal")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        control = Control(process.stdout.readline().split()[3])
        control.wait_ready()
        return process, control

    yield start
    for process in running:
        process.kill()
        process.communicate()


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def revived(start: Start, caller: Caller) -> Caller:
    """The same caller, talking to a sandbox that was started again."""
    caller.sandbox = start()[1]
    caller.base = caller.sandbox.base_url
    return caller


SPEC = {"followers": 300, "refuse_share": 0, "error_share": 0, "finish_seconds": 0, "key_window": 0}


def test_a_kill_forgets_neither_tokens_nor_tags_nor_drafts_nor_uploads(start: Start) -> None:
    process, control = start()
    caller = Caller.of_new(control, **SPEC)
    tag_id, draft = caller.tagged("VIP", caller.openids()[:40]), caller.draft()
    before = caller.books()
    kill(process)
    revived(start, caller)
    after = caller.books()
    assert {**after, "recent": None} == {**before, "recent": None}
    assert caller.get("/cgi-bin/tags/get")["tags"][1] == {"id": tag_id, "name": "VIP", "count": 40}
    assert caller.post("/cgi-bin/draft/get", {"media_id": draft})["news_item"][0]["title"] == "秋季新品"
    assert caller.stable()["access_token"] == caller.token


def test_a_kill_forgets_no_key_and_no_quota(start: Start) -> None:
    process, control = start()
    caller = Caller.of_new(control, **SPEC)
    for number in range(4):
        caller.job(caller.send_text(f"{number}", clientmsgid=f"k{number}")["msg_id"])
    kill(process)
    revived(start, caller)
    assert caller.send_text("0", clientmsgid="k0")["errcode"] == 45065
    assert caller.send_text("five", clientmsgid="k5")["errcode"] == 45028
    assert caller.books()["month"] == {"0": 0, "1": 0, "2": 0, "3": 0, "4+": 300}
    assert caller.books()["calls"]["/cgi-bin/message/mass/sendall"] == 6


def test_a_job_that_was_running_ends_and_is_reported_after_the_restart(start: Start, listener: Listener) -> None:
    process, control = start()
    caller = Caller.of_new(control, **{**SPEC, "finish_seconds": 1.0})
    assert control.set_callback(caller.appid, listener.url, TOKEN, AES_KEY, "plain")["ok"]
    msg_id = caller.send_text()["msg_id"]
    kill(process)
    assert listener.pushes == []
    revived(start, caller)
    assert caller.job(msg_id)["sent"] == 300
    eventually(lambda: str(msg_id).encode() in (listener.pushes or [None])[0].body if listener.pushes else False)


def test_a_push_that_was_owed_is_delivered_after_the_restart(start: Start, listener: Listener) -> None:
    process, control = start()
    caller = Caller.of_new(control, **SPEC, push_timeout=0.2, push_gap=0.5)
    assert control.set_callback(caller.appid, listener.url, TOKEN, AES_KEY, "plain")["ok"]
    listener.delay = 1.0
    caller.send_text()
    eventually(lambda: caller.books()["pushes"] and caller.books()["pushes"][0]["attempts"])
    kill(process)
    listener.delay = 0.0
    revived(start, caller)
    eventually(lambda: caller.books()["pushes"][0]["settled"])
    assert [attempt["outcome"] for attempt in caller.books()["pushes"][0]["attempts"]] == ["no answer", "ok"]


def test_a_moved_clock_stays_moved(start: Start) -> None:
    process, control = start()
    control.advance(40 * 86_400)
    kill(process)
    assert start()[1].clock()["offset"] == pytest.approx(40 * 86_400)


def test_sigterm_ends_it_politely(start: Start) -> None:
    process, _ = start()
    process.terminate()
    assert process.wait(timeout=5) == 0


def test_a_taken_port_is_one_sentence(start: Start, tmp_path: Path) -> None:
    port = start()[1].base_url.rpartition(":")[2]
    command = [sys.executable, "-m", "wxportal.sandbox", "--port", port, "--journal", str(tmp_path / "other")]
    second = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert second.returncode == 1
    assert second.stderr.startswith("The sandbox cannot start: ")
    assert "Traceback" not in second.stderr


def test_a_second_sandbox_on_the_same_journal_is_refused(start: Start, tmp_path: Path) -> None:
    start()
    command = [sys.executable, "-m", "wxportal.sandbox", "--port", "0", "--journal", str(tmp_path / "journal")]
    second = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert second.returncode == 1
    assert "journal is in use" in second.stderr


def test_the_answer_leaves_after_the_journal(start: Start, tmp_path: Path) -> None:
    process, control = start()
    caller = Caller.of_new(control, **SPEC)
    control.fault("/cgi-bin/message/mass/sendall", "accept_then_hang_up")
    with pytest.raises(requests.ConnectionError):
        caller.send_text(clientmsgid="k1")
    kill(process)
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "journal" / "journal.jsonl").read_text().splitlines()]
    assert "mass.accepted" in kinds


# -- the file itself -------------------------------------------------------------


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path)
    yield journal
    journal.close()


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    with contextlib.closing(Journal(tmp_path)) as journal:
        journal.append({"kind": "a", "n": 1})
    with journal.path.open("a") as file:
        file.write('{"kind":"b","n"')
    with contextlib.closing(Journal(tmp_path)) as journal:
        assert [entry["n"] for entry in journal] == [1]


def test_a_refused_line_leaves_nothing_behind(journal: Journal) -> None:
    journal.append({"kind": "a"})
    limit = journal.path.stat().st_size + 10
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(OSError, match=r"space|large"):
            journal.append({"kind": "b", "long": "x" * 100})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, previous)
    journal.append({"kind": "c"})
    assert list(journal) == [{"kind": "a"}, {"kind": "c"}]


@pytest.mark.parametrize("line", ["nonsense", '{"kind":"nonsense","appid":"wx1"}', '{"appid":"wx1"}', "[]"])
def test_a_journal_that_cannot_be_read_is_one_sentence(tmp_path: Path, line: str) -> None:
    (tmp_path / "journal.jsonl").write_text(line + "\n")
    command = [sys.executable, "-m", "wxportal.sandbox", "--port", "0", "--journal", str(tmp_path)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert process.returncode == 1
    assert process.stderr.startswith("The sandbox cannot start: ")
    assert len(process.stderr.splitlines()) == 1


def call(times: int, day: str = "2026-11-24") -> dict[str, object]:
    return {"kind": "call", "appid": "wx1", "counter": "/x", "day": day, "times": times}


def test_counted_calls_are_added_up_and_the_rest_stays_in_order(journal: Journal) -> None:
    for entry in (call(1), {"kind": "a"}, call(1), {"kind": "b"}, call(1, "2026-11-25")):
        journal.append(entry)
    journal.compact()
    assert list(journal) == [{"kind": "a"}, {"kind": "b"}, call(2), call(1, "2026-11-25")]


def test_what_was_counted_before_a_clearing_stays_before_it(journal: Journal) -> None:
    for entry in (call(3), {"kind": "quota.cleared"}, call(1)):
        journal.append(entry)
    journal.compact()
    assert list(journal) == [call(3), {"kind": "quota.cleared"}, call(1)]


def test_a_long_journal_shortens_itself(journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "LONG", 10)
    for _ in range(25):
        journal.append(call(1))
    assert sum(int(str(entry["times"])) for entry in journal) == 25
    assert len(list(journal)) < 10
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.jsonl", "lock"]
