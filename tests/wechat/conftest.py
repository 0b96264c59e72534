"""A client, and WeChats of our own making for it to talk to."""

import socket
from collections.abc import Callable, Iterator

import pytest

from tests.wechat.servers import RawServer, TellingWeChat
from wxportal.wechat.client import Client
from wxportal.wechat.transport import Transport

APPID = "wx0123456789abcdef"
FIRST_TOKEN, SECOND_TOKEN = "99_FIRSTtoken", "99_SECONDtoken"


class TwoTokens:
    """A token source with a second token in its pocket; counts how often it was asked for it."""

    def __init__(self) -> None:
        self.replaced: list[str] = []

    def current(self) -> str:
        return SECOND_TOKEN if self.replaced else FIRST_TOKEN

    def replace(self, rejected: str) -> str:
        self.replaced.append(rejected)
        return SECOND_TOKEN


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    """Nothing here needs Redis: the suite's fixture of this name would ask it all the same."""


@pytest.fixture
def wechat() -> Iterator[TellingWeChat]:
    with TellingWeChat() as server:
        yield server


@pytest.fixture
def tokens() -> TwoTokens:
    return TwoTokens()


@pytest.fixture
def client(wechat: TellingWeChat, tokens: TwoTokens) -> Client:
    return Client(APPID, tokens, Transport(wechat.url))


@pytest.fixture
def raw_server() -> Iterator[Callable[..., RawServer]]:
    servers: list[RawServer] = []

    def start(*scripts: Callable[[socket.socket], None]) -> RawServer:
        servers.append(RawServer(*scripts))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def closed_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
