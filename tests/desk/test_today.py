"""Today: what stands there, for whom, and how many queries it costs."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import notices
from accounts.models import Brand, Notice, OfficialAccount, Site, User
from articles.models import Article
from campaigns.models import Batch, Campaign
from campaigns.sending import incarnation
from followers.models import SyncRun
from tests.people import connect

pytestmark = pytest.mark.django_db
SOON = timedelta(hours=3)


@pytest.fixture
def campaign(official_account: OfficialAccount) -> Campaign:
    return plan(official_account)


def plan(account: OfficialAccount, **fields: object) -> Campaign:
    known = {
        "name": "冬の新茶",
        "status": "scheduled",
        "content_fingerprint": "f",
        "scheduled_at": timezone.now() + SOON,
    }
    return Campaign.objects.create(official_account=account, **{**known, **fields})


def batch(campaign: Campaign, state: str, **fields: object) -> Batch:
    now = timezone.now()
    if campaign.frozen_at is None:
        Campaign.objects.filter(pk=campaign.pk).update(frozen_at=now)
    known = {
        "campaign": campaign,
        "official_account": campaign.official_account,
        "state": state,
        "send_number": 1,
        "seq": 1,
        "route": "all",
        "recipient_count": 5,
        "clientmsgid": f"key{campaign.pk}",
        "not_before": now,
        "epoch": 1,
        "armed_count": 1,
        "first_armed_at": now,
    }
    return Batch.objects.create(**{**known, **fields})


def today(client: Client, user: User, query: str = "") -> str:
    client.force_login(user)
    answer = client.get(f"/{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_an_undecided_campaign_leads_to_its_page(client: Client, alice: User, campaign: Campaign) -> None:
    batch(campaign, "undecided", maybe_accepted=True)
    page = today(client, alice)
    assert "“冬の新茶” needs a decision." in page
    assert f'href="{campaign.get_absolute_url()}" aria-label="Decide' in page


def test_who_may_not_decide_is_led_to_see(client: Client, bob: User, campaign: Campaign) -> None:
    batch(campaign, "undecided", maybe_accepted=True)
    page = today(client, bob)
    assert 'aria-label="See: “冬の新茶”' in page
    assert "Decide" not in page


def test_what_is_most_pressing_stands_first(client: Client, alice: User, campaign: Campaign) -> None:
    batch(campaign, "undecided", maybe_accepted=True)
    page = today(client, alice)
    assert page.index("needs a decision") < page.index("the connection was never tested")


def test_a_missed_campaign_is_named(client: Client, alice: User, official_account: OfficialAccount) -> None:
    batch(plan(official_account, scheduled_at=timezone.now() - SOON), "expired", first_armed_at=None)
    assert "“冬の新茶” was missed: nothing went out" in today(client, alice)


def test_a_miss_of_last_month_is_not_named_any_more(
    client: Client, alice: User, official_account: OfficialAccount
) -> None:
    batch(plan(official_account, scheduled_at=timezone.now() - timedelta(days=40)), "expired", first_armed_at=None)
    assert "was missed" not in today(client, alice)


def test_a_draft_nobody_released_is_named(client: Client, alice: User, official_account: OfficialAccount) -> None:
    plan(official_account, status="draft")
    assert "“冬の新茶” is still a draft; it should go out in" in today(client, alice)


def test_a_verification_that_ends_soon_is_named(client: Client, alice: User, official_account: OfficialAccount) -> None:
    official_account.verified_until = timezone.now() + timedelta(days=34, hours=1)
    official_account.save()
    page = today(client, alice)
    assert "茶の間: the verification ends in 34 days" in page
    assert 'aria-label="Renew' in page


def test_a_lapsed_verification_is_named_and_nothing_is_left_to_send(
    client: Client, alice: User, official_account: OfficialAccount
) -> None:
    official_account.verified_until = timezone.now() - timedelta(days=1)
    official_account.save()
    page = today(client, alice)
    assert "the verification has lapsed" in page
    assert "and this account&#x27;s has lapsed" in page


def test_a_sync_that_stopped_says_where(client: Client, alice: User, official_account: OfficialAccount) -> None:
    SyncRun.objects.create(
        official_account=official_account, state="failed", started_at=timezone.now(), listed=412_000, total=500_000
    )
    assert "reading the followers stopped at 412,000" in today(client, alice)


def test_what_comes_next_stands_with_both_clocks(client: Client, alice: User, campaign: Campaign) -> None:
    page = today(client, alice)
    assert "Scheduled" in page
    assert "Tokyo ·" in page


def test_results_show_what_was_delivered(client: Client, alice: User, campaign: Campaign) -> None:
    batch(campaign, "done", outcome="success", msg_id=1, total=41_880, filtered=41_800, sent=41_702, errors=98)
    assert "41,702 of 41,880 delivered" in today(client, alice)


def test_what_is_left_of_the_month_is_counted(client: Client, alice: User, official_account: OfficialAccount) -> None:
    period = timezone.now().astimezone(timezone.get_fixed_timezone(480)).strftime("%Y-%m")
    official_account.quota_holds.create(kind="month", period=period, limit=4, used=1, reserved=1)
    page = today(client, alice)
    assert "2 of 4 to everybody left this month" in page
    assert page.count("desk-send-used") == page.count("desk-send-reserved") == 1


def test_a_subscription_account_counts_days(client: Client, alice: User, tea_brand: Brand) -> None:
    connect(tea_brand, type="subscription", appid="wx" + "1" * 16)
    assert "Today: one send left · tomorrow: free" in today(client, alice)


def test_charlie_sees_nothing_of_the_tea_brand(client: Client, charlie: User, campaign: Campaign) -> None:
    batch(campaign, "undecided", maybe_accepted=True)
    page = today(client, charlie)
    assert "冬の新茶" not in page
    assert "茶の間" not in page


def test_another_brand_in_the_address_shows_nothing_of_it(
    client: Client, charlie: User, campaign: Campaign, tea_brand: Brand
) -> None:
    assert "冬の新茶" not in today(client, charlie, f"?brand={tea_brand.pk}")


def test_an_administrator_can_look_at_one_brand(
    client: Client, administrator: User, campaign: Campaign, other_brand: Brand
) -> None:
    assert "冬の新茶" in today(client, administrator)
    assert "冬の新茶" not in today(client, administrator, f"?brand={other_brand.pk}")


def test_the_first_steps_lead_a_newcomer(client: Client, administrator: User) -> None:
    page = today(client, administrator)
    assert "First steps" in page
    assert 'href="/admin/accounts/brand/add/"' in page


def test_the_first_steps_go_when_they_were_walked(client: Client, alice: User, campaign: Campaign) -> None:
    account = campaign.official_account
    SyncRun.objects.create(official_account=account, state="finished", started_at=timezone.now())
    Article.objects.create(official_account=account, title="茶")
    assert "First steps" not in today(client, alice)


def test_the_number_of_queries_does_not_grow(
    client: Client, alice: User, tea_brand: Brand, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(6):
        account = connect(tea_brand, appid=f"wx{number:016d}")
        for msg_id in range(3):
            batch(plan(account), "accepted", msg_id=msg_id)
    client.force_login(alice)
    with django_assert_num_queries(20):
        assert client.get("/").status_code == 200


def test_that_sending_is_off_stands_first(client: Client, alice: User, campaign: Campaign) -> None:
    Site.current()
    incarnation.quarantine("It was restored.", timezone.now())
    page = today(client, alice)
    assert "Sending is off. It was restored." in page
    assert page.index("Sending is off.") < page.index("the connection was never tested")


def test_an_unread_reminder_stands_on_today_until_it_is_read(
    client: Client, alice: User, official_account: OfficialAccount
) -> None:
    assert official_account.verified_until is not None
    notices.remind(official_account.verified_until - timedelta(days=7))
    assert "a reminder you have not read" in today(client, alice)
    client.post(reverse("accounts:notice_read", args=[Notice.objects.get().pk]))
    assert "a reminder you have not read" not in today(client, alice)
