"""A mail server's address that cannot be read is named by the checks, and never stops a program from starting."""

import os
import subprocess
import sys

import pytest

from tests.ground import ROOT


@pytest.mark.parametrize("address", ["nonsense", "smtp://host:99999x"])
def test_an_absurd_mail_server_is_named(address: str) -> None:
    command = [sys.executable, "manage.py", "check", "--tag", "wxportal"]
    environment = {**os.environ, "EMAIL_URL": address}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "EMAIL_URL cannot be read" in done.stderr
    assert "Traceback" not in done.stderr
