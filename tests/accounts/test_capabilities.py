"""What an account may do, transcribed a second time from official-account.md §11 as four columns."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import capabilities
from accounts.capabilities import Capability
from accounts.models import OfficialAccount
from accounts.verification import State, state

NOW = datetime(2026, 11, 24, tzinfo=UTC)
# Columns: unverified subscription, verified subscription, unverified service, verified service.
TABLE = {
    "mass.all": "-y-y",
    "mass.tag": "-y-y",
    "mass.list": "---y",
    "drafts": "yyyy",
    "publishing": "-y-y",
    "callbacks": "yyyy",
    "voice": "yyyy",
    "customer_service": "-y-y",
    "web_login": "---y",
    "qr_codes": "---y",
    "location": "---y",
    "profile": "-y-y",
    "followers": "-y-y",
    "tags": "-y-y",
    "media": "yyyy",
    "pay": "---a",
    "templates": "---y",
    "menus": "-yyy",
    "menus.conditional": "-y-y",
    "comments": "-y-y",
    "statistics": "-y-y",
}
# What an account's row looks like in each state, and whether the verification holds then.
STATES: dict[State, tuple[dict[str, object], bool]] = {
    State.UNVERIFIED: ({"verified_until": None}, False),
    State.IN_REVIEW: ({"verified_until": None, "verification_in_review": True}, False),
    State.VERIFIED: ({"verified_until": NOW + timedelta(days=200)}, True),
    State.RENEWAL_OPEN: ({"verified_until": NOW + timedelta(days=60)}, True),
    State.ENDING_SOON: ({"verified_until": NOW + timedelta(minutes=1)}, True),
    State.LAPSED: ({"verified_until": NOW}, False),
    State.UNKNOWN_DATE: ({"verified_until": None, "verification_undated": True}, True),
}
SUBJECTS = ["mainland", "overseas", "government", "media", "personal"]


def account(kind: str = "service", *, verified: bool = True, **fields: object) -> OfficialAccount:
    until = NOW + timedelta(days=100) if verified else None
    return OfficialAccount(**{"type": kind, "verified_until": until, **fields})


def expected(capability: str, kind: str, where: State, subject: str) -> bool:
    """Read the table a second way: column by column, then the two exceptions of §10.2 and §11."""
    verified = STATES[where][1]
    if subject == "personal":
        column = 0
    else:
        column = {"subscription": 0, "service": 2}[kind] + (1 if verified else 0)
        if capability == "drafts" and where == State.LAPSED:
            return False
    return TABLE[capability][column] == "y"


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("where", STATES)
@pytest.mark.parametrize("kind", ["subscription", "service"])
def test_the_table_is_wechats(kind: str, where: State, subject: str) -> None:
    of_row = OfficialAccount(type=kind, subject=subject, **STATES[where][0])
    assert state(of_row, NOW).state == where
    for capability in TABLE:
        verdict = capabilities.can(of_row, capability, NOW)
        assert verdict.ok == expected(capability, kind, where, subject), capability
        assert verdict.ok or (verdict.reason and verdict.way_out)


def test_every_capability_and_every_state_stands_in_the_tables() -> None:
    assert set(TABLE) == set(Capability) == set(capabilities.RULES)
    assert set(STATES) == set(State)
    assert set(SUBJECTS) == set(OfficialAccount.Subject)


def test_there_are_nine_families() -> None:
    assert sum(rule.is_one_of_nine for rule in capabilities.RULES.values()) == 9


def test_a_lapsed_verification_takes_the_drafts_too() -> None:
    lapsed = account(verified_until=NOW - timedelta(days=1))
    assert capabilities.can(lapsed, "drafts", NOW) == capabilities.LAPSED
    assert capabilities.can(lapsed, "media", NOW).ok
    again = account(verified_until=NOW - timedelta(days=1), verification_in_review=True)
    assert capabilities.can(again, "drafts", NOW) == capabilities.LAPSED


def test_it_is_the_moment_of_sending_that_counts() -> None:
    assert capabilities.can(account(), "mass.all", NOW).ok
    assert not capabilities.can(account(), "mass.all", NOW + timedelta(days=100)).ok


def test_a_persons_account_is_told_that_it_cannot_be_verified() -> None:
    personal = account("subscription", verified=False, subject="personal")
    assert capabilities.can(personal, "tags", NOW) == capabilities.PERSONAL


@pytest.mark.parametrize(
    ("kind", "fields", "verdict"),
    [
        ("subscription", {}, capabilities.SERVICE_ONLY),
        ("subscription", {"subject": "media"}, capabilities.ON_APPLICATION),
        ("service", {}, capabilities.ON_APPLICATION),
        ("service", {"verified": False}, capabilities.NOT_VERIFIED),
        ("service", {"verified": False, "verification_in_review": True}, capabilities.IN_REVIEW),
    ],
)
def test_wechat_pay_is_given_on_application(kind: str, fields: dict, verdict: capabilities.Verdict) -> None:
    assert capabilities.can(account(kind, **fields), "pay", NOW) == verdict


def test_an_enterprise_account_can_nothing_yet() -> None:
    assert not any(capabilities.can(account("enterprise"), capability, NOW).ok for capability in Capability)


def test_an_unknown_capability_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        capabilities.can(account(), "nonsense", NOW)
