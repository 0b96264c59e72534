"""One row of the permission table, and the world its addresses point into."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import Brand, OfficialAccount

LOGIN = 302  # a stranger without a session is led to the log-in


@dataclass(frozen=True)
class World:
    """What a row may point at: Alice manages the tea brand, Erin writes for it, Bob reads it, Charlie is elsewhere."""

    tea_brand: Brand
    official_account: OfficialAccount


def nothing(world: World) -> tuple[Any, ...]:
    return ()


def the_account(world: World) -> tuple[Any, ...]:
    return (world.official_account.pk,)


@dataclass(frozen=True)
class Row:
    """Status codes of one address and method, by person.

    ``args`` builds the objects the address names and returns its arguments;
    ``data`` is what is sent along. Give 302 where an act ends in a redirect.
    """

    name: str
    method: str = "get"
    args: Callable[[World], tuple[Any, ...]] = nothing
    data: Callable[[World], dict[str, Any]] | None = None
    anonymous: int = LOGIN
    viewer: int = 200
    editor: int = 200
    manager: int = 200
    stranger: int = 404

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.name}"
