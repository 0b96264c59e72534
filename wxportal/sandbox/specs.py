"""Shape checks of what the control API is given: a wrong setting is named, never half applied."""

import ipaddress
from dataclasses import fields
from typing import Any

from wxportal.sandbox.account import Manner

ACCOUNT_TYPES = ("service", "subscription")
MOST_FOLLOWERS = 5_000_000  # per account; beyond it nobody has measured the memory
IDENTITY: dict[str, type | tuple[type, ...]] = {
    "appid": str,
    "secret": str,
    "original_id": str,
    "seed": str,
    "name": str,
    "type": str,
    "personal": bool,
    "verified_until": (int, float, type(None)),
    "allow_list": list,
    "followers": int,
}
FIXED = ("appid", "original_id", "seed", "followers")  # given when the account is made, never changed


class BadSpec(ValueError):
    """What the control API was asked for makes no sense; the text says why."""


def check(spec: dict[str, Any], *, change: bool = False) -> dict[str, Any]:
    """``spec`` itself when every setting is known and of the right kind. Raises BadSpec."""
    kinds = {**IDENTITY, **{f.name: _kinds(f.default) for f in fields(Manner)}}
    known = kinds.keys() - FIXED if change else kinds.keys()
    if unknown := sorted(spec.keys() - known):
        raise BadSpec(f"Unknown settings: {', '.join(unknown)}.")
    for name, value in spec.items():
        if not isinstance(value, kinds[name]) or (isinstance(value, bool) and kinds[name] is not bool):
            raise BadSpec(f"`{name}` has the wrong kind of value.")
    _check_meaning(spec)
    return spec


def _kinds(default: Any) -> type | tuple[type, ...]:
    return (int, float) if isinstance(default, float) else type(default)


def _check_meaning(spec: dict[str, Any]) -> None:
    if spec.get("type", "service") not in ACCOUNT_TYPES:
        raise BadSpec(f"The type is one of {', '.join(ACCOUNT_TYPES)}.")
    if not 0 <= spec.get("followers", 0) <= MOST_FOLLOWERS:
        raise BadSpec(f"An account has 0 to {MOST_FOLLOWERS:,} followers.")
    if any(not 0 <= spec.get(share, 0) <= 1 for share in ("refuse_share", "error_share")):
        raise BadSpec("A share lies between 0 and 1.")
    if not 1 <= spec.get("page_size", 1) <= 10_000:
        raise BadSpec("A page has 1 to 10,000 openids.")
    for entry in spec.get("allow_list", []):
        _check_network(entry)


def _check_network(entry: Any) -> None:
    try:
        ipaddress.ip_network(entry, strict=False)
    except (ValueError, TypeError):
        raise BadSpec("The allow-list holds addresses and networks such as 203.0.113.0/24.") from None


def number(data: dict[str, Any], name: str, default: float, *, least: float = 0) -> float:
    """A number from a request. Raises BadSpec."""
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
        raise BadSpec(f"`{name}` is a number, at least {least}.")
    return value
