"""The one error people see: a sentence that says what is wrong and what to do."""

import errno


class Trouble(Exception):
    """The stack cannot start or go on; the text is meant for the person at the terminal."""


# What the operating system says, and what a person can do about it.
ADVICE = {
    errno.ENOSPC: "the disk is full; make room and run it again",
    errno.EDQUOT: "your disk quota is used up; make room and run it again",
    errno.EROFS: "the disk is read-only; use a checkout you can write to",
    errno.EACCES: "you may not write there; use a checkout of your own, or change the owner",
    errno.EPERM: "you may not write there; use a checkout of your own, or change the owner",
}


def of_disk(problem: OSError, doing: str) -> Trouble:
    """Return the sentence for an operating system error met while ``doing``, e.g. "write var/secrets.env"."""
    reason = ADVICE.get(problem.errno or 0, problem.strerror or str(problem))
    return Trouble(f"Cannot {doing}: {reason}.")


def of_output(text: str, doing: str) -> Trouble:
    """Return the sentence for a failed program's output: a known cause, else its last line."""
    for number, words in ((errno.ENOSPC, "no space left on device"), (errno.EROFS, "read-only file system")):
        if words in text.lower():
            return Trouble(f"Cannot {doing}: {ADVICE[number]}.")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return Trouble(f"Cannot {doing}: {lines[-1] if lines else 'no reason was given'}")
