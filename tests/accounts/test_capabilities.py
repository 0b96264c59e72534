"""What an account may do, transcribed a second time from official-account.md §11 as four columns."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import capabilities
from accounts.capabilities import Capability
from accounts.models import OfficialAccount

NOW = datetime(2026, 11, 24, tzinfo=UTC)
# Columns: unverified subscription, verified subscription, unverified service, verified service.
TABLE = {
    "mass.all": "-y-y",
    "mass.tag": "-y-y",
    "mass.list": "---y",
    "tags": "-y-y",
    "followers": "-y-y",
    "drafts": "yyyy",
    "media": "yyyy",
    "callbacks": "yyyy",
}
COLUMNS = [("subscription", False), ("subscription", True), ("service", False), ("service", True)]


def account(kind: str = "service", *, verified: bool = True, **fields: object) -> OfficialAccount:
    until = NOW + timedelta(days=100) if verified else None
    return OfficialAccount(**{"type": kind, "verified_until": until, **fields})


@pytest.mark.parametrize("capability", TABLE)
@pytest.mark.parametrize("column", range(4))
def test_the_table_is_wechats(capability: str, column: int) -> None:
    kind, verified = COLUMNS[column]
    verdict = capabilities.can(account(kind, verified=verified), capability, NOW)
    assert verdict.ok == (TABLE[capability][column] == "y")
    assert verdict.ok or (verdict.reason and verdict.way_out)


def test_every_capability_stands_in_the_table() -> None:
    assert set(TABLE) == set(Capability) == set(capabilities.RULES)


def test_a_lapsed_verification_takes_the_drafts_too() -> None:
    lapsed = account(verified_until=NOW - timedelta(days=1))
    assert capabilities.can(lapsed, "drafts", NOW) == capabilities.LAPSED
    assert capabilities.can(lapsed, "media", NOW).ok


def test_it_is_the_moment_of_sending_that_counts() -> None:
    assert capabilities.can(account(), "mass.all", NOW).ok
    assert not capabilities.can(account(), "mass.all", NOW + timedelta(days=100)).ok


def test_a_persons_account_is_told_that_it_cannot_be_verified() -> None:
    personal = account("subscription", verified=False, subject="personal")
    assert capabilities.can(personal, "tags", NOW) == capabilities.PERSONAL


def test_an_enterprise_account_can_nothing_yet() -> None:
    assert not any(capabilities.can(account("enterprise"), capability, NOW).ok for capability in Capability)


def test_an_unknown_capability_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        capabilities.can(account(), "nonsense", NOW)
