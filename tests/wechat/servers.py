"""Small WeChats for these tests: one that answers what it is told, and one that treats its callers badly."""

import json
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

FIXTURES = Path(__file__).parents[1] / "fixtures" / "wechat"


def fixture(api_path: str) -> dict[str, Any]:
    """The exchanges transcribed from WeChat's documents for one path."""
    return json.loads((FIXTURES / f"{api_path.lstrip('/')}.json").read_text())


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def parts(self) -> dict[str, Message]:
        """The multipart fields by name."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = BytesParser().parsebytes(head + self.body)
        return {part.get_param("name", header="Content-Disposition"): part for part in message.get_payload()}


class QuietServer(ThreadingHTTPServer):
    """A caller that hangs up early is part of some tests."""

    def handle_error(self, *_: object) -> None:
        pass


class TellingWeChat:
    """Answers what was queued, first in, first out; keeps every request."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._answers: deque[tuple[int, dict[str, str], bytes]] = deque()
        self._server = QuietServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def will_answer(
        self, body: Any = None, *, status: int = 200, content_type: str = "application/json", **headers: str
    ) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        self._answers.append((status, {"Content-Type": content_type, **extra}, raw))

    @property
    def last(self) -> Received:
        return self.received[-1]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                query = dict(parse_qsl(parts.query, keep_blank_values=True))
                outer.received.append(Received(self.command, parts.path, query, self.headers, body))
                status, headers, raw = outer._answers.popleft()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        return Handler


class RawServer:
    """Runs one script per connection; ``connections`` counts them."""

    def __init__(self, *scripts: Callable[[socket.socket], None]) -> None:
        self.connections = 0
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _run(self) -> None:
        for script in self._scripts:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed at the end of the test
                return
            self.connections += 1
            threading.Thread(target=self._play, args=(script, connection), daemon=True).start()

    @staticmethod
    def _play(script: Callable[[socket.socket], None], connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the caller gave up first, as some tests want
            script(connection)


def read_request(connection: socket.socket) -> bytes:
    """Read one whole request with a Content-Length, or none."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields.get(b"content-length", b"0")):
        body += connection.recv(65536)
    return body


def answer(body: bytes = b'{"errcode":0}', *, length: int | None = None, head: bytes = b"HTTP/1.1 200 OK") -> bytes:
    size = len(body) if length is None else length
    return head + b"\r\nContent-Type: application/json\r\nContent-Length: " + str(size).encode() + b"\r\n\r\n" + body
