"""A WeChat of a few lines: answers by path, and remembers what it was asked. Only the wire is faked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "/cgi-bin/stable_token"
GOOD: dict[str, Any] = {
    TOKEN: {"access_token": "99_EXAMPLEstable", "expires_in": 7200},
    "/cgi-bin/tags/get": {"tags": [{"id": 2, "name": "星标组", "count": 0}, {"id": 100, "name": "茶会", "count": 3}]},
    "/cgi-bin/user/get": {"total": 2, "count": 2, "data": {"openid": ["oA", "oB"]}, "next_openid": "oB"},
    "/cgi-bin/draft/count": {"total_count": 4},
    "/cgi-bin/openapi/quota/get": {
        "errcode": 0,
        "errmsg": "ok",
        "quota": {"daily_limit": 100, "used": 3, "remain": 97},
    },
}


class Wire:
    """What is answered (``answers``) and what was asked (``calls``: path, access token, body)."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.answers = dict(GOOD)
        self.calls: list[tuple[str, str, bytes]] = []

    @property
    def paths(self) -> list[str]:
        return [path for path, _token, _body in self.calls]

    def refuse(self, path: str, errcode: int, errmsg: str) -> None:
        self.answers[path] = {"errcode": errcode, "errmsg": f"{errmsg} rid: 6a1f22c3-0b7d1e42-5c9a8f10"}


@contextmanager
def wechat_on_the_wire() -> Iterator[Wire]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            wire.calls.append((parts.path, parse_qs(parts.query).get("access_token", [""])[0], body))
            self._answer(wire.answers.get(parts.path, {"errcode": -1, "errmsg": "system error"}))

        do_GET = do_POST

        def _answer(self, answer: Any) -> None:
            if answer is None:
                self.close_connection = True
                return
            data = json.dumps(answer() if callable(answer) else answer, ensure_ascii=False).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    wire = Wire(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()
