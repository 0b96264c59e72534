"""The HTTP face of the sandbox: sockets here, meaning elsewhere."""

import ipaddress
import socket
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from wxportal.sandbox import gate, jobs, phone, verification
from wxportal.sandbox.callbacks import Postman
from wxportal.sandbox.desk import Desk
from wxportal.sandbox.wire import Answer, Request, json_answer
from wxportal.sandbox.world import World

MOST_BODY = 12 * 1024 * 1024  # bytes; the largest upload WeChat takes is 10 MB
IDLE = 60  # seconds a connection may stay silent
TRICKLE_STEPS = 20  # pieces in which a slow answer arrives
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class SandboxServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], folder: Path, *, callbacks_anywhere: bool = False) -> None:
        self.world = World(folder)
        self.postman = Postman(self.world, anywhere=callbacks_anywhere)
        self.world.postman = self.postman
        self.desk = Desk(self.world, self.postman)
        super().__init__(address, Handler)
        jobs.resume(self.world)
        verification.resume(self.world)
        self.postman.resume()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def server_close(self) -> None:
        super().server_close()
        self.postman.close()
        self.world.close()


class Handler(BaseHTTPRequestHandler):
    server: SandboxServer
    protocol_version = "HTTP/1.1"
    server_version = "wxportal-sandbox"
    sys_version = ""
    timeout = IDLE
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one piece

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: addresses carry tokens."""

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            return
        request = self._request(body)
        if request.path.startswith("/_sandbox"):
            self._send(self._own_page(request))
        else:
            self._send(gate.answer(self.server.world, request))

    def _body(self) -> bytes | None:
        """The body; None when it was refused and the connection is to close."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self._refuse({"errcode": 41005, "errmsg": "media data missing"}, 200)
        elif int(length) > MOST_BODY:
            self._refuse({"errcode": 45001, "errmsg": "media size out of limit"}, 413)
        else:
            return self.rfile.read(int(length))
        return None

    def _refuse(self, words: dict[str, object], status: int) -> None:
        self.close_connection = True
        self._send(json_answer(words, status))

    def _request(self, body: bytes) -> Request:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        base = f"http://{headers.get('host', '127.0.0.1')}"
        return Request(self.command, parts.path, query, headers, body, self.client_address[0], base)

    def _own_page(self, request: Request) -> Answer:
        """Control and phone: this machine only, and no page of another origin."""
        if reason := _stranger(request):
            return json_answer({"error": reason}, 403)
        return phone.answer(self.server.world, request) or self.server.desk.answer(request)

    def _send(self, answer: Answer) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):
            if answer.ending == "hang_up":
                self._hang_up()
                return
            self._head(answer)
            self._write(answer)
        if answer.ending:
            self._hang_up()

    def _head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _write(self, answer: Answer) -> None:
        body = answer.body[: len(answer.body) // 2] if answer.ending == "cut" else answer.body
        if answer.trickle:
            self._trickle(body, answer.trickle)
        else:
            self.wfile.write(body)
        self.wfile.flush()

    def _trickle(self, body: bytes, seconds: float) -> None:
        """Spread a body over ``seconds``, so that no single read times out but the whole takes long."""
        step = max(1, len(body) // TRICKLE_STEPS)
        pieces = [body[start : start + step] for start in range(0, len(body), step)]
        for piece in pieces:
            self.wfile.flush()
            time.sleep(seconds / len(pieces))
            self.wfile.write(piece)

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _stranger(request: Request) -> str:
    """Why a request may not use the control API; "" when it may."""
    if not ipaddress.ip_address(request.peer.partition("%")[0]).is_loopback:
        return "The control API is for this machine only."
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if host not in LOOPBACK_NAMES:
        return "Call the sandbox by a loopback name."
    # A GET changes nothing and its answer stays unreadable elsewhere; a sandboxed article sends `Origin: null`.
    origin = request.headers.get("origin") if request.method != "GET" else None
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        return "A page of another origin may not use the control API."
    return ""
