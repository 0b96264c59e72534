"""Every address of the project stands in the permission table, and answers as the table says."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Brand, OfficialAccount, User
from tests import permissions
from tests.permissions.table import Row, World

PEOPLE = {"viewer": "bob", "editor": "erin", "manager": "alice", "stranger": "charlie"}
# Django's own pages, behind one door: see test_for_everybody_but_staff_the_admin_does_not_exist.
ELSEWHERE = {"admin"}


def table() -> list[Row]:
    names = [info.name for info in pkgutil.iter_modules(permissions.__path__)]
    modules = [import_module(f"tests.permissions.{name}") for name in names]
    return [row for module in modules for row in getattr(module, "ROWS", [])]


def addresses(patterns: list[URLPattern | URLResolver], spaces: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the name of every address, with its namespaces; an address without a name as its path."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield ":".join([*spaces, pattern.name or str(pattern.pattern)])
        elif pattern.namespace not in ELSEWHERE:
            yield from addresses(pattern.url_patterns, (*spaces, pattern.namespace) if pattern.namespace else spaces)


@pytest.fixture
def world(tea_brand: Brand, official_account: OfficialAccount) -> World:
    return World(tea_brand, official_account)


def ask(client: Client, row: Row, world: World) -> int:
    address = reverse(row.name, args=row.args(world))
    data = row.data(world) if row.data else {}
    return getattr(client, row.method)(address, data).status_code


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("row", table(), ids=str)
def test_the_table_holds_for_people(
    row: Row, who: str, world: World, client: Client, request: pytest.FixtureRequest
) -> None:
    person: User = request.getfixturevalue(PEOPLE[who])
    client.force_login(person)
    assert ask(client, row, world) == getattr(row, who)


@pytest.mark.parametrize("row", table(), ids=str)
def test_the_table_holds_without_a_session(row: Row, world: World, alice: User, client: Client) -> None:
    assert ask(client, row, world) == row.anonymous


def test_every_address_stands_in_the_table() -> None:
    missing = set(addresses(get_resolver().url_patterns)) - {row.name for row in table()}
    assert not missing, "add a Row to tests/permissions/<app>.py"


def test_the_table_names_no_address_that_is_gone() -> None:
    assert {row.name for row in table()} <= set(addresses(get_resolver().url_patterns))


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/officialaccount/", "/admin/accounts/user/1/change/"])
def test_for_everybody_but_staff_the_admin_does_not_exist(path: str, client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(path).status_code == 404
