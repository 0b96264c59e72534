"""The keys that secrets at rest are encrypted with; pure Python, read once per process."""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

KEY_BYTES = 32  # AES-256


class KeyringError(ValueError):
    """The configured keys cannot be used; the text says why, without showing any."""


@dataclass(frozen=True, repr=False)
class Keyring:
    """Keys by id; ``current`` encrypts, all decrypt."""

    keys: dict[str, bytes]
    current: str


def load_keyring(line: str, file: str = "") -> Keyring:
    """Read ``k2:<base64>,k1:<base64>`` from ``line`` or, if that is empty, from ``file``; the first key encrypts.

    Raises KeyringError.
    """
    pairs = [part.strip().partition(":") for part in (line or _read(file)).split(",") if part.strip()]
    if not pairs:
        raise KeyringError("no key is set.")
    keys = {key_id: _decode(key_id, text) for key_id, _, text in pairs}
    return Keyring(keys, current=pairs[0][0])


def _read(file: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise KeyringError(f"the file cannot be read ({type(exc).__name__}).") from None


def _decode(key_id: str, text: str) -> bytes:
    if not key_id.isalnum() or len(key_id) > 8:
        raise KeyringError("a key id must be one to eight letters or digits.")
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise KeyringError(f"the key {key_id} is not base64.") from None
    if len(key) != KEY_BYTES:
        raise KeyringError(f"the key {key_id} has {len(key)} bytes instead of {KEY_BYTES}.")
    return key
