"""`python -m wxportal.sandbox --port 8091 --journal DIR`: run the sandbox until SIGTERM or Ctrl-C."""

import argparse
import signal
import sys
import tempfile
import threading
from pathlib import Path

from wxportal.sandbox.server import SandboxServer


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    folder = Path(options.journal or tempfile.mkdtemp(prefix="wxportal-sandbox-"))
    try:
        server = SandboxServer(
            (options.host, options.port), folder, callbacks_anywhere=options.allow_callbacks_anywhere
        )
    except OSError as problem:
        print(f"The sandbox cannot start: {problem}.", file=sys.stderr)
        return 1
    _stop_on_signals(server)
    print(f"Sandbox WeChat on http://{options.host}:{server.port} (phone: /_sandbox/phone)", flush=True)
    server.serve_forever()
    server.server_close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wxportal.sandbox", description="A WeChat that runs here.")
    parser.add_argument("--port", type=int, default=8091, help="0 lets the system choose; the first line printed tells")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--journal", metavar="DIR", help="folder that survives a restart; a temporary one without it")
    parser.add_argument(
        "--allow-callbacks-anywhere", action="store_true", help="push events to addresses beyond this machine, too"
    )
    return parser


def _stop_on_signals(server: SandboxServer) -> None:
    def stop(*_: object) -> None:
        # shutdown() waits for the serving loop, which runs in this very thread: it must be asked from another one.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


if __name__ == "__main__":
    sys.exit(main())
