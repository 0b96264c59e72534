"""kill -9 at every crash point, answers lost, Redis gone: one message, not two, not none.

The oracle is the sandbox's own ledger of accepted sends, never our tables.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import inbound
from accounts.models import Brand, OfficialAccount
from campaigns.models import Batch, BatchLog
from tests.campaigns.plans import in_sandbox, scheduled
from tests.faults.conftest import SCALE, Keeper, kill, pid_in, wait_for
from tests.ground import Beat, Worker, environment
from wxportal.local.redis import Redis
from wxportal.sandbox.control import Control
from wxportal.wechat import inbound as wechat

pytestmark = pytest.mark.django_db(transaction=True)
S = Batch.State
SENDALL = "/cgi-bin/message/mass/sendall"
PATIENCE = 60  # seconds; two cores shared with a whole suite
BEFORE_THE_CALL = [
    "before_freeze_commit",
    "after_freeze",
    "after_claim",
    "before_arm",
    "before_arm_commit",
]
AROUND_THE_CALL = [
    "after_arm_commit",
    "before_write",
    "after_answer",
    "before_record_commit",
    "after_record",
]
Keep = Callable[..., Keeper]


def accounts_for(names: list[str], brand: Brand, sandbox: Control, url: str) -> dict[str, OfficialAccount]:
    """Return an account with a released campaign for each name."""
    made = {name: in_sandbox(brand, sandbox, url, followers=20) for name in names}
    for account in made.values():
        scheduled(account)
    return made


def settled(account: OfficialAccount) -> bool:
    return Batch.objects.filter(official_account=account, msg_id__isnull=False).exists()


def one_message(account: OfficialAccount, sandbox: Control) -> None:
    """Assert that the ledger has one effect, and that our row says the same."""
    batch = Batch.objects.get(official_account=account)
    jobs = sandbox.ledger(account.appid)
    diary = list(BatchLog.objects.filter(batch=batch).values_list("move", "from_state", "to_state", "evidence"))
    assert len(jobs) == 1, diary
    assert (batch.state, batch.msg_id) in ((S.ACCEPTED, jobs[0]["msg_id"]), (S.DONE, jobs[0]["msg_id"])), diary


def store_report(account: OfficialAccount, msg_id: int) -> None:
    """Put WeChat's report where the callback door puts it."""
    counts = (
        "<TotalCount>20</TotalCount><FilterCount>19</FilterCount><SentCount>18</SentCount><ErrorCount>1</ErrorCount>"
    )
    xml = f"""<xml><ToUserName>{account.original_id}</ToUserName><FromUserName>oHELPER</FromUserName>
    <CreateTime>1767229200</CreateTime><MsgType>event</MsgType><Event>MASSSENDJOBFINISH</Event>
    <MsgID>{msg_id}</MsgID><Status>send success</Status>{counts}</xml>"""
    push, now = wechat.parse(xml.encode()), timezone.now()
    assert inbound.store(account, push, xml, signed=True, now=now) is not None


@pytest.mark.usefixtures("may_send")
class TestKills:
    def test_at_every_crash_point_one_message(
        self, tea_brand: Brand, sandbox: Control, wechat_url: str, keep: Keep, tmp_path: Path
    ) -> None:
        points = [*BEFORE_THE_CALL, *AROUND_THE_CALL]
        accounts = accounts_for(points, tea_brand, sandbox, wechat_url)
        keeper = keep({account.pk: [point] for point, account in accounts.items()})
        wait_for(lambda: all(settled(account) for account in accounts.values()), PATIENCE, keeper.output())
        for point, account in accounts.items():
            assert (tmp_path / f"{account.pk}.{point}").exists(), f"nobody died at {point}"
            one_message(account, sandbox)

    def test_killed_again_by_reaper_and_replay_one_message(
        self, tea_brand: Brand, sandbox: Control, wechat_url: str, keep: Keep, tmp_path: Path
    ) -> None:
        plans = {
            "reaper": ["after_arm_commit", "before_reaper_commit"],
            "replay": ["after_answer", "before_replay_commit", "after_replay_commit"],
            "again": ["before_write", "after_answer"],
        }
        accounts = accounts_for(list(plans), tea_brand, sandbox, wechat_url)
        keeper = keep({account.pk: plans[name] for name, account in accounts.items()})
        wait_for(lambda: all(settled(account) for account in accounts.values()), 2 * PATIENCE, keeper.output())
        for name, account in accounts.items():
            for point in plans[name]:
                assert (tmp_path / f"{account.pk}.{point}").exists(), f"nobody died at {point}"
            one_message(account, sandbox)

    def test_killed_while_wechat_answers_one_message(
        self, tea_brand: Brand, sandbox: Control, wechat_url: str, keep: Keep, tmp_path: Path
    ) -> None:
        (account,) = accounts_for(["only"], tea_brand, sandbox, wechat_url).values()
        sandbox.fault(SENDALL, "latency", seconds=1.2, when="after", appid=account.appid)
        keeper = keep({account.pk: []})
        wait_for(lambda: len(sandbox.ledger(account.appid)) == 1, PATIENCE, keeper.output())
        kill(pid_in(tmp_path, account.pk))
        assert Batch.objects.get(official_account=account).state == S.ARMED
        wait_for(lambda: settled(account), PATIENCE, "no second worker found out")
        one_message(account, sandbox)

    def test_killed_while_a_report_is_written_its_numbers_count_once(
        self, tea_brand: Brand, sandbox: Control, wechat_url: str, keep: Keep, tmp_path: Path
    ) -> None:
        (account,) = accounts_for(["only"], tea_brand, sandbox, wechat_url).values()
        keeper = keep({account.pk: ["before_event_commit"]})
        wait_for(lambda: settled(account), PATIENCE, keeper.output())
        batch = Batch.objects.get(official_account=account)
        store_report(account, batch.msg_id)
        reported = Batch.objects.filter(pk=batch.pk, state=S.DONE, sent=18)
        wait_for(reported.exists, PATIENCE, keeper.output())
        assert (tmp_path / f"{account.pk}.before_event_commit").exists()
        assert BatchLog.objects.filter(batch=batch, move="T10").count() == 1
        one_message(account, sandbox)

    def test_lost_answers_and_lost_requests_one_message(
        self, tea_brand: Brand, sandbox: Control, wechat_url: str, keep: Keep
    ) -> None:
        accounts = accounts_for(["answer", "request", "502", "cut"], tea_brand, sandbox, wechat_url)
        kinds = {
            "answer": ("accept_then_hang_up", {}),
            "request": ("hang_up_before", {}),
            "502": ("http", {"status": 502, "when": "after"}),
            "cut": ("cut_body", {}),
        }
        for name, (kind, options) in kinds.items():
            sandbox.fault(SENDALL, kind, appid=accounts[name].appid, **options)
        keeper = keep({account.pk: [] for account in accounts.values()})
        wait_for(lambda: all(settled(account) for account in accounts.values()), PATIENCE, keeper.output())
        for account in accounts.values():
            one_message(account, sandbox)


@pytest.mark.usefixtures("may_send")
class TestCelery:
    def test_the_worker_killed_in_the_middle_of_a_send_one_message(
        self, tea_brand: Brand, sandbox: Control, wechat_url: str, tmp_path: Path
    ) -> None:
        (account,) = accounts_for(["only"], tea_brand, sandbox, wechat_url).values()
        sandbox.fault(SENDALL, "latency", seconds=1.2, when="after", appid=account.appid)
        mine = environment(DISPATCH_TIME_SCALE=SCALE)
        worker, beat = Worker(tmp_path, mine), Beat(tmp_path, mine)
        try:
            worker.start(), beat.start()
            wait_for(lambda: len(sandbox.ledger(account.appid)) == 1, PATIENCE, worker.output())
            worker.kill()
            assert not settled(account)
            worker.start()
            wait_for(lambda: settled(account), 2 * PATIENCE, worker.output())
        finally:
            beat.stop(), worker.stop()
        one_message(account, sandbox)

    def test_redis_killed_and_restarted_in_the_middle_of_a_send_one_message_each(
        self, tea_brand: Brand, sandbox: Control, wechat_url: str, tmp_path: Path, redis_server: Redis
    ) -> None:
        first, second = accounts_for(["first", "second"], tea_brand, sandbox, wechat_url).values()
        second.campaigns.update(scheduled_at=timezone.now() + timedelta(hours=1))
        sandbox.fault(SENDALL, "latency", seconds=1.2, when="after", appid=first.appid)
        mine = environment(DISPATCH_TIME_SCALE=SCALE, REDIS_URL=redis_server.url())
        worker, beat = Worker(tmp_path, mine), Beat(tmp_path, mine)
        try:
            worker.start(), beat.start()
            wait_for(lambda: len(sandbox.ledger(first.appid)) == 1, PATIENCE, worker.output())
            redis_server.child.kill()
            redis_server.child.wait()
            # Due while there is no Redis: nothing goes out, nothing is lost.
            second.campaigns.update(scheduled_at=timezone.now())
            wait_for(lambda: settled(first), PATIENCE, worker.output())
            assert sandbox.ledger(second.appid) == []
            redis_server.start(mine)
            took = wait_for(
                lambda: settled(second), 20, "sending went on within 20 s of its return\n" + worker.output()
            )
            assert took < 20
        finally:
            beat.stop(), worker.stop()
        one_message(first, sandbox)
        one_message(second, sandbox)
