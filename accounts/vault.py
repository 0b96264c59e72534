"""Secrets at rest: AES-256-GCM, bound to the row they belong to.

A sealed secret is ``key id:base64(nonce + ciphertext + tag)``. The associated
data is table:pk:column, so a value copied to another row or column does not open.
"""

import base64
import binascii
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from wxportal.keyring import Keyring, load_keyring

NONCE_BYTES = 12  # GCM's own size


class SealBroken(Exception):
    """The value was altered, moved to another place, or sealed with a key we no longer have."""


@cache
def keyring() -> Keyring:
    """Return the installation's keys. Raises KeyringError."""
    return load_keyring(settings.VAULT_KEYS, settings.VAULT_KEYS_FILE)


def seal(secret: str, place: str) -> str:
    """Encrypt ``secret`` for ``place`` (table:pk:column); the empty string stays empty."""
    if not secret:
        return ""
    ring, nonce = keyring(), os.urandom(NONCE_BYTES)
    box = AESGCM(ring.keys[ring.current]).encrypt(nonce, secret.encode(), place.encode())
    return f"{ring.current}:{base64.b64encode(nonce + box).decode()}"


def unseal(sealed: str, place: str) -> str:
    """Decrypt what ``seal`` made for the same ``place``. Raises SealBroken."""
    if not sealed:
        return ""
    key_id, _, text = sealed.partition(":")
    try:
        raw = base64.b64decode(text, validate=True)
        opened = AESGCM(keyring().keys[key_id]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode())
    except (KeyError, binascii.Error, ValueError, InvalidTag):
        raise SealBroken(place) from None
    return opened.decode()
