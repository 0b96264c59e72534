"""What becomes of calls nobody answered: reaper, replays, 45065, people, reports."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts import inbound
from accounts.models import InboundEvent, OfficialAccount
from campaigns.models import Bar, Batch, Campaign, HeldSlot, OrphanEvent, QuotaHold
from campaigns.sending import dispatch, notes, polling, reports, resolver, settlement
from campaigns.sending.answers import Reading, Verdict
from campaigns.sending.constants import MOST_REPLAYS
from tests.campaigns.plans import age, fresh, make_replay_due, planned
from wxportal.sandbox.control import Control
from wxportal.wechat import mass
from wxportal.wechat.client import Client

pytestmark = pytest.mark.django_db
S = Batch.State
SENDALL = "/cgi-bin/message/mass/sendall"
MASS_GET = "/cgi-bin/message/mass/get"


def set_state(batch: Batch, **values: object) -> None:
    Batch.objects.filter(pk=batch.pk).update(**values)


@pytest.fixture
def unknown(account: OfficialAccount, wechat: Client, sandbox: Control) -> Batch:
    """A batch WeChat has accepted, whose answer was lost."""
    batch = planned(account)
    sandbox.fault(SENDALL, "accept_then_hang_up", appid=account.appid)
    dispatch.send_all(account, wechat)
    assert fresh(batch).state == S.UNKNOWN
    return fresh(batch)


@pytest.fixture
def lost(account: OfficialAccount, wechat: Client, sandbox: Control) -> Batch:
    """A batch whose request never arrived."""
    batch = planned(account)
    sandbox.fault(SENDALL, "hang_up_before", appid=account.appid)
    dispatch.send_all(account, wechat)
    return fresh(batch)


class TestReaper:
    def test_an_armed_batch_becomes_unknown_fifteen_seconds_after_its_deadline(
        self, account: OfficialAccount, wechat: Client
    ) -> None:
        batch = planned(account)
        prepared = dispatch.drafting.prepare(dispatch.claim(account), wechat)
        armed = dispatch.arm(prepared)
        age(batch, 44)
        assert resolver.reap(account) == 0
        age(batch, 2)
        assert resolver.reap(account) == 1
        row = fresh(batch)
        assert (row.state, row.maybe_accepted) == (S.UNKNOWN, True)
        # The worker that was given up may still bring the truth.
        settlement.settle(armed.batch, Verdict(Reading.ACCEPTED, 5, None, 0, "", {}), actor="late")
        assert fresh(batch).state == S.ACCEPTED

    def test_a_late_no_of_a_worker_that_was_given_up_changes_nothing(
        self, account: OfficialAccount, wechat: Client
    ) -> None:
        batch = planned(account)
        armed = dispatch.arm(dispatch.drafting.prepare(dispatch.claim(account), wechat))
        age(batch, 46)
        resolver.reap(account)
        settlement.settle(armed.batch, Verdict(Reading.REFUSED, None, None, 45002, "too long", {}), actor="late")
        assert fresh(batch).state == S.UNKNOWN

    def test_a_late_answer_of_an_older_epoch_does_not_move_a_newer_arming(self, lost: Batch, wechat: Client) -> None:
        make_replay_due(lost)
        assert dispatch.arm_again(fresh(lost)) is not None
        settlement.settle(lost, Verdict(Reading.UNCLEAR, evidence={}), actor="late")
        settlement.settle(lost, Verdict(Reading.NOTHING_WRITTEN, evidence={}), actor="late")
        assert fresh(lost).state == S.ARMED


class TestReplay:
    def test_not_before_its_gap(self, unknown: Batch, account: OfficialAccount, wechat: Client) -> None:
        age(unknown, 30 + 89)
        assert resolver.replay_due(account, wechat) == 0
        age(unknown, 2)
        assert resolver.replay_due(account, wechat) == 1

    def test_a_lost_answer_does_not_send_twice(
        self, unknown: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        make_replay_due(unknown)
        resolver.replay_due(account, wechat)
        (job,) = sandbox.ledger(account.appid)
        row = fresh(unknown)
        assert (row.state, row.msg_id) == (S.ACCEPTED, job["msg_id"])

    def test_a_lost_request_is_sent_by_its_replay_with_the_same_bytes(
        self, lost: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        make_replay_due(lost)
        resolver.replay_due(account, wechat)
        (job,) = sandbox.ledger(account.appid)
        row = fresh(lost)
        assert (row.state, row.msg_id, job["clientmsgid"]) == (S.ACCEPTED, job["msg_id"], lost.clientmsgid)
        assert row.request_fingerprint == lost.request_fingerprint

    def test_changed_bytes_are_never_sent_under_the_same_key(self, lost: Batch) -> None:
        set_state(lost, request_body=lost.request_body.replace("mpnews", "mpnewz"))
        make_replay_due(lost)
        with pytest.raises(dispatch.calls.RequestChanged):
            dispatch.arm_again(fresh(lost))

    @pytest.mark.parametrize("command", [Campaign.Command.PAUSE, Campaign.Command.STOP])
    def test_no_replay_while_not_running(
        self, lost: Batch, account: OfficialAccount, wechat: Client, command: str
    ) -> None:
        Campaign.objects.filter(pk=lost.campaign_id).update(command=command)
        make_replay_due(lost)
        assert resolver.replay_due(account, wechat) == 0
        assert dispatch.arm_again(fresh(lost)) is None

    def test_no_replay_while_another_call_is_on_its_way(
        self, lost: Batch, account: OfficialAccount, wechat: Client
    ) -> None:
        planned(account)
        dispatch.claim(account)
        make_replay_due(lost)
        assert resolver.replay_due(account, wechat) == 0

    def test_no_replay_while_the_account_is_barred(self, lost: Batch, account: OfficialAccount, wechat: Client) -> None:
        settlement.bar(account, "", None, "50002", timezone.now())
        make_replay_due(lost)
        assert resolver.replay_due(account, wechat) == 0

    def test_no_replay_after_twenty_hours(self, lost: Batch, account: OfficialAccount, wechat: Client) -> None:
        age(lost, 20 * 3600 + 1)
        assert resolver.replay_due(account, wechat) == 0

    def test_no_ninth_replay(self, lost: Batch, account: OfficialAccount, wechat: Client) -> None:
        set_state(lost, replays=MOST_REPLAYS)
        age(lost, 10 * 3600)
        assert resolver.replay_due(account, wechat) == 0

    def test_a_replay_holds_the_day_it_is_made_on_and_keeps_the_other(self, lost: Batch, wechat: Client) -> None:
        yesterday = HeldSlot.objects.get(batch=lost, hold__kind=QuotaHold.Kind.CALLS).hold
        QuotaHold.objects.filter(pk=yesterday.pk).update(period="2020-01-01")
        make_replay_due(lost)
        assert dispatch.arm_again(fresh(lost)) is not None
        assert HeldSlot.objects.filter(batch=lost, hold__kind=QuotaHold.Kind.CALLS).count() == 2

    def test_a_replay_without_room_is_not_made(self, lost: Batch, wechat: Client) -> None:
        HeldSlot.objects.filter(batch=lost).delete()
        QuotaHold.objects.update(external=100)
        make_replay_due(lost)
        assert dispatch.arm_again(fresh(lost)) is None

    def test_eight_lost_answers_in_a_row_are_one_message(
        self, unknown: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        for _attempt in range(7):
            sandbox.fault(SENDALL, "accept_then_hang_up", appid=account.appid)
            make_replay_due(unknown)
            resolver.replay_due(account, wechat)
        make_replay_due(unknown)
        resolver.replay_due(account, wechat)
        assert fresh(unknown).state == S.ACCEPTED
        assert len(sandbox.ledger(account.appid)) == 1


class TestGivingUp:
    def test_after_twenty_hours_people_are_asked(self, lost: Batch, account: OfficialAccount) -> None:
        age(lost, 20 * 3600 - 10)
        assert resolver.give_up(account) == 0
        age(lost, 11)
        assert resolver.give_up(account) == 1
        assert fresh(lost).state == S.UNDECIDED
        assert fresh(lost).slots.exists()

    def test_when_the_replays_are_used_up_people_are_asked(self, lost: Batch, account: OfficialAccount) -> None:
        set_state(lost, replays=MOST_REPLAYS)
        assert resolver.give_up(account) == 1

    def test_proof_still_wins_afterwards(self, lost: Batch, account: OfficialAccount) -> None:
        age(lost, 20 * 3600 + 1)
        resolver.give_up(account)
        assert settlement.accept(fresh(lost), 99, None, actor="late", evidence={})
        assert fresh(lost).state == S.ACCEPTED


class TestNotes:
    """45065 with an id nobody has is noted, and believed only with proof."""

    def other_open(self, account: OfficialAccount, **values: object) -> Batch:
        other = planned(account)
        known = {"state": S.UNKNOWN, "maybe_accepted": True, "first_armed_at": timezone.now()}
        set_state(other, **{**known, **values})
        return fresh(other)

    def test_an_id_mass_get_knows_is_believed(self, unknown: Batch, account: OfficialAccount, wechat: Client) -> None:
        make_replay_due(unknown)
        resolver.replay_due(account, wechat)
        assert fresh(unknown).noted_msg_id is None
        assert fresh(unknown).state == S.ACCEPTED

    def test_45065_alone_is_no_proof(
        self, unknown: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        self.other_open(account)
        make_replay_due(unknown)
        assert resolver.replay_due(account, wechat) == 1
        (job,) = sandbox.ledger(account.appid)
        row = fresh(unknown)
        assert (row.state, row.msg_id, row.noted_msg_id, row.last_errcode) == (S.UNKNOWN, None, job["msg_id"], 45065)

    def test_an_id_mass_get_does_not_know_is_forgotten(
        self, unknown: Batch, account: OfficialAccount, wechat: Client
    ) -> None:
        set_state(unknown, noted_msg_id=4711)
        assert notes.believe_notes(account, wechat, actor="test") == 0
        assert (fresh(unknown).state, fresh(unknown).noted_msg_id) == (S.UNKNOWN, None)

    def test_an_id_mass_get_cannot_be_asked_about_stays_noted(
        self, unknown: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        set_state(unknown, noted_msg_id=4711)
        sandbox.fault(MASS_GET, "http", status=503, appid=account.appid)
        assert notes.believe_notes(account, wechat, actor="test") == 0
        assert fresh(unknown).noted_msg_id == 4711

    @pytest.mark.parametrize("state", [S.UNKNOWN, S.UNDECIDED, S.ABANDONED, S.ARMED])
    def test_not_while_another_open_batch_may_own_it(
        self, state: str, unknown: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        (job,) = sandbox.ledger(account.appid)
        set_state(unknown, noted_msg_id=job["msg_id"])
        armed = {"deadline": timezone.now(), "request_fingerprint": "x"} if state == S.ARMED else {}
        self.other_open(account, state=state, **armed)
        assert notes.believe_notes(account, wechat, actor="test") == 0
        assert fresh(unknown).state == S.UNKNOWN

    def test_not_when_two_open_batches_noted_the_same(
        self, unknown: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        (job,) = sandbox.ledger(account.appid)
        set_state(unknown, noted_msg_id=job["msg_id"])
        self.other_open(account, noted_msg_id=job["msg_id"])
        assert notes.believe_notes(account, wechat, actor="test") == 0

    def test_not_when_its_report_is_about_another_number_of_people(
        self, unknown: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        (job,) = sandbox.ledger(account.appid)
        set_state(unknown, noted_msg_id=job["msg_id"])
        orphan(account, job["msg_id"], total=20_000)
        assert notes.believe_notes(account, wechat, actor="test") == 0

    def test_an_id_of_another_batch_is_not_noted(
        self, lost: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        other = planned(account)
        set_state(other, state=S.ACCEPTED, msg_id=31)
        make_replay_due(lost)
        armed = dispatch.arm_again(fresh(lost))
        settlement.settle(armed.batch, Verdict(Reading.DUPLICATE, 31, None, 45065, "exist", {}), actor="test")
        assert (fresh(lost).state, fresh(lost).noted_msg_id) == (S.UNKNOWN, None)

    def test_a_replay_forgets_the_note(self, unknown: Batch) -> None:
        set_state(unknown, noted_msg_id=4711)
        make_replay_due(unknown)
        assert dispatch.arm_again(fresh(unknown)).batch.noted_msg_id is None

    def test_another_id_for_an_accepted_batch_stops_the_account(
        self, unknown: Batch, account: OfficialAccount, wechat: Client
    ) -> None:
        assert settlement.accept(unknown, 5, None, actor="test", evidence={})
        assert not settlement.accept(fresh(unknown), 6, None, actor="test", evidence={})
        assert fresh(unknown).msg_id == 5
        assert Bar.objects.filter(official_account=account, until=None).exists()
        planned(account)
        assert dispatch.claim(account) is None

    def test_an_id_that_is_bound_to_another_batch_stops_the_account(
        self, unknown: Batch, account: OfficialAccount
    ) -> None:
        other = planned(account)
        set_state(other, state=S.ACCEPTED, msg_id=31)
        assert not settlement.accept(unknown, 31, None, actor="test", evidence={})
        assert fresh(unknown).state == S.UNKNOWN
        assert Bar.objects.filter(official_account=account, until=None).exists()


def orphan(account: OfficialAccount, msg_id: int, *, signed: bool = True, total: int = 200) -> OrphanEvent:
    report = {"status": "send success", "total": total, "filtered": 190, "sent": 189, "errors": 1, "urls": ["u"]}
    now = timezone.now()
    return OrphanEvent.objects.create(
        official_account=account, msg_id=msg_id, signed=signed, report=report, created_at=now, received_at=now
    )


def event(account: OfficialAccount, msg_id: int, *, status: str = "send success", signed: bool = True) -> None:
    """Deliver a report as the callback door stores it."""
    xml = f"""<xml><ToUserName>{account.original_id}</ToUserName><FromUserName>oHELPER</FromUserName>
    <CreateTime>{int(datetime.now(tz=UTC).timestamp())}</CreateTime><MsgType>event</MsgType>
    <Event>MASSSENDJOBFINISH</Event><MsgID>{msg_id}</MsgID><Status>{status}</Status><TotalCount>200</TotalCount>
    <FilterCount>190</FilterCount><SentCount>189</SentCount><ErrorCount>1</ErrorCount><ArticleUrlResult><ResultList>
    <item><ArticleIdx>1</ArticleIdx><ArticleUrl>http://mp.weixin.qq.com/s/A</ArticleUrl></item></ResultList>
    </ArticleUrlResult></xml>"""
    now = timezone.now()
    row = InboundEvent.objects.create(
        official_account=account,
        dedupe_key=f"{msg_id}-{InboundEvent.objects.count()}",
        kind="MASSSENDJOBFINISH",
        payload=xml,
        signed=signed,
        created_at=now,
        received_at=now,
    )
    assert inbound.deliver(row.pk, now)


@pytest.fixture
def accepted(account: OfficialAccount, wechat: Client) -> Batch:
    batch = planned(account)
    dispatch.send_all(account, wechat)
    return fresh(batch)


class TestReports:
    def test_a_report_finishes_the_batch_with_wechats_numbers(self, accepted: Batch, account: OfficialAccount) -> None:
        event(account, accepted.msg_id)
        row = fresh(accepted)
        assert (row.state, row.outcome) == (S.DONE, Batch.Outcome.PARTIAL)
        assert (row.total, row.filtered, row.sent, row.errors) == (200, 190, 189, 1)
        assert row.article_urls == ["http://mp.weixin.qq.com/s/A"]

    def test_a_second_report_changes_nothing(self, accepted: Batch, account: OfficialAccount) -> None:
        event(account, accepted.msg_id)
        lines = accepted.log.count()
        event(account, accepted.msg_id)
        assert accepted.log.count() == lines

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("send fail", Batch.Outcome.FAILED),
            ("err(10001)", Batch.Outcome.REFUSED),
            ("err(30003)", Batch.Outcome.REFUSED),
            ("err(40001)", Batch.Outcome.REFUSED),
            ("err(40002)", Batch.Outcome.FAILED),
            ("err(30001)", Batch.Outcome.FAILED),
            ("something new", Batch.Outcome.FAILED),
        ],
    )
    def test_every_status_has_its_outcome(
        self, status: str, outcome: str, accepted: Batch, account: OfficialAccount
    ) -> None:
        event(account, accepted.msg_id, status=status)
        assert (fresh(accepted).outcome, fresh(accepted).raw_status) == (outcome, status)

    def test_a_report_before_the_answer_waits_and_is_matched_when_the_id_is_bound(
        self, unknown: Batch, account: OfficialAccount
    ) -> None:
        event(account, 4242)
        assert OrphanEvent.objects.get().batch is None
        settlement.accept(unknown, 4242, None, actor="test", evidence={})
        assert (fresh(unknown).state, fresh(unknown).sent) == (S.DONE, 189)
        assert OrphanEvent.objects.get().batch == unknown

    def test_a_report_that_crossed_the_answer_is_matched_by_the_next_pass(
        self, accepted: Batch, account: OfficialAccount
    ) -> None:
        orphan(account, accepted.msg_id)
        assert account.pk in resolver.accounts_with_open_questions()
        assert resolver.match_reports(account) == 1
        assert fresh(accepted).state == S.DONE

    def test_an_unsigned_report_alone_settles_nothing(self, accepted: Batch, account: OfficialAccount) -> None:
        event(account, accepted.msg_id, signed=False)
        resolver.match_reports(account)
        assert fresh(accepted).state == S.ACCEPTED

    def test_an_unsigned_report_counts_once_mass_get_agrees(
        self, accepted: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        event(account, accepted.msg_id, signed=False)
        wait_for_the_end(sandbox, account)
        age(accepted, 121)
        polling.poll(account, wechat)
        assert (fresh(accepted).state, fresh(accepted).sent) == (S.DONE, 189)

    def test_an_unsigned_report_that_says_otherwise_is_not_believed(
        self, accepted: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        event(account, accepted.msg_id, status="send fail", signed=False)
        wait_for_the_end(sandbox, account)
        age(accepted, 121)
        polling.poll(account, wechat)
        assert (fresh(accepted).outcome, fresh(accepted).sent) == (Batch.Outcome.SUCCESS, None)

    def test_a_send_from_the_console_is_counted(self, account: OfficialAccount) -> None:
        event(account, 1_000_000_001)
        resolver.match_reports(account)
        resolver.match_reports(account)
        assert QuotaHold.objects.get(kind=QuotaHold.Kind.MONTH).external == 1

    def test_it_is_not_counted_while_it_may_be_ours_and_taken_back_when_it_was(
        self, unknown: Batch, account: OfficialAccount
    ) -> None:
        event(account, 4242)
        resolver.match_reports(account)
        assert QuotaHold.objects.get(kind=QuotaHold.Kind.MONTH).external == 0
        reports.book_foreign(account, Batch.objects.none())
        assert QuotaHold.objects.get(kind=QuotaHold.Kind.MONTH).external == 1
        settlement.accept(unknown, 4242, None, actor="test", evidence={})
        assert QuotaHold.objects.get(kind=QuotaHold.Kind.MONTH).external == 0


def wait_for_the_end(sandbox: Control, account: OfficialAccount) -> None:
    import time

    until = time.monotonic() + 5
    while time.monotonic() < until and any(job["status"] == "sending" for job in sandbox.ledger(account.appid)):
        time.sleep(0.05)


class TestPolling:
    def test_nobody_is_asked_before_two_minutes(
        self, accepted: Batch, account: OfficialAccount, wechat: Client
    ) -> None:
        assert polling.accounts_to_ask() == []
        assert polling.poll(account, wechat) == 0

    def test_without_a_report_mass_get_says_how_it_ended(
        self, accepted: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        wait_for_the_end(sandbox, account)
        age(accepted, 121)
        assert polling.accounts_to_ask() == [account.pk]
        polling.poll(account, wechat)
        row = fresh(accepted)
        assert (row.state, row.outcome, row.total) == (S.DONE, Batch.Outcome.SUCCESS, None)

    def test_numbers_that_come_later_are_written_into_the_done_batch(
        self, accepted: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        wait_for_the_end(sandbox, account)
        age(accepted, 121)
        polling.poll(account, wechat)
        event(account, accepted.msg_id)
        assert (fresh(accepted).sent, fresh(accepted).outcome) == (189, Batch.Outcome.PARTIAL)

    def test_the_questions_come_at_their_times_and_end_after_three_days(
        self, accepted: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        sandbox.fault(MASS_GET, "errcode", code=40059, times=20, appid=account.appid)
        gaps = []
        for _question in range(5):
            row = fresh(accepted)
            gaps.append(round((row.next_poll_at - row.accepted_at).total_seconds() / 60))
            age(accepted, (row.next_poll_at - timezone.now()).total_seconds() + 1)
            polling.poll(account, wechat)
        assert gaps == [2, 10, 30, 120, 1440]
        row = fresh(accepted)
        assert row.next_poll_at - row.accepted_at == timedelta(hours=72)
        age(accepted, (row.next_poll_at - timezone.now()).total_seconds() + 1)
        polling.poll(account, wechat)
        assert (fresh(accepted).state, fresh(accepted).outcome) == (S.DONE, Batch.Outcome.NO_REPORT)

    def test_an_administrator_who_must_confirm_is_shown(
        self, accepted: Batch, account: OfficialAccount, wechat: Client, sandbox: Control
    ) -> None:
        sandbox.fault(MASS_GET, "errcode", code=89504, appid=account.appid)
        age(accepted, 121)
        polling.poll(account, wechat)
        assert fresh(accepted).msg_status == polling.WAITING

    def test_mass_get_knows_our_job(self, accepted: Batch, wechat: Client) -> None:
        assert mass.status(wechat, accepted.msg_id) in ("SENDING", "SEND_SUCCESS")
