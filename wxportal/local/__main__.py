"""`python -m wxportal.local run|test|check`: what the Makefile calls once the packages are there."""

import os
import signal
import sys
from collections.abc import Callable

from wxportal.local.checks import run_checks
from wxportal.local.runner import Runner
from wxportal.local.stack import here
from wxportal.local.suite import run_tests
from wxportal.local.terminal import complain
from wxportal.local.trouble import ADVICE, Trouble, of_disk


def _run() -> int:
    return Runner(here(), os.environ).run()


COMMANDS: dict[str, Callable[[], int]] = {"run": _run, "test": run_tests, "check": run_checks}


def main(command: str) -> int:
    """Return the exit status: 0 done or stopped, 1 after one clear sentence, else that of the tool that failed."""
    # A polite kill ends a command like Ctrl-C does: what it started ends, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return COMMANDS[command]()
    except KeyboardInterrupt:
        return 130
    except Trouble as trouble:
        complain(str(trouble))
    except OSError as problem:
        if problem.errno not in ADVICE:
            raise
        complain(str(of_disk(problem, f"write {problem.filename}" if problem.filename else "go on")))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
