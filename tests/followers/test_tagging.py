"""Tags both ways: what WeChat accepted stands in our rows, and nothing else."""

import pytest

from accounts.gateway import client_for
from accounts.models import OfficialAccount
from followers import sync, tagging
from followers.models import Follower, Tag
from tests.followers.conftest import Connected, run_to_its_end
from wxportal.sandbox.control import Control
from wxportal.wechat import tags

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(connected: Connected) -> OfficialAccount:
    account = connected(followers=130)
    run_to_its_end(sync.start(account))
    return account


def some(account: OfficialAccount, count: int) -> list[str]:
    rows = Follower.objects.reachable(account).order_by("openid")
    return list(rows.values_list("openid", flat=True)[:count])


def test_tagging_goes_to_wechat_and_to_our_rows(account: OfficialAccount, sandbox: Control) -> None:
    tag = tagging.create(account, "京都店")
    result = tagging.tag(account, tag, some(account, 120))
    assert (result.accepted, result.refused) == (120, [])
    assert Follower.objects.filter(official_account=account).with_tag(tag.wechat_id).count() == 120
    assert {"id": tag.wechat_id, "name": "京都店", "count": 120} in sandbox.books(account.appid)["tags"]
    tag.refresh_from_db()
    assert tag.count == 120


def test_tagging_takes_a_call_for_each_fifty(account: OfficialAccount, sandbox: Control) -> None:
    tagging.tag(account, tagging.create(account, "a"), some(account, 120))
    calls = sandbox.books(account.appid)["calls"]
    assert calls["/cgi-bin/tags/members/batchtagging"] == tagging.calls_needed(120) == 3


def test_untagging_is_the_way_back(account: OfficialAccount, sandbox: Control) -> None:
    tag = tagging.create(account, "a")
    tagging.tag(account, tag, some(account, 60))
    tagging.untag(account, tag, some(account, 20))
    assert Follower.objects.with_tag(tag.wechat_id).count() == 40
    assert sandbox.books(account.appid)["tags"][-1]["count"] == 40


def test_tagging_twice_is_tagging_once(account: OfficialAccount) -> None:
    tag = tagging.create(account, "a")
    for _time in range(2):
        tagging.tag(account, tag, some(account, 3) * 2)
    carried = Follower.objects.with_tag(tag.wechat_id).values_list("tag_ids", flat=True)
    assert list(carried) == [[tag.wechat_id]] * 3


def test_one_bad_openid_does_not_cost_the_other_forty_nine(account: OfficialAccount) -> None:
    tag = tagging.create(account, "a")
    result = tagging.tag(account, tag, ["oNOBODY", *some(account, 49)])
    assert (result.accepted, result.refused) == (49, ["oNOBODY"])
    assert Follower.objects.with_tag(tag.wechat_id).count() == 49


def test_who_carries_twenty_tags_is_named(account: OfficialAccount) -> None:
    full, *others = some(account, 10)
    for number in range(20):
        tagging.tag(account, tagging.create(account, f"tag {number}"), [full])
    result = tagging.tag(account, tagging.create(account, "one more"), [full, *others])
    assert (result.accepted, result.refused) == (9, [full])


def test_a_sync_that_asked_earlier_does_not_undo_a_tag(account: OfficialAccount) -> None:
    before = Follower.objects.get(openid=some(account, 1)[0]).known_at
    tagging.tag(account, tagging.create(account, "a"), some(account, 1))
    assert Follower.objects.get(openid=some(account, 1)[0]).known_at > before


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "needs a name"), ("  ", "needs a name"), ("十一个汉字的标签名太长了", "too long"), ("taken", "of this name")],
)
def test_a_name_wechat_would_refuse_costs_no_call(
    name: str, sentence: str, account: OfficialAccount, sandbox: Control
) -> None:
    tagging.create(account, "taken")
    with pytest.raises(tagging.TagRefused, match=sentence):
        tagging.create(account, name)
    assert sandbox.books(account.appid)["calls"]["/cgi-bin/tags/create"] == 1


def test_a_name_somebody_took_in_the_console_is_refused_in_words(account: OfficialAccount) -> None:
    tags.create(client_for(account), "console")
    with pytest.raises(tagging.TagRefused, match="taken, or not allowed"):
        tagging.create(account, "console")


def test_the_hundred_and_first_tag_is_refused(account: OfficialAccount) -> None:
    now = account.created_at
    Tag.objects.bulk_create(
        Tag(official_account=account, wechat_id=1000 + n, name=f"t{n}", counted_at=now) for n in range(100)
    )
    with pytest.raises(tagging.TagRefused, match="100 tags"):
        tagging.create(account, "one more")
