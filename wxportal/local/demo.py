"""Demo brands on the first start, and the last lines that `make run` prints: the address and who may log in."""

import subprocess
import sys
from pathlib import Path

from wxportal.local.stack import Stack
from wxportal.local.terminal import say
from wxportal.local.trouble import of_output

OFF = ("0", "no", "off", "false")
PROGRESS = "demo: "  # so begin the lines of load_demo that tell what it does; the others are the logins


def introduce(stack: Stack) -> None:
    """Load demo brands where nobody has an account yet, then say where the portal is and who may log in."""
    if _is_wanted(stack):
        _load(stack)
    logins = _note(stack)
    say()
    say(f"The portal is ready: {stack.plan.address}")
    if logins.exists():
        say(logins.read_text().rstrip())
    elif not stack.people:
        say("Nobody has an account yet: the first visitor is asked to become the administrator.")
    say(f"The follower's phone: {stack.plan.sandbox}/_sandbox/phone   Logs: {stack.plan.var / 'log'}")
    say("Ctrl-C stops everything.")


def _is_wanted(stack: Stack) -> bool:
    if stack.environment.get("WXPORTAL_DEMO", "1").lower() in OFF:
        return False
    return not stack.people or _unfinished(stack).exists()


def _unfinished(stack: Stack) -> Path:
    """Return the mark of a demo that was begun: a start stopped in the middle of it continues at the next."""
    return stack.plan.var / "demo.unfinished"


def _note(stack: Stack) -> Path:
    return stack.plan.var / "demo-logins.txt"


def _load(stack: Stack) -> None:
    _unfinished(stack).touch()
    say("  Demo brands:")
    with stack.plan.log("demo").open("w") as log:
        child = subprocess.Popen(
            [sys.executable, "manage.py", "load_demo"],
            env=stack.environment,
            cwd=stack.plan.root,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        logins = _follow(child)
    if child.returncode:
        raise of_output(stack.plan.log("demo").read_text(), f"load the demo brands (see {stack.plan.log('demo')})")
    _note(stack).write_text("".join(logins))
    _unfinished(stack).unlink()


def _follow(child: "subprocess.Popen[str]") -> list[str]:
    """Show what the command does while it does it, and return the rest of what it prints."""
    logins = []
    with child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith(PROGRESS):
                say(f"    {line.removeprefix(PROGRESS).rstrip()}")
            else:
                logins.append(line)
    return logins
