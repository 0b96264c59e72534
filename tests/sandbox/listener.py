"""Somebody's callback address: answers WeChat's GET and remembers every push."""

import hashlib
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

TOKEN = "wxportalTestToken01"
AES_KEY = "EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8"


@dataclass
class Pushed:
    query: dict[str, str]
    body: bytes
    content_type: str
    at: float = field(default_factory=time.monotonic)


class Listener:
    def __init__(self, answer: bytes = b"success") -> None:
        self.answer = answer
        self.status = 200
        self.delay = 0.0  # seconds before an answer
        self.trickle = 0.0  # seconds between two bytes of an answer
        self.token = TOKEN
        self.location = ""  # where a redirect points
        self.pushes: list[Pushed] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/callback/abc"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = dict(parse_qsl(urlsplit(self.path).query))
                parts = sorted([listener.token, query["timestamp"], query["nonce"]])
                right = hashlib.sha1("".join(parts).encode()).hexdigest() == query["signature"]
                self._reply(200 if right else 403, query["echostr"].encode() if right else b"")

            def do_POST(self) -> None:
                query = dict(parse_qsl(urlsplit(self.path).query))
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.pushes.append(Pushed(query, body, self.headers["Content-Type"]))
                time.sleep(listener.delay)
                self._reply(listener.status, listener.answer)

            def _reply(self, status: int, body: bytes) -> None:
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    if listener.location:
                        self.send_header("Location", listener.location)
                    self.end_headers()
                    for byte in body if listener.trickle else ():
                        time.sleep(listener.trickle)
                        self.wfile.write(bytes([byte]))
                    self.wfile.write(b"" if listener.trickle else body)
                except (BrokenPipeError, ConnectionResetError):
                    return  # the sandbox did not wait

            def log_message(self, *args: object) -> None:
                """Silence."""

        return Handler
