"""Claim and arm: who may, who may not, and who wins when two try at once."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from accounts.gateway import client_for
from accounts.models import OfficialAccount
from campaigns import lifecycle
from campaigns.models import Batch, BatchLog, Campaign, QuotaHold
from campaigns.planning import quota
from campaigns.sending import calls, dispatch, drafting, incarnation, settlement
from campaigns.sending.answers import Reading, Verdict
from tests.campaigns.plans import age, campaign, fresh, later, planned
from wxportal.sandbox.control import Control
from wxportal.wechat.client import Client

S = Batch.State


def claimed(account: OfficialAccount, wechat: Client) -> Batch:
    """Return a claimed batch with its draft."""
    batch = dispatch.claim(account)
    assert batch is not None
    prepared = drafting.prepare(batch, wechat)
    assert prepared is not None
    return prepared


def set_state(batch: Batch, **values: object) -> None:
    Batch.objects.filter(pk=batch.pk).update(**values)


@pytest.mark.django_db
class TestClaim:
    def test_a_batch_is_claimed_with_a_new_epoch_and_a_lease(self, account: OfficialAccount) -> None:
        planned(account)
        batch = dispatch.claim(account)
        assert (batch.state, batch.epoch) == (S.CLAIMED, 1)
        assert timedelta(seconds=58) < batch.lease_until - timezone.now() < timedelta(seconds=61)

    def test_nothing_is_claimed_before_its_moment(self, account: OfficialAccount) -> None:
        planned(account, timezone.now() + later(300))
        assert dispatch.claim(account) is None

    def test_a_rehearsals_clock_decides_not_ours(self, account: OfficialAccount) -> None:
        planned(account, timezone.now() + later(300))
        account.clock_offset = later(301)
        account.save()
        assert dispatch.accounts_with_due_work() == [account.pk]
        assert dispatch.claim(account) is not None

    @pytest.mark.parametrize("command", [Campaign.Command.PAUSE, Campaign.Command.STOP])
    def test_nothing_is_claimed_while_not_running(self, account: OfficialAccount, command: str) -> None:
        batch = planned(account)
        Campaign.objects.filter(pk=batch.campaign_id).update(command=command)
        assert dispatch.claim(account) is None
        assert dispatch.accounts_with_due_work() == []

    def test_one_call_of_an_account_at_a_time(self, account: OfficialAccount, wechat: Client) -> None:
        planned(account), planned(account)
        first = claimed(account, wechat)
        assert dispatch.claim(account) is None
        dispatch.arm(first)
        assert dispatch.claim(account) is None

    def test_a_claim_whose_lease_is_over_is_taken_over(self, account: OfficialAccount) -> None:
        batch = planned(account)
        dispatch.claim(account)
        age(batch, 61)
        again = dispatch.claim(account)
        assert (again.pk, again.epoch) == (batch.pk, 2)

    def test_a_blocked_batch_is_claimed_when_its_time_comes(self, account: OfficialAccount) -> None:
        batch = planned(account)
        set_state(batch, state=S.BLOCKED)
        assert dispatch.claim(account) is not None

    def test_a_batch_that_waits_for_a_person_is_left_alone(self, account: OfficialAccount) -> None:
        batch = planned(account)
        set_state(batch, state=S.BLOCKED, needs_person=True)
        assert dispatch.claim(account) is None

    @pytest.mark.parametrize("until", [None, later(60)])
    def test_a_barred_account_claims_nothing(self, account: OfficialAccount, until: timedelta | None) -> None:
        planned(account)
        now = timezone.now()
        settlement.bar(account, "", until and now + until, "45009", now)
        assert dispatch.claim(account) is None

    def test_a_bar_for_another_route_bars_nothing_else(self, account: OfficialAccount) -> None:
        planned(account)
        settlement.bar(account, Batch.Route.TAG, None, "45028", timezone.now())
        assert dispatch.claim(account) is not None

    def test_a_paused_account_claims_nothing(self, account: OfficialAccount) -> None:
        planned(account)
        OfficialAccount.objects.filter(pk=account.pk).update(paused_at=timezone.now())
        assert dispatch.claim(account) is None

    def test_accounts_do_not_wait_for_each_other(
        self, account: OfficialAccount, other_account: OfficialAccount, wechat: Client
    ) -> None:
        planned(account), planned(other_account)
        dispatch.arm(claimed(account, wechat))
        assert dispatch.claim(other_account) is not None


@pytest.mark.django_db
class TestArm:
    def test_the_intent_is_written_before_the_call(self, account: OfficialAccount, wechat: Client) -> None:
        planned(account)
        batch = claimed(account, wechat)
        armed = dispatch.arm(batch)
        row = fresh(batch)
        assert (row.state, row.armed_count) == (S.ARMED, 1)
        assert row.first_armed_at == row.last_armed_at
        assert row.deadline - row.first_armed_at == timedelta(seconds=30)
        assert row.request_body.encode() == armed.request.body
        assert row.request_fingerprint == calls.fingerprint(armed.request.body)

    def test_past_ten_seconds_nothing_is_written(
        self, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        planned(account)
        armed = dispatch.arm(claimed(account, wechat))
        assert armed.write_before - time.monotonic() <= 10
        verdict = calls.call(wechat, armed.request, time.monotonic() - 0.001)
        assert verdict.reading == Reading.NOTHING_WRITTEN
        assert sandbox.ledger(account.appid) == []

    def test_a_stale_epoch_does_not_arm(self, account: OfficialAccount, wechat: Client) -> None:
        batch = planned(account)
        old = claimed(account, wechat)
        age(batch, 61)
        dispatch.claim(account)
        assert dispatch.arm(old) is None

    def test_a_lease_that_is_nearly_over_does_not_arm(self, account: OfficialAccount, wechat: Client) -> None:
        planned(account)
        batch = claimed(account, wechat)
        age(batch, 26)
        assert dispatch.arm(batch) is None

    @pytest.mark.parametrize("command", [Campaign.Command.PAUSE, Campaign.Command.STOP])
    def test_what_was_paused_or_stopped_meanwhile_does_not_arm(
        self, account: OfficialAccount, wechat: Client, command: str
    ) -> None:
        planned(account)
        batch = claimed(account, wechat)
        Campaign.objects.filter(pk=batch.campaign_id).update(command=command)
        assert dispatch.arm(batch) is None

    def test_past_the_latest_start_nothing_begins(self, account: OfficialAccount, wechat: Client) -> None:
        planned(account)
        batch = claimed(account, wechat)
        Campaign.objects.filter(pk=batch.campaign_id).update(scheduled_at=timezone.now() - later(31 * 60))
        assert dispatch.arm(batch) is None

    def test_the_latest_start_binds_no_longer_once_something_can_have_gone_out(
        self, account: OfficialAccount, wechat: Client
    ) -> None:
        planned(account)
        batch = claimed(account, wechat)
        Campaign.objects.filter(pk=batch.campaign_id).update(scheduled_at=timezone.now() - later(31 * 60))
        set_state(batch, first_armed_at=timezone.now())
        assert dispatch.arm(batch) is not None

    def test_other_content_than_was_released_does_not_arm(self, account: OfficialAccount, wechat: Client) -> None:
        planned(account)
        batch = claimed(account, wechat)
        Campaign.objects.filter(pk=batch.campaign_id).update(content_fingerprint="0" * 64)
        assert dispatch.arm(batch) is None

    def test_an_account_barred_meanwhile_does_not_arm(self, account: OfficialAccount, wechat: Client) -> None:
        planned(account)
        batch = claimed(account, wechat)
        settlement.bar(account, "", None, "50002", timezone.now())
        assert dispatch.arm(batch) is None

    def test_without_a_hold_nothing_is_armed(self, account: OfficialAccount, wechat: Client) -> None:
        planned(account)
        batch = claimed(account, wechat)
        quota.release([batch])
        QuotaHold.objects.filter(kind=QuotaHold.Kind.MONTH).update(external=4)
        assert dispatch.arm(batch) is None
        assert fresh(batch).state == S.CLAIMED

    def test_another_incarnation_does_not_arm(self, account: OfficialAccount, wechat: Client, settings: object) -> None:
        planned(account)
        batch = claimed(account, wechat)
        Path(settings.INCARNATION_FILE).write_text("another\n")
        assert dispatch.arm(batch) is None
        assert incarnation.check() != ""
        assert fresh(batch).state == S.QUARANTINED

    def test_a_refused_arming_gives_the_claim_back(
        self, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        planned(account)
        batch = dispatch.claim(account)
        Campaign.objects.filter(pk=batch.campaign_id).update(command=Campaign.Command.PAUSE)
        dispatch.send(batch, wechat)
        assert fresh(batch).state == S.PLANNED
        assert sandbox.ledger(account.appid) == []


@pytest.mark.django_db
class TestDraft:
    def test_the_draft_of_a_lost_claim_is_used_again(
        self, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        batch = planned(account)
        claimed(account, wechat)
        age(batch, 61)
        claimed(account, wechat)
        assert sandbox.books(account.appid)["drafts"] == 1

    def test_a_draft_wechat_refuses_waits_for_a_person_with_its_words(
        self, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        batch = planned(account)
        sandbox.fault("/cgi-bin/draft/add", "errcode", code=45166, appid=account.appid)
        dispatch.send_all(account, wechat)
        row = fresh(batch)
        assert (row.state, row.needs_person) == (S.BLOCKED, True)
        assert "45166" in row.last_answer

    def test_a_draft_that_got_no_answer_is_tried_again_soon(
        self, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        batch = planned(account)
        sandbox.fault("/cgi-bin/draft/add", "http", status=502, appid=account.appid)
        dispatch.send_all(account, wechat)
        row = fresh(batch)
        assert row.state == S.PLANNED
        assert row.not_before - timezone.now() < timedelta(seconds=6)


@pytest.mark.django_db
class TestConstraints:
    @pytest.mark.parametrize(
        ("state", "values", "name"),
        [
            (S.ACCEPTED, {}, "accepted_has_msg_id"),
            (S.PLANNED, {"maybe_accepted": True}, "nothing_sent_is_not_maybe_accepted"),
            (S.REJECTED, {"msg_id": 1}, "nothing_sent_is_not_maybe_accepted"),
            (S.UNKNOWN, {}, "armed_or_unknown_was_armed"),
            (S.PLANNED, {"recipients": [1]}, "recipients_fit_the_route"),
            (S.PLANNED, {"route": "list", "recipients": [1], "recipient_count": 1}, "recipients_fit_the_route"),
        ],
    )
    def test_a_bad_history_cannot_be_written(
        self, account: OfficialAccount, state: str, values: dict[str, object], name: str
    ) -> None:
        batch = planned(account)
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            set_state(batch, state=state, **values)

    def test_one_msg_id_belongs_to_one_batch(self, account: OfficialAccount) -> None:
        first, second = planned(account), planned(account)
        set_state(first, state=S.ACCEPTED, msg_id=7)
        with pytest.raises(IntegrityError, match="msg_id_once_per_account"), transaction.atomic():
            set_state(second, state=S.ACCEPTED, msg_id=7)

    def test_a_clientmsgid_is_short_ascii_and_the_same_for_the_same_intent(self, account: OfficialAccount) -> None:
        first, second = planned(account), planned(account)
        assert len(first.clientmsgid) == 32
        assert first.clientmsgid.isascii()
        assert first.clientmsgid != second.clientmsgid

    def test_every_move_leaves_a_line_in_the_diary(self, account: OfficialAccount, wechat: Client) -> None:
        batch = planned(account)
        dispatch.send_all(account, wechat)
        moves = list(BatchLog.objects.filter(batch=batch).values_list("move", "from_state", "to_state"))
        assert moves == [
            ("T1", "planned", "claimed"),
            ("draft", "claimed", "claimed"),
            ("T2", "claimed", "armed"),
            ("T4 yes", "armed", "accepted"),
        ]


def together(*acts: Callable[[], object]) -> list[object]:
    """Run all at once, each on a connection of its own, and return what each returned."""
    results: list[object] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int) -> None:
        start.wait()
        try:
            results[place] = acts[place]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_many_workers_claim_one_batch_of_an_account(self, account: OfficialAccount) -> None:
        planned(account), planned(account), planned(account)
        results = together(*[lambda: dispatch.claim(account)] * 6)
        assert sum(batch is not None for batch in results) == 1

    def test_many_workers_send_one_campaign_once(self, account: OfficialAccount, sandbox: Control) -> None:
        batch = planned(account)
        together(*[lambda: dispatch.send_all(account, client_for(account))] * 4)
        assert fresh(batch).state == S.ACCEPTED
        assert len(sandbox.ledger(account.appid)) == 1

    def test_a_stop_waits_for_an_arming_that_has_begun_and_then_sees_it(
        self, account: OfficialAccount, wechat: Client
    ) -> None:
        planned(account)
        batch = claimed(account, wechat)
        campaign = Campaign.objects.get(pk=batch.campaign_id)
        inside, done = threading.Event(), threading.Event()

        def arm_slowly() -> object:
            with transaction.atomic():
                moved = dispatch._arm(batch, calls.new_request(batch))
                inside.set()
                assert not done.wait(0.5), "the stop did not wait for the share lock"
            return moved

        def stop() -> None:
            inside.wait()
            lifecycle.stop(campaign, by=None)
            done.set()

        moved, _nothing = together(arm_slowly, stop)
        assert moved is not None
        row = fresh(batch)
        # It was armed before the stop, so the stop must not have cancelled it.
        assert (row.state, row.campaign.command) == (S.ARMED, Campaign.Command.STOP)
        assert lifecycle.word_for(row.campaign, [row], timezone.now()).key == "stopping"

    @pytest.mark.parametrize("replay", [False, True])
    @pytest.mark.parametrize("order", [lifecycle.pause, lifecycle.stop])
    def test_an_order_waits_for_an_arming_that_has_read_the_command(
        self,
        order: Callable[..., object],
        replay: bool,
        account: OfficialAccount,
        wechat: Client,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        batch = planned(account)
        if replay:
            long_ago = timezone.now() - later(3600)
            armed = {"first_armed_at": long_ago, "last_armed_at": long_ago, "deadline": long_ago}
            body = {"request_body": "{}", "request_fingerprint": calls.fingerprint(b"{}")}
            set_state(batch, state=S.UNKNOWN, maybe_accepted=True, **armed, **body)
            batch = fresh(batch)
        else:
            batch = claimed(account, wechat)
        inside, ordered = threading.Event(), threading.Event()
        moment_for = dispatch.moment_for

        def slowly(account: OfficialAccount) -> object:
            """The clock is read right after the command was."""
            inside.set()
            assert not ordered.wait(0.7), "the order did not wait for the share lock"
            return moment_for(account)

        def give_order() -> None:
            inside.wait()
            order(Campaign.objects.get(pk=batch.campaign_id), by=None)
            ordered.set()

        monkeypatch.setattr(dispatch, "moment_for", slowly)
        arm = dispatch.arm_again if replay else dispatch.arm
        armed_batch, _nothing = together(lambda: arm(batch), give_order)
        assert armed_batch is not None
        assert fresh(batch).state == S.ARMED
        assert ordered.is_set()

    def test_an_arming_that_begins_after_the_stop_finds_it(self, account: OfficialAccount, wechat: Client) -> None:
        planned(account)
        batch = claimed(account, wechat)
        inside, release = threading.Event(), threading.Event()

        def stop_slowly() -> None:
            with transaction.atomic():
                lifecycle.stop(Campaign.objects.get(pk=batch.campaign_id), by=None)
                inside.set()
                release.wait(5)

        def arm() -> object:
            inside.wait()
            threading.Timer(0.3, release.set).start()
            return dispatch.arm(batch)

        _nothing, armed = together(stop_slowly, arm)
        assert armed is None
        assert fresh(batch).state == S.CANCELLED

    def test_a_lock_that_is_not_had_in_time_does_not_arm(self, account: OfficialAccount, wechat: Client) -> None:
        planned(account)
        batch = claimed(account, wechat)
        inside, release = threading.Event(), threading.Event()

        def hold() -> None:
            with transaction.atomic():
                Campaign.objects.select_for_update().get(pk=batch.campaign_id)
                inside.set()
                release.wait(10)

        def arm() -> object:
            inside.wait()
            try:
                return dispatch.arm(batch)
            finally:
                release.set()

        _nothing, armed = together(hold, arm)
        assert armed is None
        assert fresh(batch).state == S.CLAIMED

    def test_two_people_releasing_at_once_release_once(self, account: OfficialAccount) -> None:
        plan = campaign(account)

        def release() -> bool:
            try:
                lifecycle.release(plan, by=None, version=1)
            except lifecycle.IllegalMove:
                return False
            return True

        assert sorted(map(bool, together(*[release] * 4))) == [False, False, False, True]
        assert QuotaHold.objects.filter(reserved=1).count() == 2
        assert not QuotaHold.objects.filter(reserved__gt=1).exists()

    def test_missed_waits_for_an_arming_and_then_misses_nothing(
        self, account: OfficialAccount, wechat: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = planned(account)
        rest = Batch.objects.get(pk=first.pk)
        rest.pk, rest.seq, rest.clientmsgid = None, 2, "B" * 32
        rest.save()
        batch = claimed(account, wechat)
        inside = threading.Event()
        moment_for = dispatch.moment_for

        def slowly(account: OfficialAccount) -> object:
            inside.set()
            time.sleep(0.5)
            return moment_for(account)

        def miss() -> int:
            inside.wait()
            # By the tick's own clock the latest start is just over.
            monkeypatch.setattr(lifecycle, "moment_for", lambda account: timezone.now() + later(31 * 60))
            return lifecycle._quietly(batch.campaign, lifecycle._miss)

        monkeypatch.setattr(dispatch, "moment_for", slowly)
        armed, missed = together(lambda: dispatch.arm(batch), miss)
        assert armed is not None
        assert not missed
        assert sorted(Batch.objects.values_list("state", flat=True)) == [S.ARMED, S.PLANNED]

    def test_two_answers_for_one_batch_are_both_true(self, account: OfficialAccount, wechat: Client) -> None:
        planned(account)
        armed = dispatch.arm(claimed(account, wechat))
        yes = Verdict(Reading.ACCEPTED, 77, 78, 0, "", {"errcode": 0})
        together(*[lambda: settlement.settle(armed.batch, yes, actor="test")] * 3)
        row = fresh(armed.batch)
        assert (row.state, row.msg_id) == (S.ACCEPTED, 77)
        assert QuotaHold.objects.filter(used=1, reserved=0).count() == 2
