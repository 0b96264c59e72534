"""The pages of campaigns: plan, release, watch, read; and what goes wrong on the way."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import AuditEntry, OfficialAccount, User
from campaigns import lifecycle
from campaigns.models import Batch, Campaign
from campaigns.sending import dispatch, settlement
from tests.campaigns.plans import article, campaign, fresh, people, planned, scheduled, tag
from tests.people import connect
from wxportal.celery import app
from wxportal.wechat.client import Client

pytestmark = pytest.mark.django_db
S = Batch.State


@pytest.fixture
def tea(tea_brand: object, may_send: None) -> OfficialAccount:
    """An account no test here sends from: no sandbox is needed."""
    account = connect(tea_brand)
    people(account, 50)
    return account


@pytest.fixture
def browser(client: Browser, alice: User) -> Browser:
    client.force_login(alice)
    return client


def filled_in(account: OfficialAccount, **changes: object) -> dict[str, object]:
    """Return what a person types."""
    known = {
        "name": "冬の新茶",
        "purpose": "sales",
        "article_1": article(account).pk,
        "audience": "all",
        "moment": "2030-11-26T19:00",
        "zone": "Asia/Shanghai",
        "latest_start": 30,
        "version": 1,
    }
    return {**known, **changes}


class TestPlan:
    def test_a_plan_is_saved_as_a_draft_with_its_articles_in_order(
        self, browser: Browser, tea: OfficialAccount
    ) -> None:
        second = article(tea, "二番目")
        data = filled_in(tea)
        data |= {"article_1": second.pk, "article_2": data["article_1"]}
        answer = browser.post(f"/campaigns/new/?account={tea.pk}", data)
        plan = Campaign.objects.get()
        assert answer.headers["Location"] == plan.get_absolute_url()
        assert plan.scheduled_at == datetime(2030, 11, 26, 11, 0, tzinfo=UTC)
        assert [place.article.title for place in plan.places.all()] == ["二番目", "冬の新茶"]
        assert plan.created_by.username == "alice"
        assert AuditEntry.objects.filter(action="campaign.create").exists()

    def test_what_was_typed_survives_an_error(self, browser: Browser, tea: OfficialAccount) -> None:
        answer = browser.post(f"/campaigns/new/?account={tea.pk}", filled_in(tea, audience="tag"))
        assert answer.status_code == 200
        assert "冬の新茶" in answer.content.decode()
        assert not Campaign.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"audience": "tag"}, "tag"),
            ({"article_1": ""}, "article_1"),
            ({"moment": "yesterday"}, "moment"),
            ({"latest_start": 0}, "latest_start"),
            ({"latest_start": 5000}, "latest_start"),
            ({"name": ""}, "name"),
            ({"zone": "Mars/Olympus"}, "zone"),
        ],
    )
    def test_wrong_input_is_named_at_its_field(
        self, changes: dict[str, object], field: str, browser: Browser, tea: OfficialAccount
    ) -> None:
        answer = browser.post(f"/campaigns/new/?account={tea.pk}", filled_in(tea, **changes))
        assert field in answer.context["form"].errors

    def test_an_article_stands_in_a_campaign_once(self, browser: Browser, tea: OfficialAccount) -> None:
        data = filled_in(tea)
        answer = browser.post(f"/campaigns/new/?account={tea.pk}", {**data, "article_2": data["article_1"]})
        assert "article_1" in answer.context["form"].errors

    def test_an_article_of_another_account_cannot_be_chosen(
        self, browser: Browser, tea: OfficialAccount, tea_brand: object
    ) -> None:
        other = connect(tea_brand, appid="wx" + "a" * 16)
        answer = browser.post(f"/campaigns/new/?account={tea.pk}", filled_in(tea, article_1=article(other).pk))
        assert "article_1" in answer.context["form"].errors

    def test_another_brands_account_does_not_exist(
        self, browser: Browser, tea: OfficialAccount, other_brand: object
    ) -> None:
        other = connect(other_brand, appid="wx" + "b" * 16)
        assert browser.get(f"/campaigns/new/?account={other.pk}").status_code == 404

    def test_an_hour_the_zone_jumps_over_is_refused(self, browser: Browser, alice: User, tea: OfficialAccount) -> None:
        User.objects.filter(pk=alice.pk).update(time_zone="Europe/London")
        data = filled_in(tea, moment="2030-03-31T01:30", zone="Europe/London")
        answer = browser.post(f"/campaigns/new/?account={tea.pk}", data)
        assert "moment" in answer.context["form"].errors

    def test_an_hour_that_comes_twice_means_the_first(
        self, browser: Browser, alice: User, tea: OfficialAccount
    ) -> None:
        User.objects.filter(pk=alice.pk).update(time_zone="Europe/London")
        browser.post(
            f"/campaigns/new/?account={tea.pk}", filled_in(tea, moment="2030-10-27T01:30", zone="Europe/London")
        )
        assert Campaign.objects.get().scheduled_at == datetime(2030, 10, 27, 0, 30, tzinfo=UTC)

    def test_an_hour_london_lacks_exists_in_beijing(self, browser: Browser, alice: User, tea: OfficialAccount) -> None:
        User.objects.filter(pk=alice.pk).update(time_zone="Europe/London")
        browser.post(f"/campaigns/new/?account={tea.pk}", filled_in(tea, moment="2030-03-31T01:30"))
        assert Campaign.objects.get().scheduled_at == datetime(2030, 3, 30, 17, 30, tzinfo=UTC)

    def test_the_second_of_two_editors_is_told(self, browser: Browser, tea: OfficialAccount) -> None:
        plan = campaign(tea)
        data = filled_in(tea, article_1=plan.places.get().article_id, name="first")
        assert browser.post(f"/campaigns/{plan.pk}/edit/", data).status_code == 302
        answer = browser.post(f"/campaigns/{plan.pk}/edit/", {**data, "name": "second"})
        assert "version" in answer.context["form"].errors
        assert Campaign.objects.get().name == "first"

    def test_a_released_campaign_cannot_be_changed(self, browser: Browser, tea: OfficialAccount) -> None:
        plan = scheduled(tea)
        assert browser.get(f"/campaigns/{plan.pk}/edit/").status_code == 302
        browser.post(f"/campaigns/{plan.pk}/edit/", filled_in(tea, name="changed"))
        assert Campaign.objects.get().name == "冬の新茶"


class TestRelease:
    def later(self, account: OfficialAccount, **fields: object) -> Campaign:
        return campaign(account, timezone.now() + timedelta(hours=1), **fields)

    def release(self, browser: Browser, plan: Campaign, version: object = None) -> str:
        answer = browser.post(f"/campaigns/{plan.pk}/release/", {"version": version or plan.version}, follow=True)
        return " ".join(str(message) for message in answer.context["messages"])

    def test_one_sentence_and_one_number_then_it_is_scheduled(self, browser: Browser, tea: OfficialAccount) -> None:
        plan = self.later(tea)
        shown = browser.get(f"/campaigns/{plan.pk}/").content.decode()
        assert "<strong>50 followers</strong>" in shown
        self.release(browser, plan)
        plan.refresh_from_db()
        assert (plan.status, plan.released_by.username) == (Campaign.Status.SCHEDULED, "alice")
        assert AuditEntry.objects.filter(action="campaign.release").count() == 1

    def test_a_double_click_releases_once(self, browser: Browser, tea: OfficialAccount) -> None:
        plan = self.later(tea)
        self.release(browser, plan)
        assert "already" in self.release(browser, plan)
        assert AuditEntry.objects.filter(action="campaign.release").count() == 1

    @pytest.mark.parametrize("version", ["0", "x", "²", ""])
    def test_an_older_plan_than_it_is_now_is_refused(
        self, version: str, browser: Browser, tea: OfficialAccount
    ) -> None:
        plan = self.later(tea)
        plan.version = 2
        plan.save()
        self.release(browser, plan, version or "1")
        plan.refresh_from_db()
        assert plan.status == Campaign.Status.DRAFT

    def test_a_lapsed_verification_stops_it(self, browser: Browser, tea: OfficialAccount) -> None:
        OfficialAccount.objects.update(verified_until=timezone.now() + timedelta(minutes=30))
        plan = self.later(tea)
        assert "lapsed" in self.release(browser, plan)
        plan.refresh_from_db()
        assert plan.status == Campaign.Status.DRAFT

    def test_nobody_or_one_person_stops_it(self, browser: Browser, tea: OfficialAccount) -> None:
        people(tea, 1, tag_id=101)
        assert "Nobody" in self.release(browser, self.later(tea, audience="tag", tag=tag(tea, 102, "empty")))
        assert "Only one" in self.release(browser, self.later(tea, audience="tag", tag=tag(tea, 101, "lonely")))

    def test_an_article_wechat_would_refuse_stops_it(self, browser: Browser, tea: OfficialAccount) -> None:
        plan = self.later(tea)
        plan.places.get().article.__class__.objects.update(stops=1)
        assert "not ready" in self.release(browser, plan)

    def test_a_spent_month_stops_it(self, browser: Browser, tea: OfficialAccount) -> None:
        for _send in range(4):
            scheduled(tea, timezone.now() + timedelta(hours=1))
        assert "0 of 4 left" in self.release(browser, self.later(tea))

    def test_a_paused_account_stops_it(self, browser: Browser, tea: OfficialAccount) -> None:
        OfficialAccount.objects.update(paused_at=timezone.now())
        assert "paused" in self.release(browser, self.later(tea))

    def test_who_may_not_send_sees_why(self, client: Browser, erin: User, tea: OfficialAccount) -> None:
        client.force_login(erin)
        shown = client.get(f"/campaigns/{self.later(tea).pk}/").content.decode()
        assert "Sending is a right of its own" in shown
        assert "release-dialog" not in shown


class TestWatching:
    def test_a_sent_campaign_shows_wechats_answers(
        self, browser: Browser, account: OfficialAccount, wechat: Client
    ) -> None:
        batch = planned(account)
        dispatch.send_all(account, wechat)
        shown = browser.get(f"/campaigns/{batch.campaign_id}/").content.decode()
        assert "WeChat accepted it" in shown
        assert 'hx-trigger="every 2s"' in shown

    def test_an_ended_campaign_no_longer_asks(self, browser: Browser, tea: OfficialAccount) -> None:
        batch = planned(tea)
        Batch.objects.update(state=S.DONE, outcome="success", total=50, filtered=45, sent=44, errors=1, epoch=1)
        shown = browser.get(f"/campaigns/{batch.campaign_id}/sending/").content.decode()
        assert "Finished" in shown
        assert "every 2s" not in shown
        assert "5 were left out" in shown

    def test_orders_that_ended_leave_the_page_without_a_reload(self, browser: Browser, tea: OfficialAccount) -> None:
        batch = planned(tea)
        live = f"/campaigns/{batch.campaign_id}/sending/"
        waiting = browser.get(live).content.decode()
        Batch.objects.update(state=S.DONE, outcome="success", total=50, filtered=45, sent=44, errors=1, epoch=1)
        ended = browser.get(live).content.decode()
        assert "/cancel/" in waiting
        assert 'hx-swap-oob="true"' in ended
        assert "/cancel/" not in ended

    def test_orders_are_given_once_and_said(self, browser: Browser, tea: OfficialAccount) -> None:
        batch = planned(tea)
        for order, command in [("pause", "pause"), ("resume", "run"), ("stop", "stop")]:
            browser.post(f"/campaigns/{batch.campaign_id}/{order}/")
            assert fresh(batch).campaign.command == command
        assert fresh(batch).state == S.CANCELLED

    def test_a_decision_is_recorded_with_its_reason(self, browser: Browser, tea: OfficialAccount) -> None:
        batch = planned(tea)
        armed = timezone.now() - timedelta(hours=21)
        Batch.objects.update(
            state=S.UNDECIDED, maybe_accepted=True, first_armed_at=armed, last_armed_at=armed, deadline=armed, epoch=1
        )
        shown = browser.get(f"/campaigns/{batch.campaign_id}/").content.decode()
        assert "Did this message go out?" in shown or "Record the decision" in shown
        data = {"sent": "no", "reason": "The console shows nothing at 19:00."}
        browser.post(f"/campaigns/batches/{batch.pk}/decide/", data)
        assert fresh(batch).state == S.ABANDONED
        assert batch.log.last().evidence["reason"] == data["reason"]

    def test_a_bar_is_explained_in_wechats_words(self, browser: Browser, tea: OfficialAccount) -> None:
        batch = planned(tea)
        settlement.bar(tea, "", None, "user limited", timezone.now(), 50002)
        shown = browser.get(f"/campaigns/{batch.campaign_id}/sending/").content.decode()
        assert "50002 user limited" in shown

    def test_the_list_costs_the_same_however_long_it_is(
        self, browser: Browser, tea: OfficialAccount, django_assert_max_num_queries: object
    ) -> None:
        for _campaign in range(3):
            planned(tea)
        browser.get("/campaigns/")
        with django_assert_max_num_queries(10):
            browser.get("/campaigns/")

    def test_a_dead_redis_never_fails_an_order(
        self, browser: Browser, tea: OfficialAccount, django_capture_on_commit_callbacks: Any
    ) -> None:
        plan = campaign(tea, timezone.now() + timedelta(hours=1))
        before = app.conf.broker_url
        app.conf.broker_url = "redis://127.0.0.1:1/0"
        try:
            with django_capture_on_commit_callbacks(execute=True) as nudges:
                answer = browser.post(f"/campaigns/{plan.pk}/release/", {"version": plan.version})
        finally:
            app.conf.broker_url = before
        assert (answer.status_code, len(nudges)) == (302, 1)
        assert lifecycle.word_for(Campaign.objects.get(), [], timezone.now()).key == "scheduled"
