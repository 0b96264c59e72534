"""Ids that look like WeChat's (§13): clients must be ready for their length and alphabet."""

import secrets
import string

FIRST_MSG_ID = 3147483701  # jobs sent through the API
FIRST_CONSOLE_MSG_ID = 1000000001  # jobs a person sends in WeChat's console
FIRST_MSG_DATA_ID = 2247483650
FIRST_TAG_ID = 100


def access_token() -> str:
    return f"{60 + secrets.randbelow(40)}_{secrets.token_urlsafe(102)}"


def media_id() -> str:
    return secrets.token_urlsafe(48)


def article_key() -> str:
    return secrets.token_urlsafe(16)


def appid() -> str:
    return "wx" + secrets.token_hex(8)


def secret() -> str:
    return secrets.token_hex(16)


def original_id() -> str:
    return "gh_" + secrets.token_hex(6)


def rid(now: float) -> str:
    """Three groups of eight hex digits, the first of them the unix time."""
    return f"{int(now):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"


def nonce() -> str:
    return "".join(secrets.choice(string.digits) for _ in range(10))
