"""What a manager enters about a verification, and what the board makes of it."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import consequences, verification
from accounts.models import AuditEntry, Brand, OfficialAccount, User
from accounts.verification_log import Kind
from campaigns.models import Campaign
from tests.people import connect
from wxportal.shell.clocks import BEIJING


@pytest.fixture
def at_alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def today() -> date:
    return timezone.now().astimezone(BEIJING).date()


def enter(client: Client, account: OfficialAccount, step: str, **data: object) -> str:
    """Send one step's form; return the page that refused it, or an empty text."""
    answer = client.post(reverse("accounts:verification", args=[account.pk, step]), data)
    account.refresh_from_db()
    return answer.content.decode()


def unverify(account: OfficialAccount) -> OfficialAccount:
    OfficialAccount.objects.update(verified_until=None)
    account.refresh_from_db()
    return account


def test_from_application_to_completion_by_hand(at_alices: Client, official_account: OfficialAccount) -> None:
    account, sent = unverify(official_account), today() - timedelta(days=20)
    assert not enter(at_alices, account, "application", day=sent, fee="99", fee_currency="USD", contact="Sato")
    assert verification.state(account, timezone.now()).state == "in_review"
    assert not enter(at_alices, account, "correction", day=sent + timedelta(days=2), reason="stamp missing")
    assert not enter(at_alices, account, "completion", day=today() - timedelta(days=9))
    assert account.verification_computed
    assert verification.last_day(account.verified_until) == verification.same_day_next_year(today() - timedelta(days=9))
    page = at_alices.get(account.get_absolute_url()).content.decode()
    for words in ("Application sent", "USD 99.00", "Sato", "stamp missing", "computed", "Enter the real date"):
        assert words in page
    assert AuditEntry.objects.filter(action="account.verification").count() == 3


def test_the_real_end_takes_the_computed_mark_away(at_alices: Client, official_account: OfficialAccount) -> None:
    enter(at_alices, official_account, "completion", day=today())
    end = today() + timedelta(days=360)
    assert not enter(at_alices, official_account, "end", last_day=end)
    assert (verification.last_day(official_account.verified_until), official_account.verification_computed) == (
        end,
        False,
    )


def test_a_completion_of_last_week_corrects_an_end_entered_since(
    at_alices: Client, official_account: OfficialAccount
) -> None:
    enter(at_alices, official_account, "end", last_day=today() + timedelta(days=9))
    enter(at_alices, official_account, "completion", day=today() - timedelta(days=7))
    expected = verification.same_day_next_year(today() - timedelta(days=7))
    assert verification.last_day(official_account.verified_until) == expected


def test_a_second_completion_is_a_renewal(at_alices: Client, official_account: OfficialAccount) -> None:
    enter(at_alices, official_account, "contact", contact="Sato")
    enter(at_alices, official_account, "completion", day=today())
    assert official_account.verification_records.filter(kind=Kind.RENEWED).exists()


@pytest.mark.parametrize(
    ("step", "days", "words"),
    [
        ("completion", {"day": -3, "last_day": -4}, "The end lies before the verification"),
        ("completion", {"day": -3, "last_day": 900}, "A verification holds one year"),
        ("completion", {"day": 1}, "This day has not come yet"),
        ("application", {"day": -2000}, "Look at the year again"),
        ("end", {"last_day": 900}, "A verification holds one year"),
        ("refusal", {"day": 0}, "This field is required"),
    ],
)
def test_an_absurd_day_is_explained_and_changes_nothing(
    step: str, days: dict[str, int], words: str, at_alices: Client, official_account: OfficialAccount
) -> None:
    data = {name: today() + timedelta(days=number) for name, number in days.items()}
    assert words in enter(at_alices, official_account, step, fee_currency="CNY", **data)
    assert not official_account.verification_records.exists()


def test_an_end_before_the_completion_is_refused(at_alices: Client, official_account: OfficialAccount) -> None:
    enter(at_alices, official_account, "completion", day=today() - timedelta(days=5))
    page = enter(at_alices, official_account, "end", last_day=today() - timedelta(days=6))
    assert "it cannot end before" in page


def test_a_fourth_correction_is_refused(at_alices: Client, official_account: OfficialAccount) -> None:
    enter(at_alices, official_account, "application", day=today() - timedelta(days=9), fee_currency="CNY")
    for _number in range(3):
        assert not enter(at_alices, official_account, "correction", day=today() - timedelta(days=1), reason="x")
    assert "All three corrections" in enter(at_alices, official_account, "correction", day=today(), reason="x")


def test_a_person_cannot_apply(at_alices: Client, official_account: OfficialAccount) -> None:
    OfficialAccount.objects.update(subject="personal")
    page = enter(at_alices, official_account, "application", day=today(), fee_currency="CNY")
    assert "An account of a person cannot be verified." in page


# --- the board ---
def plan(account: OfficialAccount, name: str, days: int, status: str = "scheduled") -> Campaign:
    moment = timezone.now() + timedelta(days=days)
    facts = {"name": name, "scheduled_at": moment, "status": status, "content_fingerprint": "x"}
    return Campaign.objects.create(official_account=account, **facts)


def test_a_campaign_planned_beyond_the_end_is_at_risk_at_once(
    at_alices: Client, official_account: OfficialAccount
) -> None:
    plan(official_account, "早い", 199)
    plan(official_account, "遅い", 201)
    plan(official_account, "取消", 201, status="cancelled")
    assert "1 campaign</a>" in at_alices.get("/official-accounts/").content.decode()
    page = at_alices.get(official_account.get_absolute_url()).content.decode()
    assert "遅い" in page
    assert "早い" not in page
    assert "取消" not in page


def test_what_is_over_is_at_risk_no_more(official_account: OfficialAccount) -> None:
    OfficialAccount.objects.update(verified_until=timezone.now() - timedelta(days=5))
    official_account.refresh_from_db()
    plan(official_account, "昨日", -1)
    plan(official_account, "明日", 1)
    found = consequences.at_risk(official_account, timezone.now())
    assert [each.name for each in found] == ["明日"]


def test_where_wechat_still_answers_nothing_is_at_risk(official_account: OfficialAccount) -> None:
    OfficialAccount.objects.update(verified_until=timezone.now(), verification_undated=True)
    official_account.refresh_from_db()
    plan(official_account, "明日", 1)
    assert not consequences.at_risk(official_account, timezone.now())


def test_a_renewal_frees_it(at_alices: Client, official_account: OfficialAccount) -> None:
    plan(official_account, "遅い", 201)
    enter(at_alices, official_account, "completion", day=today())
    assert "遅い" not in at_alices.get(official_account.get_absolute_url()).content.decode()


def test_the_board_is_sorted_by_risk(at_alices: Client, tea_brand: Brand) -> None:
    now = timezone.now()
    for number, (name, days) in enumerate({"a-safe": 300, "b-open": 80, "c-lapsed": -1, "d-soon": 20}.items()):
        connect(tea_brand, appid=f"wx00000000000000{number:02}", name=name, verified_until=now + timedelta(days=days))
    page = at_alices.get("/official-accounts/").content.decode()
    places = [page.index(name) for name in ("c-lapsed", "d-soon", "b-open", "a-safe")]
    assert places == sorted(places)
