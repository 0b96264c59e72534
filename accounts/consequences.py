"""Who is affected when an account loses its verification.

Apps that plan something with an account register an answer here in their
``AppConfig.ready()``; the board asks. So this app need not know theirs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import OfficialAccount


@dataclass(frozen=True)
class Affected:
    """One planned thing that cannot happen once the verification has ended."""

    name: str
    moment: datetime
    url: str


# Given accounts and the database's time: what of each account (by its number) is planned beyond the end.
Asked = Callable[[Sequence[OfficialAccount], datetime], dict[int, list[Affected]]]

_asked: list[Asked] = []


def register(answer: Asked) -> Asked:
    """Let ``answer`` be asked from now on; once, however often a module is imported."""
    if answer not in _asked:
        _asked.append(answer)
    return answer


def at_risk_of(accounts: Sequence[OfficialAccount], now: datetime) -> dict[int, list[Affected]]:
    """Return for every account what is at risk, by moment. ``now`` is the database's time, without any offset."""
    found: dict[int, list[Affected]] = {account.pk: [] for account in accounts}
    for answer in _asked:
        for number, affected in answer(accounts, now).items():
            found[number].extend(affected)
    return {number: sorted(affected, key=lambda each: each.moment) for number, affected in found.items()}


def at_risk(official_account: OfficialAccount, now: datetime) -> list[Affected]:
    """Return what of one account is at risk, by moment."""
    return at_risk_of([official_account], now)[official_account.pk]
