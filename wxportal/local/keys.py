"""The keys of this checkout: made once, kept in ``var/keys.env``, readable by its owner only."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "VAULT_KEYS": lambda: "k1:" + base64.b64encode(os.urandom(32)).decode(),
    "POSTGRES_PASSWORD": lambda: secrets.token_hex(16),
    "REDIS_PASSWORD": lambda: secrets.token_hex(16),
}


def load(path: Path) -> dict[str, str]:
    """Return the keys in ``path``; missing ones are made and written before they are used."""
    known = _read(path)
    made = {name: make() for name, make in MAKERS.items() if not known.get(name)}
    if made:
        known |= made
        write(path, known)
    return known


def _read(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line)


def write(path: Path, values: dict[str, str]) -> None:
    """Write KEY=value lines at once or not at all, for our eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600, exist_ok=False)
    with unfinished.open("w") as file:
        file.write("".join(f"{name}={value}\n" for name, value in values.items()))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
