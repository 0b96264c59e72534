"""The pages: what they show, what they cost, and what they refuse."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, OfficialAccount, User
from followers import sync
from followers.models import Follower, SyncRun, Tag
from followers.sync import runs
from tests.followers.conftest import Connected, run_to_its_end
from tests.people import connect
from wxportal.sandbox.control import Control

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def people(official_account: OfficialAccount) -> list[Follower]:
    """120 followers, each a minute older than the one before; every tenth has a remark and a tag, the last is gone."""
    Tag.objects.create(official_account=official_account, wechat_id=100, name="京都店", count=12, counted_at=NOON)
    return Follower.objects.bulk_create(_person(official_account, number) for number in range(120))


def _person(account: OfficialAccount, number: int) -> Follower:
    moment, tenth = NOON - timedelta(minutes=number), number % 10 == 0
    return Follower(
        official_account=account,
        openid=f"oPERSON{number:03d}",
        subscribed=number < 119,
        subscribed_at=moment,
        unsubscribed_at=None if number < 119 else NOON,
        remark=f"VIP {number:03d}" if tenth else "",
        tag_ids=[100] if tenth else [],
        scene="ADD_SCENE_SEARCH",
        known_at=moment,
    )


def shown(client: Client, **query: object) -> list[str]:
    response = client.get(reverse("followers:list"), query)
    return [row["follower"].openid for row in response.context["rows"]]


def test_the_list_is_paged_without_a_gap_or_a_double(client: Client, bob: User, people: list[Follower]) -> None:
    client.force_login(bob)
    seen, address = [], ""
    while True:
        response = client.get(f"{reverse('followers:list')}?{address}")
        seen += [row["follower"].openid for row in response.context["rows"]]
        address = response.context["next_page"]
        if not address:
            break
    assert seen == [person.openid for person in people[:119]]


def test_people_of_the_same_second_are_not_lost_between_two_pages(
    client: Client, bob: User, official_account: OfficialAccount
) -> None:
    client.force_login(bob)
    rows = [Follower(openid=f"o{n:03d}", subscribed_at=NOON, known_at=NOON) for n in range(60)]
    for row in rows:
        row.official_account = official_account
    Follower.objects.bulk_create(rows)
    first = client.get(reverse("followers:list"))
    second = client.get(f"{reverse('followers:list')}?{first.context['next_page']}")
    both = [row["follower"].openid for page in (first, second) for row in page.context["rows"]]
    assert len(both) == len(set(both)) == 60


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"q": "VIP 0"}, 10),
        ({"q": "oPERSON011"}, 1),
        ({"q": "vip"}, 0),
        ({"tag": 100}, 12),
        ({"tag": 100, "q": "VIP 1"}, 2),
        ({"who": "gone"}, 1),
        ({"who": "blacklisted"}, 0),
        ({"q": "%"}, 0),
    ],
)
def test_filters(query: dict[str, object], count: int, client: Client, bob: User, people: list[Follower]) -> None:
    client.force_login(bob)
    assert len(shown(client, **query)) == count


@pytest.mark.parametrize(
    "query",
    [
        "after=rubbish",
        "after=1-",
        f"after={10**30}-1",
        "tag=²",
        "tag=99999999999999",
        "who=nobody",
        "q=%00",
    ],
)
def test_an_address_that_makes_no_sense_shows_a_page(
    query: str, client: Client, bob: User, people: list[Follower]
) -> None:
    client.force_login(bob)
    assert client.get(f"{reverse('followers:list')}?{query}").status_code == 200


@pytest.mark.parametrize("deep", [False, True])
def test_the_list_costs_the_same_queries_on_every_page(
    deep: bool,
    client: Client,
    bob: User,
    people: list[Follower],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(bob)
    address = client.get(reverse("followers:list")).context["next_page"] if deep else ""
    # Session, person, accounts, run, time, memberships, tags, rows, total.
    with django_assert_num_queries(9):
        client.get(f"{reverse('followers:list')}?{address}")


def test_a_small_total_is_exact_and_a_large_one_an_estimate(
    client: Client, bob: User, people: list[Follower], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(bob)
    assert "119 followers" in client.get(reverse("followers:list")).content.decode()
    monkeypatch.setattr("followers.models.follower.COUNTED_UP_TO", 50)
    assert "(estimate)" in client.get(reverse("followers:list")).content.decode()


def test_a_strangers_account_does_not_exist(client: Client, charlie: User, people: list[Follower]) -> None:
    client.force_login(charlie)
    account = people[0].official_account
    assert client.get(reverse("followers:list"), {"account": account.pk}).status_code == 404


def test_each_account_shows_its_own_followers(
    client: Client, bob: User, people: list[Follower], official_account: OfficialAccount
) -> None:
    client.force_login(bob)
    second = connect(official_account.brand, name="抹茶日和", appid="wxfedcba9876543210")
    assert shown(client, account=second.pk) == []


def test_before_the_first_sync_the_page_says_what_to_do(
    client: Client, erin: User, official_account: OfficialAccount
) -> None:
    client.force_login(erin)
    text = client.get(reverse("followers:list")).content.decode()
    assert "Sync now" in text
    assert "first the list" in text


def test_a_reader_sees_no_button_that_would_be_refused(
    client: Client, bob: User, official_account: OfficialAccount
) -> None:
    client.force_login(bob)
    text = client.get(reverse("followers:runs", args=[official_account.pk])).content.decode()
    assert "Sync now" not in text
    assert "An editor of the brand can start it." in text


def test_an_account_without_verification_shows_why_and_no_button(
    client: Client, alice: User, official_account: OfficialAccount
) -> None:
    client.force_login(alice)
    OfficialAccount.objects.update(verified_until=None)
    text = client.get(reverse("followers:runs", args=[official_account.pk])).content.decode()
    assert "this account has none" in text
    assert "Sync now" not in text
    client.post(reverse("followers:sync", args=[official_account.pk]))
    assert not SyncRun.objects.exists()


def test_pressing_twice_starts_one_run_and_both_are_written_down(
    client: Client, erin: User, official_account: OfficialAccount
) -> None:
    client.force_login(erin)
    for _click in range(2):
        client.post(reverse("followers:sync", args=[official_account.pk]))
    assert SyncRun.objects.get().started_by == erin
    assert AuditEntry.objects.filter(action="follower.sync", actor=erin).count() == 2


def test_the_panel_shows_rate_and_time_left_and_asks_again(
    client: Client, erin: User, official_account: OfficialAccount
) -> None:
    client.force_login(erin)
    grip = runs.claim(sync.start(official_account).pk)
    grip.checkpoint(phase=SyncRun.Phase.PROFILES, listed=20_000, total=20_000, profiles_done=8_000)
    SyncRun.objects.update(stretch_started_at=NOON, last_progress_at=NOON + timedelta(seconds=4), stretch_done=0)
    response = client.get(reverse("followers:sync_state", args=[official_account.pk]))
    text = response.content.decode()
    assert "8,000 of 20,000 followers" in text and "2,000 a second" in text
    assert "every 2s" in text and "HX-Refresh" not in response.headers


def test_the_panel_has_the_page_loaded_anew_when_the_run_has_ended(
    client: Client, erin: User, official_account: OfficialAccount
) -> None:
    client.force_login(erin)
    runs.claim(sync.start(official_account).pk).finish()
    response = client.get(reverse("followers:sync_state", args=[official_account.pk]))
    assert response.headers["HX-Refresh"] == "true"
    assert "every 2s" not in response.content.decode()


@pytest.mark.parametrize(
    ("problem", "data", "words"),
    [
        ("ended_early", {"listed": 412_000, "total": 500_000}, "ended at 412,000 of 500,000 followers"),
        ("address", {"ip": "203.0.113.9", "errcode": 40164, "text": "invalid ip"}, "203.0.113.9"),
        ("wechat", {"errcode": 50002, "text": "user limited rid: 1-2-3"}, "50002 user limited"),
        ("a name of tomorrow", {}, "WeChat refused to answer"),
    ],
)
def test_a_run_that_failed_says_what_happened(
    problem: str, data: dict[str, object], words: str, client: Client, erin: User, official_account: OfficialAccount
) -> None:
    client.force_login(erin)
    runs.claim(sync.start(official_account).pk).fail(problem[:20], **data)
    text = client.get(reverse("followers:list")).content.decode()
    assert words in text
    assert "Resume" in text and "Start over" in text


def test_stop_and_resume_keep_the_row(client: Client, erin: User, official_account: OfficialAccount) -> None:
    client.force_login(erin)
    run = sync.start(official_account)
    client.post(reverse("followers:sync_stop", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == SyncRun.State.STOPPED
    client.post(reverse("followers:sync_resume", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == SyncRun.State.RUNNING
    assert list(AuditEntry.objects.order_by("at", "pk").values_list("action", flat=True)) == [
        "follower.sync_stop",
        "follower.sync_resume",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_tag_made_on_the_page_exists_in_wechat(
    client: Client, erin: User, connected: Connected, sandbox: Control
) -> None:
    client.force_login(erin)
    account = connected(followers=1)
    response = client.post(reverse("followers:tags", args=[account.pk]), {"name": " 京都店 "}, follow=True)
    assert "was made in WeChat" in response.content.decode()
    assert sandbox.books(account.appid)["tags"][-1]["name"] == "京都店"
    assert AuditEntry.objects.get(action="tag.create").after == {"name": "京都店"}


def test_a_name_that_is_too_long_comes_back_with_the_reason(
    client: Client, erin: User, official_account: OfficialAccount
) -> None:
    client.force_login(erin)
    response = client.post(reverse("followers:tags", args=[official_account.pk]), {"name": "十一个汉字的标签名太长了"})
    assert "30 bytes" in response.content.decode()
    assert "十一个汉字的标签名太长了" in response.content.decode()


def test_a_wechat_that_cannot_be_reached_changes_nothing(
    client: Client, erin: User, official_account: OfficialAccount
) -> None:
    client.force_login(erin)
    response = client.post(reverse("followers:tags", args=[official_account.pk]), {"name": "京都店"})
    assert "nothing was changed" in response.content.decode()
    assert not Tag.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_follower_is_tagged_and_untagged_on_their_page(
    client: Client, erin: User, connected: Connected, sandbox: Control
) -> None:
    client.force_login(erin)
    account = connected(followers=2)
    client.post(reverse("followers:tags", args=[account.pk]), {"name": "VIP"})
    run_to_its_end(sync.start(account))
    follower, tag = Follower.objects.first(), Tag.objects.get(name="VIP")
    for act, count in (("tag", 1), ("untag", 0)):
        client.post(reverse("followers:tag_one", args=[follower.pk]), {"tag": tag.pk, "act": act})
        assert sandbox.books(account.appid)["tags"][-1]["count"] == count
    assert AuditEntry.objects.filter(action__startswith="follower.").count() == 2


def test_a_tag_of_another_account_cannot_be_given(client: Client, erin: User, people: list[Follower]) -> None:
    client.force_login(erin)
    second = connect(people[0].official_account.brand, name="抹茶日和", appid="wxfedcba9876543210")
    foreign = Tag.objects.create(official_account=second, wechat_id=100, name="x", counted_at=NOON)
    address = reverse("followers:tag_one", args=[people[0].pk])
    assert client.post(address, {"tag": foreign.pk, "act": "tag"}).status_code == 404


@pytest.mark.parametrize("model", ["follower", "tag", "syncrun"])
def test_the_admin_shows_every_model_and_changes_none(
    model: str, client: Client, administrator: User, people: list[Follower]
) -> None:
    client.force_login(administrator)
    sync.start(people[0].official_account)
    assert client.get(reverse(f"admin:followers_{model}_changelist"), {"q": "oPERSON"}).status_code in (200, 302)
    assert client.get(reverse(f"admin:followers_{model}_add")).status_code == 403
