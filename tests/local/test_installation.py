"""From a bare Python to the command: one clear sentence for everything that can be missing."""

import errno
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.ground import ROOT
from wxportal.local import installation
from wxportal.local.trouble import Trouble

OLD_PYTHONS = [path for version in ("3.6", "3.8", "3.10") if (path := shutil.which(f"python{version}"))]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own, with a `.venv` to be made."""
    for name in installation.TEST:
        (tmp_path / name).write_text(f"# {name}\n")
    venv = tmp_path / ".venv"
    monkeypatch.setattr(installation, "ROOT", tmp_path)
    monkeypatch.setattr(installation, "VENV", venv)
    monkeypatch.setattr(installation, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(installation, "STAMP", venv / "wxportal-installed")
    return tmp_path


@pytest.fixture
def done(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the installation would have done, in order."""
    done: list[str] = []

    def make() -> None:
        done.append("venv")
        (checkout / ".venv" / "bin").mkdir(parents=True)
        (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)

    monkeypatch.setattr(installation, "_make_environment", make)
    monkeypatch.setattr(installation, "_install", lambda files: done.append("pip"))
    return done


def test_a_second_start_installs_nothing(done: list[str]):
    installation.provide(installation.RUN)
    installation.provide(installation.RUN)
    assert done == ["venv", "pip"]


def test_changed_requirements_are_installed_again(checkout: Path, done: list[str]):
    installation.provide(installation.RUN)
    (checkout / "requirements.txt").write_text("django\n")
    installation.provide(installation.RUN)
    assert done == ["venv", "pip", "pip"]


def test_what_the_suite_needs_is_enough_for_a_run_but_not_the_other_way_round(done: list[str]):
    installation.provide(installation.RUN)
    installation.provide(installation.TEST)
    installation.provide(installation.RUN)
    assert done == ["venv", "pip", "pip"]


def test_two_first_commands_in_a_checkout_do_not_install_into_each_other(checkout: Path, done: list[str]):
    with installation._alone():
        second = threading.Thread(target=installation.provide, args=[installation.RUN])
        second.start()
        second.join(0.3)
        assert second.is_alive(), "it must wait"
        installation._provide(installation.RUN)
    second.join(10)
    assert done == ["venv", "pip"]


def test_half_an_environment_is_made_again(checkout: Path, done: list[str]):
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").write_text("")
    assert not installation._works()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_so(checkout: Path, monkeypatch: pytest.MonkeyPatch, module: str):
    real = installation.importlib.util.find_spec
    monkeypatch.setattr(installation.importlib.util, "find_spec", lambda name: None if name == module else real(name))
    with pytest.raises(Trouble, match=f"has no {module} module; .* apt install python3-venv"):
        installation._make_environment()


def test_a_disk_too_full_for_the_packages_is_known_beforehand(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(installation.shutil, "disk_usage", lambda path: SimpleNamespace(free=58_000_000))
    with pytest.raises(Trouble, match=r"take about 400 MB .* has 58 MB left"):
        installation._make_environment()
    assert not (checkout / ".venv").exists()


def test_a_read_only_checkout_is_one_sentence(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(installation.tempfile, "NamedTemporaryFile", refuse)
    with pytest.raises(SystemExit, match=r"Cannot write to .*: the disk is read-only"):
        installation.main("run")


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        ("WARNING: Retrying: Failed to establish: Temporary failure in name resolution\nERROR: none", "go online"),
        ("ERROR: Could not find a version that satisfies x==1 (from versions: none)\nERROR: No matching", "go online"),
        ("ERROR: Package 'x' requires a different Python\nhint", "Package 'x' requires a different Python"),
    ],
)
def test_pips_last_words_become_one_sentence(output: str, sentence: str):
    assert sentence in str(installation._explain(output))
    assert "\n" not in str(installation._explain(output))


def test_pip_is_heard_while_it_works(capsys: pytest.CaptureFixture[str]):
    lines = [f"Collecting package{n} (from x)\n" for n in range(10)] + ["Installing collected packages: a, b\n"]
    assert installation._follow(lines).endswith("a, b\n")
    assert capsys.readouterr().out == "  10 packages found, now package9\n  unpacking 2 packages\n"


def test_an_old_python_can_read_the_first_file():
    """No annotations, f-strings or anything else that was not there in Python 2.7."""
    text = (ROOT / "wxportal" / "local" / "bootstrap.py").read_text()
    assert "->" not in text
    assert 'f"' not in text
    assert text.index("sys.version_info < OLDEST") < text.index("from wxportal.local.installation import main")


@pytest.mark.parametrize("python", OLD_PYTHONS)
def test_an_old_python_is_told_which_one_is_needed(python: str):
    answer = subprocess.run([python, "wxportal/local/bootstrap.py", "run"], cwd=ROOT, capture_output=True, text=True)
    if "command not found" in answer.stderr:  # a version manager's stand-in
        pytest.skip(f"{python} does not run")
    assert answer.returncode == 1
    assert answer.stderr.startswith("wxportal needs Python 3.11 or newer and this is Python 3.")


def make(directory: Path, *arguments: str, path: str) -> "subprocess.CompletedProcess[str]":
    program = shutil.which("make")
    assert program, "make is what people start everything with"
    argv = [program, "-f", str(ROOT / "Makefile"), *arguments]
    return subprocess.run(argv, cwd=directory, env={"PATH": path}, capture_output=True, text=True)


@pytest.fixture
def pythons(tmp_path: Path) -> Callable[..., str]:
    """Return a PATH on which only these Pythons are, each usable or not."""

    def put(**usable: bool) -> str:
        for name, works in usable.items():
            (tmp_path / name.replace("_", ".")).write_text(f"#!/bin/sh\nexit {0 if works else 1}\n")
            (tmp_path / name.replace("_", ".")).chmod(0o755)
        return f"{tmp_path}"

    return put


def test_make_takes_the_newest_python_that_has_a_redis_with_it(tmp_path: Path, pythons: Callable[..., str]):
    path = pythons(python3_13=True, python3_12=True, python3=True)
    assert "exec python3.12 " in make(tmp_path, "-n", "run", path=path).stdout


def test_make_passes_over_a_python_that_cannot_be_used(tmp_path: Path, pythons: Callable[..., str]):
    path = pythons(python3_12=False, python3=True)
    assert "exec python3 " in make(tmp_path, "-n", "run", path=path).stdout


def test_make_takes_an_unusable_one_at_last_so_that_it_can_say_why(tmp_path: Path, pythons: Callable[..., str]):
    assert "exec python3 " in make(tmp_path, "-n", "run", path=pythons(python3=False)).stdout


def test_make_says_so_where_there_is_no_python_at_all(tmp_path: Path):
    (tmp_path / "sh").symlink_to(shutil.which("sh"))
    answer = make(tmp_path, "run", path=str(tmp_path))
    assert "wxportal needs Python 3.11 or newer, and there is no python3 on the PATH." in answer.stdout
    assert answer.returncode != 0
