"""What needs a person: one line each, the most pressing first, every line with the way to act on it.

From rows only: Today never asks WeChat.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import health, verification
from accounts.clock import in_world_of
from accounts.models import Brand, OfficialAccount, User
from accounts.policies import may
from accounts.verification import State

# Rank of a line: what can still go wrong for followers first, then what stops work, then what can wait.
DECIDE, BROKEN, SOON, LATER = range(4)
KINDS = {DECIDE: "bad", BROKEN: "bad", SOON: "warn", LATER: "quiet"}


@dataclass(frozen=True)
class Need:
    """One line: whose it is, what is the matter, and where to act."""

    rank: int
    brand: Brand
    text: str
    verb: str
    url: str

    @property
    def kind(self) -> str:
        """Return the colour of the line's dot."""
        return KINDS[self.rank]


def of_accounts(user: User, accounts: list[OfficialAccount], now: datetime) -> Iterator[Need]:
    """Yield what is the matter with the accounts themselves."""
    for account in accounts:
        manages = may(user, "account.change", account.brand)
        yield from _of_verification(account, now, manages)
        yield from _of_connection(account, may(user, "account.test", account.brand))
        yield from _of_callback(account, manages)


def _of_verification(account: OfficialAccount, now: datetime, manages: bool) -> Iterator[Need]:
    found = verification.state(account, in_world_of(account, now))
    verb = _("Renew") if manages else _("See")
    if found.state == State.LAPSED:
        text = _("%(account)s: the verification has lapsed; WeChat takes no sends") % {"account": account.name}
        yield Need(BROKEN, account.brand, text, verb, account.get_absolute_url())
    elif found.state in (State.ENDING_SOON, State.RENEWAL_OPEN):
        text = ngettext(
            "%(account)s: the verification ends in %(days)d day",
            "%(account)s: the verification ends in %(days)d days",
            found.days_left or 0,
        ) % {"account": account.name, "days": found.days_left}
        yield Need(SOON, account.brand, text, verb, account.get_absolute_url())


def _of_connection(account: OfficialAccount, may_test: bool) -> Iterator[Need]:
    found = health.of_connection(account)
    if found is health.PAUSED:
        text = _("%(account)s is paused: nothing is sent from it") % {"account": account.name}
        yield Need(SOON, account.brand, text, _("See"), account.get_absolute_url())
    elif found is health.NEVER_TESTED:
        text = _("%(account)s: the connection was never tested") % {"account": account.name}
        yield Need(LATER, account.brand, text, _("Test") if may_test else _("See"), account.get_absolute_url())
    elif found.badge == health.BROKEN.badge:
        text = _sentence(account, found.word, found.note)
        yield Need(BROKEN, account.brand, text, _("See why"), account.get_absolute_url())


def _of_callback(account: OfficialAccount, manages: bool) -> Iterator[Need]:
    found = health.of_callback(account)
    if found.badge == "bad":
        text = _("%(account)s: callbacks from WeChat are turned away") % {"account": account.name}
        yield Need(SOON, account.brand, text, _("See why"), account.get_absolute_url())
    elif found is not health.RECEIVING:
        text = _("%(account)s: the callback is not set up; results come late") % {"account": account.name}
        yield Need(LATER, account.brand, text, _("Set up") if manages else _("See"), account.get_absolute_url())


def _sentence(account: OfficialAccount, word: Promise, note: Promise | str) -> str:
    return f"{account.name}: {word}. {note}" if note else f"{account.name}: {word}"
