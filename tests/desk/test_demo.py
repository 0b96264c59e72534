"""The demo: what it loads, that it loads once, and where it refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Brand, OfficialAccount, User
from articles.models import Article
from campaigns import lifecycle
from campaigns.models import Batch, Campaign
from campaigns.sending import incarnation
from desk import forgetting
from desk.demo import content, loading, pictures
from followers.models import Follower, Tag
from tests.people import connect
from wxportal.sandbox.control import Control

pytestmark = pytest.mark.django_db


def quietly(line: str) -> None:
    """Swallow the progress."""


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.INCARNATION_FILE = str(tmp_path / "incarnation")
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    # Small pictures are as good here, and drawn in no time.
    monkeypatch.setattr(pictures, "INSIDE", (90, 60))
    monkeypatch.setattr(pictures, "COVER", (90, 38))
    incarnation.forget()


@pytest.fixture
def tea_brand_of_others(db: None) -> Brand:
    return Brand.objects.create(name="紅茶館", colour="red", initial="紅")


@pytest.fixture
def demo() -> None:
    loading.load(quietly)


def counts() -> list[int]:
    return [model.objects.count() for model in (User, Brand, OfficialAccount, Article, Campaign, Batch, Follower, Tag)]


def words() -> list[str]:
    now = timezone.now()
    return [lifecycle.word_for(each, each.batches.all(), now).key for each in Campaign.objects.all()]


def test_without_a_sandbox_every_page_has_rows_to_show(demo: None) -> None:
    assert Brand.objects.count() == 3
    assert Follower.objects.count() == 3 * 400
    assert {"finished", "missed", "rejected", "scheduled", "draft"} <= set(words())


def test_loading_again_adds_nothing(demo: None) -> None:
    before = counts()
    loading.load(quietly)
    assert counts() == before


def test_every_demo_article_may_be_sent(demo: None) -> None:
    assert list(Article.objects.filter(stops__gt=0)) == []


def test_the_workers_take_the_demo_for_what_it_is(demo: None) -> None:
    incarnation.forget()
    assert incarnation.check() == ""


def test_a_changed_password_stays(demo: None) -> None:
    sakura = User.objects.get(username="sakura")
    sakura.set_password("her own")
    sakura.save()
    loading.load(quietly)
    sakura.refresh_from_db()
    assert sakura.check_password("her own")


def test_each_login_opens_the_portal_and_sees_only_its_brands(demo: None, client: Client) -> None:
    assert client.login(username="fang", password=content.PASSWORD)
    answer = client.get("/official-accounts/").content.decode()
    assert "茶の間" in answer
    assert "和菓子堂" not in answer


def test_where_people_work_no_demo_login_is_made(alice: User) -> None:
    with pytest.raises(CommandError, match="open doors"):
        call_command("load_demo")
    assert not User.objects.filter(username="admin").exists()


def test_where_others_can_reach_us_no_demo_login_is_made(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://portal.example.com"
    with pytest.raises(CommandError, match="password is public"):
        call_command("load_demo")
    assert not User.objects.exists()


def test_a_reset_removes_what_was_done_and_loads_anew(demo: None) -> None:
    Campaign.objects.filter(name="冬茶到了").update(name="changed")
    call_command("load_demo", "--reset")
    assert not Campaign.objects.filter(name="changed").exists()
    assert Campaign.objects.filter(name="冬茶到了").exists()
    incarnation.forget()
    assert incarnation.check() == ""


def test_no_reset_where_others_have_campaigns(demo: None, tea_brand_of_others: Brand) -> None:
    Campaign.objects.create(official_account=connect(tea_brand_of_others), name="theirs")
    with pytest.raises(CommandError, match="Other accounts have campaigns"):
        call_command("load_demo", "--reset")


def test_no_reset_while_a_worker_runs(demo: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_workers_answer", lambda: True)
    with pytest.raises(CommandError, match="A worker runs"):
        call_command("load_demo", "--reset")
    assert Campaign.objects.exists()


@pytest.mark.parametrize("forget", [forgetting.forget, forgetting.empty])
def test_an_account_with_real_followers_is_never_forgotten(
    forget: Callable[[OfficialAccount], None], tea_brand: Brand
) -> None:
    account = connect(tea_brand, is_rehearsal=False)
    with pytest.raises(forgetting.RealAccount):
        forget(account)
    assert OfficialAccount.objects.filter(pk=account.pk).exists()


def test_with_a_sandbox_the_accounts_live_there(sandbox: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    small = tuple(
        content.DemoAccount(**{**vars(each), "followers": 60, "tags": (("VIP", 5),)}) for each in content.ACCOUNTS
    )
    monkeypatch.setattr(loading, "ACCOUNTS", small)
    loading.load(quietly)
    tea = OfficialAccount.objects.get(name="茶の間")
    books = sandbox.books(tea.appid)
    assert Follower.objects.filter(official_account=tea).count() == books["followers"] == 60
    assert [tag["count"] for tag in books["tags"] if tag["name"] == "VIP"] == [5]
    assert Campaign.objects.filter(name="今日の一服", status="scheduled").exists()
