"""What people order, what the clock orders, and the one word for it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import OfficialAccount, Site
from articles import writing
from campaigns import decisions, lifecycle, tasks
from campaigns.lifecycle import IllegalMove
from campaigns.models import Bar, Batch, Campaign, HeldSlot, QuotaHold
from campaigns.planning import audience, freezing, preflight, quota
from campaigns.sending import dispatch, incarnation, settlement
from followers.models import Follower
from tests.campaigns.plans import age, article, campaign, fresh, later, people, planned, scheduled, tag
from wxportal.sandbox.control import Control
from wxportal.wechat.client import Client

pytestmark = pytest.mark.django_db
S = Batch.State
SENDALL = "/cgi-bin/message/mass/sendall"


def set_state(batch: Batch, **values: object) -> None:
    Batch.objects.filter(pk=batch.pk).update(**values)


def word(plan: Campaign) -> str:
    plan.refresh_from_db()
    return lifecycle.word_for(plan, plan.batches.all(), timezone.now()).key


class TestRelease:
    def test_it_fixes_the_content_and_holds_the_quota(self, account: OfficialAccount) -> None:
        plan = scheduled(account, timezone.now() + later(3600))
        place = plan.places.get()
        assert (plan.status, word(plan)) == (Campaign.Status.SCHEDULED, "scheduled")
        assert place.revision == place.article.latest_revision()
        assert len(plan.content_fingerprint) == 64
        assert QuotaHold.objects.filter(reserved=1).count() == 2

    def test_twice_is_refused(self, account: OfficialAccount) -> None:
        plan = scheduled(account)
        with pytest.raises(IllegalMove):
            lifecycle.release(plan, by=None, version=plan.version)
        assert QuotaHold.objects.filter(reserved=1).count() == 2

    def test_another_version_than_the_person_saw_is_refused(self, account: OfficialAccount) -> None:
        plan = campaign(account)
        with pytest.raises(IllegalMove):
            lifecycle.release(plan, by=None, version=plan.version + 1)

    def test_a_moment_that_has_passed_is_refused(self, account: OfficialAccount) -> None:
        plan = campaign(account, timezone.now() - later(31 * 60))
        with pytest.raises(IllegalMove):
            lifecycle.release(plan, by=None, version=plan.version)

    def test_without_articles_it_is_refused(self, account: OfficialAccount) -> None:
        plan = campaign(account)
        plan.places.all().delete()
        with pytest.raises(IllegalMove):
            lifecycle.release(plan, by=None, version=plan.version)

    def test_without_quota_it_is_refused_and_nothing_is_held(self, account: OfficialAccount) -> None:
        for _send in range(4):
            scheduled(account, timezone.now() + later(60))
        plan = campaign(account, timezone.now() + later(60))
        with pytest.raises(quota.NoRoom):
            lifecycle.release(plan, by=None, version=plan.version)
        assert not HeldSlot.objects.filter(campaign=plan).exists()

    def test_withdrawn_it_is_a_draft_again_and_holds_nothing(self, account: OfficialAccount) -> None:
        plan = scheduled(account, timezone.now() + later(3600))
        lifecycle.withdraw(plan, by=None)
        assert word(plan) == "draft"
        assert plan.places.get().revision is None
        assert not QuotaHold.objects.exclude(reserved=0).exists()

    def test_once_frozen_it_cannot_be_withdrawn(self, account: OfficialAccount) -> None:
        batch = planned(account)
        with pytest.raises(IllegalMove):
            lifecycle.withdraw(batch.campaign, by=None)

    def test_an_article_changed_after_release_does_not_change_what_is_sent(
        self, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        plan = scheduled(account)
        text = plan.places.get().article
        writing.save(text, {"title": "changed"}, version=text.version, by=None)
        freezing.freeze(plan.pk, account.pk)
        dispatch.send_all(account, wechat)
        assert sandbox.ledger(account.appid)[0]["titles"] == ["冬の新茶"]


class TestFreeze:
    def test_ten_minutes_before_the_moment_and_not_earlier(self, account: OfficialAccount) -> None:
        near = scheduled(account, timezone.now() + later(9 * 60))
        scheduled(account, timezone.now() + later(11 * 60))
        assert freezing.freeze_due() == 1
        assert [batch.campaign for batch in Batch.objects.all()] == [near]

    def test_only_once(self, account: OfficialAccount) -> None:
        plan = scheduled(account)
        assert freezing.freeze(plan.pk, account.pk)
        assert not freezing.freeze(plan.pk, account.pk)
        assert plan.batches.count() == 1

    def test_it_counts_the_people_and_hands_the_slots_to_the_batch(self, account: OfficialAccount) -> None:
        batch = planned(account)
        assert (batch.recipient_count, batch.campaign.audience_count) == (200, 200)
        assert batch.slots.count() == 2
        assert not HeldSlot.objects.filter(batch=None).exists()

    def test_an_audience_that_became_empty_asks_a_person(
        self, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        people(account, 2, tag_id=101)
        plan = scheduled(account, audience="tag", tag=tag(account))
        Follower.objects.filter(tag_ids__contains=[101]).update(tag_ids=[])
        assert freezing.freeze_due() == 1
        assert word(plan) == "needs-decision"
        assert dispatch.send_all(account, wechat) == 0
        assert sandbox.ledger(account.appid) == []

    def test_what_was_cancelled_is_not_frozen(self, account: OfficialAccount) -> None:
        plan = scheduled(account)
        lifecycle.cancel(plan, by=None)
        assert not freezing.freeze(plan.pk, account.pk)


class TestOrders:
    def test_cancelled_before_the_freeze(self, account: OfficialAccount) -> None:
        plan = scheduled(account, timezone.now() + later(3600))
        lifecycle.cancel(plan, by=None)
        assert word(plan) == "cancelled"
        assert not QuotaHold.objects.exclude(reserved=0).exists()

    def test_cancelled_after_the_freeze(self, account: OfficialAccount) -> None:
        batch = planned(account)
        lifecycle.cancel(batch.campaign, by=None)
        assert (fresh(batch).state, word(batch.campaign)) == (S.CANCELLED, "cancelled")
        assert not QuotaHold.objects.exclude(reserved=0).exists()

    def test_once_a_call_has_begun_it_is_stopped_not_cancelled(self, account: OfficialAccount, wechat: Client) -> None:
        batch = planned(account)
        dispatch.arm(dispatch.drafting.prepare(dispatch.claim(account), wechat))
        with pytest.raises(IllegalMove):
            lifecycle.cancel(batch.campaign, by=None)

    def test_paused_and_resumed(self, account: OfficialAccount, wechat: Client) -> None:
        batch = planned(account)
        lifecycle.pause(batch.campaign, by=None)
        assert word(batch.campaign) == "paused"
        assert dispatch.send_all(account, wechat) == 0
        lifecycle.resume(batch.campaign, by=None)
        assert dispatch.send_all(account, wechat) == 1

    def test_resume_lifts_what_waits_for_a_person(
        self, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        batch = planned(account)
        sandbox.fault(SENDALL, "errcode", code=50002, appid=account.appid)
        dispatch.send_all(account, wechat)
        assert word(batch.campaign) == "needs-decision"
        lifecycle.resume(batch.campaign, by="alice")
        assert not Bar.objects.filter(lifted_at=None).exists()
        assert dispatch.send_all(account, wechat) == 1
        assert fresh(batch).state == S.ACCEPTED

    def test_what_comes_back_from_an_arming_after_a_stop_is_cancelled_too(
        self, account: OfficialAccount, wechat: Client
    ) -> None:
        batch = planned(account)
        armed = dispatch.arm(dispatch.drafting.prepare(dispatch.claim(account), wechat))
        lifecycle.stop(batch.campaign, by=None)
        assert word(batch.campaign) == "stopping"
        dispatch.fire(dispatch.Armed(armed.batch, armed.request, 0.0), wechat)
        assert fresh(batch).state == S.PLANNED
        assert lifecycle.sweep_stopped() == 1
        assert (fresh(batch).state, word(batch.campaign)) == (S.CANCELLED, "stopped")

    def test_stopping_lasts_until_the_last_deadline(
        self, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        batch = planned(account)
        sandbox.fault(SENDALL, "hang_up_before", appid=account.appid)
        dispatch.send_all(account, wechat)
        lifecycle.stop(batch.campaign, by=None)
        assert word(batch.campaign) == "stopping"
        age(batch, 31)
        assert word(batch.campaign) == "stopped"

    @pytest.mark.parametrize("order", [lifecycle.pause, lifecycle.stop, lifecycle.resume, lifecycle.cancel])
    def test_nothing_can_be_ordered_about_a_finished_campaign(
        self, order: Callable[..., object], account: OfficialAccount
    ) -> None:
        batch = planned(account)
        set_state(batch, state=S.DONE)
        with pytest.raises(IllegalMove):
            order(batch.campaign, by=None)


class TestMissed:
    def test_what_did_not_begin_in_time_is_missed(self, account: OfficialAccount) -> None:
        batch = planned(account)
        Campaign.objects.update(scheduled_at=timezone.now() - later(31 * 60))
        assert lifecycle.expire_missed() == 1
        assert (fresh(batch).state, word(batch.campaign)) == (S.EXPIRED, "missed")
        assert not QuotaHold.objects.exclude(reserved=0).exists()

    def test_a_portal_that_was_down_meanwhile_misses_it_and_sends_nothing(self, account: OfficialAccount) -> None:
        plan = scheduled(account)
        Campaign.objects.update(scheduled_at=timezone.now() - later(31 * 60))
        tasks.look_for_due_batches()
        assert word(plan) == "missed"

    @pytest.mark.parametrize("armed", [timedelta(0), timedelta(minutes=40)])
    def test_what_can_have_gone_out_is_never_missed(self, armed: timedelta, account: OfficialAccount) -> None:
        batch = planned(account)
        moment = timezone.now() - armed
        set_state(batch, state=S.UNKNOWN, maybe_accepted=True, first_armed_at=moment, deadline=moment)
        Campaign.objects.update(scheduled_at=timezone.now() - later(31 * 60))
        assert lifecycle.expire_missed() == 0

    def test_what_is_left_of_a_campaign_that_began_is_never_missed(self, account: OfficialAccount) -> None:
        batch = planned(account)
        rest = Batch.objects.get(pk=batch.pk)
        rest.pk, rest.seq, rest.clientmsgid = None, 2, "B" * 32
        rest.save()
        set_state(batch, state=S.UNKNOWN, maybe_accepted=True, first_armed_at=timezone.now(), deadline=timezone.now())
        Campaign.objects.update(scheduled_at=timezone.now() - later(31 * 60))
        assert lifecycle.expire_missed() == 0
        assert fresh(rest).state == S.PLANNED

    def test_not_before_its_latest_start(self, account: OfficialAccount) -> None:
        planned(account, timezone.now() - later(29 * 60))
        assert lifecycle.expire_missed() == 0


class TestDecisions:
    REASON = "The console shows no such send."

    @pytest.fixture
    def undecided(self, account: OfficialAccount) -> Batch:
        batch = planned(account)
        armed = timezone.now() - later(21 * 3600)
        moments = {"first_armed_at": armed, "last_armed_at": armed, "deadline": armed}
        set_state(batch, state=S.UNDECIDED, maybe_accepted=True, armed_count=1, **moments)
        return fresh(batch)

    def test_it_needs_a_decision(self, undecided: Batch) -> None:
        assert word(undecided.campaign) == "needs-decision"

    @pytest.mark.parametrize(("sent", "state"), [(True, S.DONE), (False, S.ABANDONED)])
    def test_a_person_says_what_happened_and_the_slot_counts_as_used(
        self, sent: bool, state: str, undecided: Batch
    ) -> None:
        decisions.decide(undecided, sent=sent, reason=self.REASON, by="alice")
        assert fresh(undecided).state == state
        assert QuotaHold.objects.filter(used=1, reserved=0).count() == 2

    def test_not_within_four_hours_of_the_last_arming(self, undecided: Batch) -> None:
        set_state(undecided, last_armed_at=timezone.now() - later(4 * 3600 - 60))
        with pytest.raises(IllegalMove):
            decisions.decide(fresh(undecided), sent=False, reason=self.REASON, by="alice")
        assert fresh(undecided).state == S.UNDECIDED

    def test_without_a_reason_nothing_is_decided(self, undecided: Batch) -> None:
        with pytest.raises(IllegalMove):
            decisions.decide(undecided, sent=False, reason="ok", by="alice")

    def test_twice_is_refused(self, undecided: Batch) -> None:
        decisions.decide(undecided, sent=False, reason=self.REASON, by="alice")
        with pytest.raises(IllegalMove):
            decisions.decide(undecided, sent=True, reason=self.REASON, by="bob")

    def test_proof_that_comes_later_wins_over_abandoned(self, undecided: Batch) -> None:
        decisions.decide(undecided, sent=False, reason=self.REASON, by="alice")
        assert settlement.accept(fresh(undecided), 99, None, actor="late", evidence={})
        assert fresh(undecided).state == S.ACCEPTED

    def test_proof_that_comes_later_is_bound_to_what_was_confirmed(self, undecided: Batch) -> None:
        decisions.decide(undecided, sent=True, reason=self.REASON, by="alice")
        assert settlement.accept(fresh(undecided), 99, None, actor="late", evidence={})
        assert (fresh(undecided).state, fresh(undecided).msg_id) == (S.DONE, 99)


class TestIncarnation:
    def test_a_new_database_is_given_its_file(self, account: OfficialAccount) -> None:
        assert incarnation.check() == ""

    def test_a_restored_or_cloned_database_sends_nothing_and_sets_everything_aside(
        self, account: OfficialAccount, settings: Any
    ) -> None:
        waiting, coming = planned(account), scheduled(account, timezone.now() + later(3600))
        Path(settings.INCARNATION_FILE).write_text("another number\n7\n")
        assert dispatch.claim(account) is None
        assert incarnation.check() == incarnation.OTHER_DATABASE
        assert fresh(waiting).state == S.QUARANTINED
        assert (word(waiting.campaign), word(coming)) == ("needs-decision", "needs-decision")
        assert freezing.freeze_due() == 0
        assert "Sending is off" in str(preflight.run(coming, audience.of(coming), timezone.now()))

    def test_a_machine_without_the_file_sends_nothing_and_disturbs_nobody(
        self, account: OfficialAccount, settings: Any
    ) -> None:
        batch = planned(account)
        Path(settings.INCARNATION_FILE).unlink()
        assert dispatch.claim(account) is None
        assert incarnation.check() == incarnation.NO_FILE
        assert fresh(batch).state == S.PLANNED
        assert incarnation.why_off() == ""

    @pytest.mark.parametrize("restarted", [False, True])
    def test_a_diary_that_shrank_means_an_older_database(self, restarted: bool, account: OfficialAccount) -> None:
        batch = planned(account)
        dispatch.claim(account)
        assert incarnation.check() == ""
        batch.log.all().delete()
        if restarted:
            incarnation.forget()
        assert incarnation.check() == incarnation.OLDER_DATABASE
        assert fresh(batch).state == S.QUARANTINED

    def test_a_person_who_looked_makes_it_the_one_and_is_asked_about_every_call(
        self, account: OfficialAccount, settings: Any
    ) -> None:
        batch = planned(account)
        Path(settings.INCARNATION_FILE).write_text("another number\n7\n")
        incarnation.check()
        call_command("accept_incarnation", "--yes")
        assert incarnation.check() == ""
        row = fresh(batch)
        assert row.state == S.UNDECIDED
        # Four hours from the restore, not from an arming nobody remembers.
        assert decisions.may_be_decided_at(row) > timezone.now() + later(3 * 3600)

    def test_the_switch_in_the_admin_stops_everything(self, account: OfficialAccount) -> None:
        planned(account)
        Site.objects.update(sending_on=False, sending_off_reason="maintenance")
        assert dispatch.claim(account) is None
        assert incarnation.check() == "maintenance"
        assert Batch.objects.get().state == S.PLANNED


STATES = [*sorted({*S.values} - {S.DONE}), "success", "refused", "failed"]


def _batches(*states: str, **values: object) -> list[Batch]:
    def one(state: str) -> Batch:
        known = {"epoch": 1, "armed_count": 1, "not_before": timezone.now()}
        if state in S.values:
            return Batch(state=state, **{**known, **values})
        return Batch(state=S.DONE, outcome=state, **{**known, **values})

    return [one(state) for state in states]


@pytest.mark.parametrize(
    ("command", "states", "expected"),
    [
        ("run", ["undecided", "armed"], "needs-decision"),
        ("stop", ["quarantined"], "needs-decision"),
        ("stop", ["planned", "success"], "stopping"),
        ("stop", ["armed"], "stopping"),
        ("stop", ["blocked"], "stopping"),
        ("pause", ["planned", "accepted"], "paused"),
        ("pause", ["unknown"], "paused"),
        ("run", ["planned", "success"], "sending"),
        ("run", ["blocked"], "sending"),
        ("run", ["unknown"], "sending"),
        ("run", ["accepted", "success"], "sending"),
        ("pause", ["accepted"], "sending"),
        ("stop", ["unknown", "cancelled"], "stopped"),
        ("stop", ["accepted"], "stopped"),
        ("run", ["expired"], "missed"),
        ("stop", ["cancelled", "success"], "stopped"),
        ("run", ["success"], "finished"),
        ("run", ["success", "refused"], "partly"),
        ("run", ["success", "rejected"], "partly"),
        ("run", ["rejected"], "rejected"),
        ("run", ["refused"], "rejected"),
        ("run", ["failed"], "rejected"),
        ("run", ["rejected", "expired"], "rejected"),
        ("run", ["abandoned"], "partly"),
    ],
)
def test_the_first_line_that_holds_is_the_word(command: str, states: list[str], expected: str) -> None:
    plan = Campaign(status=Campaign.Status.SCHEDULED, command=command)
    assert lifecycle.word_for(plan, _batches(*states), timezone.now()).key == expected


@pytest.mark.parametrize("command", ["run", "pause", "stop"])
def test_every_pair_of_states_has_exactly_one_word(command: str) -> None:
    plan = Campaign(status=Campaign.Status.SCHEDULED, command=command)
    for first in STATES:
        for second in STATES:
            word = lifecycle.word_for(plan, _batches(first, second), timezone.now())
            assert word.key in lifecycle.LABELS
            finished = {first, second} == {"success"}
            assert (word.key == "finished") == finished, (first, second)


def test_the_articles_of_a_campaign_keep_their_order(account: OfficialAccount) -> None:
    plan = campaign(account)
    plan.places.create(article=article(account, "二番目"), position=2)
    assert [place.article.title for place in plan.places.all()] == ["冬の新茶", "二番目"]
