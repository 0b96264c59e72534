"""A sandbox of this room's own, in this process: a fresh world for every test, talked to over real HTTP."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.caller import Caller
from tests.sandbox.listener import Listener
from wxportal.sandbox.control import Control
from wxportal.sandbox.server import SandboxServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SandboxServer]:
    server = SandboxServer(("127.0.0.1", 0), tmp_path / "journal")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def sandbox(server: SandboxServer) -> Control:
    return Control(f"http://127.0.0.1:{server.port}")


@pytest.fixture
def service(sandbox: Control) -> Caller:
    """A verified service account with 100 followers, whose jobs end at once."""
    return Caller.of_new(sandbox, followers=100, refuse_share=0, error_share=0, finish_seconds=0, key_window=0)


@pytest.fixture
def subscription(sandbox: Control) -> Caller:
    """The same as a subscription account."""
    spec = {"refuse_share": 0, "error_share": 0, "finish_seconds": 0, "key_window": 0}
    return Caller.of_new(sandbox, type="subscription", followers=100, **spec)


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()
