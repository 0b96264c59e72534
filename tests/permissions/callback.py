"""WeChat's door asks for a signature; who is logged in makes no difference."""

from typing import Any

from tests.permissions.table import Row, World


def its_key(world: World) -> tuple[Any, ...]:
    return (world.official_account.callback_key,)


def a_guess(world: World) -> tuple[Any, ...]:
    return ("x" * 32,)


CLOSED = {"anonymous": 403, "viewer": 403, "editor": 403, "manager": 403, "stranger": 403}

ROWS = [
    Row("callback:door", args=its_key, **CLOSED),
    Row("callback:door", "post", args=its_key, **CLOSED),
    Row("callback:door", args=a_guess, **CLOSED),
]
