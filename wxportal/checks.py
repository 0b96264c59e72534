"""System checks for settings: a missing or absurd value is named, numbered and explained."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from wxportal.keyring import KeyringError, load_keyring

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
RECIPE = "import secrets; print(secrets.token_urlsafe(50))"
SHORTEST_SECRET = 32  # characters; Django's own generator makes 50


@register("wxportal")
def settings_make_sense(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Return one message for each setting that would hurt later."""
    return [*_unreadable(), *_secrets(), *_servers(), *_addresses(), *_sending()]


def _unreadable() -> Iterator[CheckMessage]:
    for name, wanted in settings.UNREADABLE_SETTINGS.items():
        yield Error(f"{name} cannot be read.", hint=f"Set {name} to {wanted}, or leave it out.", id="wxportal.E012")


def _secrets() -> Iterator[CheckMessage]:
    if len(settings.SECRET_KEY) < SHORTEST_SECRET:
        hint = f'Set SECRET_KEY to at least {SHORTEST_SECRET} random characters: python -c "{RECIPE}"'
        yield Error("SECRET_KEY is missing or too short.", hint=hint, id="wxportal.E001")
    try:
        load_keyring(settings.VAULT_KEYS, settings.VAULT_KEYS_FILE)
    except KeyringError as exc:
        hint = (
            "Set VAULT_KEYS to k1:<base64 of 32 random bytes>: "
            "python -c \"import base64, os; print('k1:' + base64.b64encode(os.urandom(32)).decode())\""
        )
        yield Error(f"VAULT_KEYS: {exc}", hint=hint, id="wxportal.E002")


def _servers() -> Iterator[CheckMessage]:
    if urlsplit(settings.DATABASE_URL).scheme not in ("postgres", "postgresql"):
        hint = "Set DATABASE_URL to postgres://user:password@host:5432/name; no other database is supported."
        yield Error("DATABASE_URL is missing or names no PostgreSQL.", hint=hint, id="wxportal.E003")
    if urlsplit(settings.REDIS_URL).scheme not in ("redis", "rediss", "unix"):
        hint = "Set REDIS_URL to redis://host:6379/0."
        yield Error("REDIS_URL names no Redis.", hint=hint, id="wxportal.E004")
    if not 2 <= settings.DATABASE_POOL_SIZE <= 100:
        hint = "Set DATABASE_POOL_SIZE between 2 and 100; granian's eight threads and one to spare make 10."
        yield Error("DATABASE_POOL_SIZE is absurd.", hint=hint, id="wxportal.E005")


def _addresses() -> Iterator[CheckMessage]:
    if not _is_web_address(settings.PUBLIC_BASE_URL):
        hint = "Set PUBLIC_BASE_URL to the address people and WeChat use, e.g. https://portal.example.com"
        yield Error("PUBLIC_BASE_URL is missing or no address.", hint=hint, id="wxportal.E006")
    if not settings.DEBUG and not settings.ALLOWED_HOSTS:
        hint = "Set ALLOWED_HOSTS to the host names of PUBLIC_BASE_URL, separated by commas."
        yield Error("ALLOWED_HOSTS is empty.", hint=hint, id="wxportal.E007")
    for name, number in (("WECHAT_API_BASE_URL", "E008"), ("SANDBOX_URL", "E009")):
        value = getattr(settings, name)
        if (value or name == "WECHAT_API_BASE_URL") and not _may_carry_tokens(value):
            hint = "Access tokens travel in the query: https everywhere, plain http for loopback addresses only."
            yield Error(f"{name} is no https address.", hint=hint, id=f"wxportal.{number}")


def _sending() -> Iterator[CheckMessage]:
    if settings.DISPATCH_TIME_SCALE < 1:
        hint = "Leave DISPATCH_TIME_SCALE at 1; larger values are for fault runs only."
        yield Error("DISPATCH_TIME_SCALE is absurd.", hint=hint, id="wxportal.E010")
    if (settings.DISPATCH_TIME_SCALE > 1 or settings.CRASHPOINT) and not settings.SANDBOX_URL:
        hint = "Unset DISPATCH_TIME_SCALE and CRASHPOINT wherever real followers can be reached."
        yield Warning("The sending protocol is running on shortened times.", hint=hint, id="wxportal.W011")


def _is_web_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _may_carry_tokens(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
