"""The demo's brands and people."""

from accounts.models import Brand, Membership, User
from desk.demo.content import ACCOUNTS, PASSWORD, PEOPLE, DemoAccount, DemoPerson


class PeopleExist(Exception):
    """Somebody works here already: a demo login would be an open door."""


def make_brands() -> dict[str, Brand]:
    """Return the demo's brands by the key of their account."""
    return {account.key: _make_brand(account) for account in ACCOUNTS}


def make_people(brands: dict[str, Brand]) -> dict[str, User]:
    """Return the demo's people by login. Raises PeopleExist where others work, who would get unlocked neighbours."""
    if User.objects.exclude(username__in=[person.username for person in PEOPLE]).exists():
        raise PeopleExist
    return {person.username: _make_person(person, brands) for person in PEOPLE}


def _make_brand(account: DemoAccount) -> Brand:
    look = {"colour": account.colour, "initial": account.initial}
    brand, _made = Brand.objects.get_or_create(name=account.name, defaults=look)
    return brand


def _make_person(person: DemoPerson, brands: dict[str, Brand]) -> User:
    """Make one person; somebody who changed their password since keeps it."""
    facts = {
        "first_name": person.given_name,
        "last_name": person.family_name,
        "language": person.language,
        "time_zone": person.time_zone,
        "is_staff": person.administrator,
        "is_superuser": person.administrator,
    }
    user, made = User.objects.get_or_create(username=person.username, defaults=facts)
    if made:
        user.set_password(PASSWORD)
        user.save()
    for key, role in person.roles.items():
        rights = {"role": role, "may_send": person.may_send, "may_resolve": person.may_resolve}
        Membership.objects.get_or_create(user=user, brand=brands[key], defaults=rights)
    return user
