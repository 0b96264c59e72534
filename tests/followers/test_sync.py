"""A whole sync over real HTTP: what stands in our rows is what stands in WeChat's books."""

import pytest
from django.db import connection

from accounts.gateway import client_for
from accounts.models import OfficialAccount
from followers import sync, tagging
from followers.models import Follower, ListedOpenid, SyncRun, Tag
from followers.sync import listing, profiles, steps
from tests.followers import books
from tests.followers.conftest import Connected, run_to_its_end
from wxportal.sandbox.control import Control
from wxportal.wechat import users

pytestmark = pytest.mark.django_db(transaction=True)

USER_GET = "/cgi-bin/user/get"
BATCHGET = "/cgi-bin/user/info/batchget"
State = SyncRun.State


def versions() -> dict[int, str]:
    """Return which transaction wrote each row: a row that was rewritten shows another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text FROM followers_follower")
        return dict(cursor.fetchall())


def test_everybody_in_the_books_stands_in_our_rows(connected: Connected) -> None:
    account = connected(followers=2345, page_size=1000)
    run = run_to_its_end(sync.start(account))
    assert (run.state, run.listed, run.new, run.pages) == (State.FINISHED, 2345, 2345, 3)
    assert books.ours(account) == books.listed(account)


def test_a_profile_is_kept_as_wechat_tells_it(connected: Connected) -> None:
    account = connected(followers=3, open_platform=True)
    run_to_its_end(sync.start(account))
    follower = Follower.objects.order_by("openid").first()
    told = books.profile(account, follower.openid)
    assert follower.subscribed_at.timestamp() == told["subscribe_time"]
    assert (follower.unionid, follower.scene) == (told["unionid"], told["subscribe_scene"])


@pytest.mark.parametrize("blank", [True, False])
def test_both_ways_to_end_a_list_are_understood(blank: bool, connected: Connected) -> None:
    account = connected(followers=2000, page_size=1000, blank_last_cursor=blank)
    assert run_to_its_end(sync.start(account)).listed == 2000


def test_an_account_without_followers_is_synced_too(connected: Connected) -> None:
    run = run_to_its_end(sync.start(connected(followers=0)))
    assert (run.state, run.listed) == (State.FINISHED, 0)


def test_a_second_sync_rewrites_no_row(connected: Connected) -> None:
    account = connected(followers=500)
    run_to_its_end(sync.start(account))
    before = versions()
    again = run_to_its_end(sync.start(account))
    assert (again.new, again.changed, again.gone) == (0, 0, 0)
    assert versions() == before


def test_who_left_is_marked_and_who_came_is_added(connected: Connected, sandbox: Control) -> None:
    account = connected(followers=300)
    run_to_its_end(sync.start(account))
    left = sandbox.unfollow(account.appid, count=7)["openids"]
    sandbox.follow(account.appid, count=5)
    run = run_to_its_end(sync.start(account))
    assert (run.new, run.gone) == (5, 7)
    assert books.ours(account) == books.listed(account)
    assert set(Follower.objects.filter(subscribed=False).values_list("openid", flat=True)) == set(left)


def test_who_returns_follows_again(connected: Connected, sandbox: Control) -> None:
    account = connected(followers=20)
    run_to_its_end(sync.start(account))
    (openid,) = sandbox.unfollow(account.appid, number=3)["openids"]
    run_to_its_end(sync.start(account))
    sandbox.follow(account.appid, openid=openid)
    run_to_its_end(sync.start(account))
    follower = Follower.objects.get(openid=openid)
    assert follower.subscribed and follower.unsubscribed_at is None


def test_tags_and_blacklist_come_along(connected: Connected) -> None:
    account = connected(followers=120)
    run_to_its_end(sync.start(account))
    openids = sorted(books.ours(account))
    tag = tagging.create(account, "京都店")
    tagging.tag(account, tag, openids[:60])
    Follower.objects.update(tag_ids=[])
    Tag.objects.all().delete()
    _blacklist(account, openids[:15])
    run_to_its_end(sync.start(account))
    assert Follower.objects.reachable(account).count() == 105
    assert Follower.objects.with_tag(tag.wechat_id).count() == 60
    assert Tag.objects.current(account).get(wechat_id=tag.wechat_id).count == 60


def test_a_tag_deleted_in_wechat_keeps_its_row_and_leaves_the_page(connected: Connected) -> None:
    account = connected(followers=1)
    gone = Tag.objects.create(official_account=account, wechat_id=777, name="old", counted_at=account.created_at)
    run_to_its_end(sync.start(account))
    gone.refresh_from_db()
    assert gone.gone_at is not None
    assert not Tag.objects.current(account).filter(wechat_id=777).exists()


def test_the_list_of_a_run_is_emptied_at_its_end(connected: Connected) -> None:
    run_to_its_end(sync.start(connected(followers=50)))
    assert not ListedOpenid.objects.exists()


# --- pages that cannot be true ------------------------------------------------------
@pytest.mark.parametrize("kind", ["ends_early", "stuck_cursor", "data_missing"])
def test_a_bad_page_that_was_a_bad_moment_is_asked_for_again(kind: str, connected: Connected, sandbox: Control) -> None:
    account = connected(followers=1500, page_size=500)
    run = sync.start(account)
    sync.work(run.pk, slice_seconds=0)
    sandbox.fault(USER_GET, kind, times=2, appid=account.appid)
    assert run_to_its_end(run).state == State.FINISHED
    assert books.ours(account) == books.listed(account)


@pytest.mark.parametrize(
    ("kind", "problem"), [("ends_early", "ended_early"), ("stuck_cursor", "stuck"), ("data_missing", "incomplete")]
)
def test_a_list_that_stays_wrong_stops_the_run_and_marks_nobody(
    kind: str, problem: str, connected: Connected, sandbox: Control
) -> None:
    account = connected(followers=1500, page_size=500)
    run_to_its_end(sync.start(account))
    run = sync.start(account)
    one_page(run)
    sandbox.fault(USER_GET, kind, times=9, appid=account.appid)
    run = run_to_its_end(run)
    assert (run.state, run.problem, run.listed) == (State.FAILED, problem, 500)
    assert Follower.objects.filter(subscribed=True).count() == 1500


def test_a_stopped_list_goes_on_where_it_was(connected: Connected, sandbox: Control) -> None:
    account = connected(followers=1500, page_size=500)
    run = sync.start(account)
    one_page(run)
    sandbox.fault(USER_GET, "ends_early", times=9, appid=account.appid)
    run_to_its_end(run)
    sandbox.clear_faults()
    assert sync.resume(run)
    run = run_to_its_end(run)
    assert (run.state, run.pages, run.problem) == (State.FINISHED, 3, "")
    assert books.ours(account) == books.listed(account)


def test_a_page_with_doubles_counts_them_once(connected: Connected, sandbox: Control) -> None:
    account = connected(followers=1500, page_size=500)
    sandbox.fault(USER_GET, "duplicates", times=3, appid=account.appid)
    run = run_to_its_end(sync.start(account))
    assert (run.state, run.listed, run.repeats) == (State.FINISHED, 1500, 3)


def test_somebody_missing_from_the_list_who_still_follows_is_not_marked(connected: Connected) -> None:
    account = connected(followers=300)
    run = run_to_its_end(sync.start(account))
    run = sync.start(account)
    sync.work(run.pk, slice_seconds=0)
    run_until(run, SyncRun.Phase.PROFILES)
    lost = ListedOpenid.objects.filter(run=run).order_by("openid").first()
    ListedOpenid.objects.filter(run=run, openid=lost.openid).delete()
    SyncRun.objects.filter(pk=run.pk).update(listed=299)
    run = run_to_its_end(run)
    assert (run.state, run.gone) == (State.FINISHED, 0)
    assert Follower.objects.get(openid=lost.openid).subscribed


@pytest.mark.parametrize("chunks_done", [0, 1])
def test_a_list_lost_in_a_crash_of_the_database_is_read_again(
    chunks_done: int, connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = connected(followers=300)
    run = sync.start(account)
    run_until(run, SyncRun.Phase.PROFILES)
    monkeypatch.setattr(steps, "CHUNK", 100)
    grip = sync.runs.claim(run.pk)
    for _chunk in range(chunks_done):
        steps._read_profiles(grip, client_for(account))
    grip.release()
    # What PostgreSQL does to an UNLOGGED table after a crash.
    ListedOpenid.objects.all().delete()
    run = run_to_its_end(run)
    assert (run.state, run.listed) == (State.FINISHED, 300)
    assert books.ours(account) == books.listed(account)


class GoesRound:
    """A WeChat whose second page is its first page again, under another cursor."""

    def get(self, path: str, next_openid: str) -> dict[str, object]:
        return {"total": 9, "count": 2, "data": {"openid": ["o1", "o2"]}, "next_openid": next_openid + "x"}


def test_a_list_that_goes_round_in_a_circle_is_noticed(official_account: OfficialAccount) -> None:
    run = sync.start(official_account)
    listing.keep(run, ["o1", "o2"])
    run.listed, run.cursor = 2, "o2"
    with pytest.raises(listing.Unbelievable, match="stuck"):
        listing.ask(GoesRound(), run)  # type: ignore[arg-type]


# --- one bad openid ------------------------------------------------------------------
def test_one_unknown_openid_does_not_cost_the_other_ninety_nine(connected: Connected) -> None:
    account = connected(followers=230)
    run = sync.start(account)
    run_until(run, SyncRun.Phase.PROFILES)
    ListedOpenid.objects.create(run=run, openid="oNOBODYATALL")
    SyncRun.objects.filter(pk=run.pk).update(listed=231)
    run = run_to_its_end(run)
    assert (run.state, run.refused, run.new) == (State.FINISHED, 1, 230)


def test_an_openid_wechat_no_longer_knows_is_gone(connected: Connected) -> None:
    account = connected(followers=10)
    run_to_its_end(sync.start(account))
    moment = account.created_at
    Follower.objects.create(official_account=account, openid="oCANCELLED", subscribed_at=moment, known_at=moment)
    run = run_to_its_end(sync.start(account))
    assert run.gone == 1
    assert not Follower.objects.get(openid="oCANCELLED").subscribed


# --- WeChat's moods ------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["http", "hang_up_before", "cut_body", "accept_then_hang_up", "stale_token"])
def test_a_call_that_went_wrong_once_is_repeated(kind: str, connected: Connected, sandbox: Control) -> None:
    account = connected(followers=400)
    sandbox.fault(BATCHGET, kind, times=1, appid=account.appid)
    run = run_to_its_end(sync.start(account))
    assert (run.state, run.new) == (State.FINISHED, 400)


def test_a_wechat_that_stays_silent_makes_the_run_wait_and_go_on_by_itself(
    connected: Connected, sandbox: Control
) -> None:
    account = connected(followers=400)
    sandbox.fault(BATCHGET, "http", times=50, appid=account.appid, status=502)
    run = run_to_its_end(sync.start(account))
    assert (run.state, run.problem, run.failures) == (State.RUNNING, "no_answer", 1)
    assert run.pk not in sync.waiting()
    sandbox.clear_faults()
    SyncRun.objects.update(not_before=run.started_at)  # A minute passes.
    assert run.pk in sync.waiting()
    assert run_to_its_end(run).state == State.FINISHED


def test_a_spent_allowance_waits_for_midnight_in_beijing(connected: Connected, sandbox: Control) -> None:
    account = connected(followers=400)
    sandbox.fault(BATCHGET, "errcode", times=50, appid=account.appid, code=45009)
    run = run_to_its_end(sync.start(account))
    assert (run.state, run.problem) == (State.RUNNING, "quota")
    assert f"{run.not_before:%H:%M}" == "16:05"  # UTC; five past midnight in Beijing


@pytest.mark.parametrize(("code", "problem"), [(48001, "not_allowed"), (50002, "wechat")])
def test_a_refusal_stops_the_run_and_says_why(code: int, problem: str, connected: Connected, sandbox: Control) -> None:
    account = connected(followers=400)
    sandbox.fault(USER_GET, "errcode", times=50, appid=account.appid, code=code)
    run = run_to_its_end(sync.start(account))
    assert (run.state, run.problem, run.problem_data["errcode"]) == (State.FAILED, problem, code)


def test_an_address_outside_the_allow_list_is_named(connected: Connected, sandbox: Control) -> None:
    account = connected(followers=4)
    sandbox.change_account(account.appid, allow_list=["203.0.113.7"])
    run = run_to_its_end(sync.start(account))
    assert (run.problem, run.problem_data["ip"]) == ("address", "127.0.0.1")


def test_a_wrong_secret_is_named(connected: Connected) -> None:
    account = connected(followers=4)
    account.set_secret("0" * 32)
    account.save()
    assert run_to_its_end(sync.start(account)).problem == "secret"


def test_an_account_that_may_not_read_followers_is_refused_before_any_call(connected: Connected) -> None:
    account = connected(followers=4)
    account.verified_until = None
    account.save()
    with pytest.raises(sync.CannotSync):
        sync.start(account)


# --- those who come and go meanwhile ------------------------------------------------
def test_who_joins_and_leaves_during_the_sync_is_right_in_the_end(
    connected: Connected, sandbox: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = connected(followers=900, page_size=300)
    run_to_its_end(sync.start(account))
    monkeypatch.setattr(steps, "CHUNK", 200)
    run = sync.start(account)
    one_page(run)
    sandbox.unfollow(account.appid, count=20)
    sandbox.follow(account.appid, count=30)
    run_until(run, SyncRun.Phase.PROFILES)
    run_to_its_end(run)
    assert books.ours(account) == books.listed(account)


def _blacklist(account: OfficialAccount, openids: list[str]) -> None:
    users.blacklist(client_for(account), openids)


def one_page(run: SyncRun) -> None:
    """Read one page of the list and put the run down."""
    grip = sync.runs.claim(run.pk)
    steps._list(grip, client_for(run.official_account))
    grip.release()


def run_until(run: SyncRun, phase: SyncRun.Phase) -> None:
    """Work step by step until ``phase`` begins."""
    grip = sync.runs.claim(run.pk)
    client = client_for(grip.run.official_account)
    while grip.run.phase != phase:
        steps.STEPS[SyncRun.Phase(grip.run.phase)](grip, client)
    grip.release()


def test_the_constants_keep_their_order() -> None:
    assert sync.runs.LEASE.total_seconds() > profiles.HEARTBEAT * 2
    assert listing.SHORTFALL_SHARE < 0.05
