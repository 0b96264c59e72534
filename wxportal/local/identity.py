"""Whom the servers run as. PostgreSQL refuses to run as root, so root hands it to a user with no rights."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

OTHERS_MAY_ENTER = 0o001


@dataclass(frozen=True)
class Identity:
    """A user to run a server as, and to own its files."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Make everything under ``path`` this user's."""
        for place in (path, *path.rglob("*")):
            os.chown(place, self.uid, self.gid, follow_symlinks=False)


def unprivileged() -> Identity | None:
    """Return the user to drop to, or None when we are no root and simply stay who we are."""
    if os.geteuid() != 0:
        return None
    # Not "postgres": on a machine with a PostgreSQL of its own, that user owns real data.
    nobody = pwd.getpwnam("nobody")
    return Identity(nobody.pw_uid, nobody.pw_gid)


def can_reach(path: Path) -> bool:
    """Tell whether any user may enter every folder down to ``path`` (a checkout under /root fails this)."""
    path = path.resolve()
    return all(place.stat().st_mode & OTHERS_MAY_ENTER for place in (path, *path.parents) if place.is_dir())
