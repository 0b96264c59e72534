"""Events and pages in any order: the newest news about a person wins."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from accounts import inbound
from accounts.clock import database_now
from accounts.models import InboundEvent, OfficialAccount
from followers import profiles_due, sync
from followers.models import Follower
from followers.sync import merging
from tests.followers import books
from tests.followers.conftest import Connected, run_to_its_end
from wxportal.sandbox.control import Control
from wxportal.wechat import inbound as wechat
from wxportal.wechat.users import Profile

SOMEBODY = "oPORTALuser000000000000000001"
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def tell(
    account: OfficialAccount,
    event: str,
    *,
    at: datetime = NINE,
    received: datetime | None = None,
    key: str = "",
    signed: bool = True,
) -> None:
    """Deliver one event as the callback door would have stored it."""
    xml = (
        f"<xml><ToUserName>gh_0123456789ab</ToUserName><FromUserName>{SOMEBODY}</FromUserName>"
        f"<CreateTime>{int(at.timestamp())}</CreateTime><MsgType>event</MsgType><Event>{event}</Event>"
        f"<EventKey>{key}</EventKey></xml>"
    )
    now = received or database_now()
    row = inbound.store(account, wechat.parse(xml.encode()), xml, signed=signed, now=now)
    assert inbound.deliver(row, now + timedelta(seconds=1))


def page_says(account: OfficialAccount, *, asked_at: datetime, subscribed: bool = True, **profile: object) -> None:
    told = Profile(openid=SOMEBODY, subscribed=subscribed, **profile)  # type: ignore[arg-type]
    with transaction.atomic():
        merging.merge(account.pk, [told], [], asked_at)


def somebody(account: OfficialAccount) -> Follower:
    return Follower.objects.get(official_account=account, openid=SOMEBODY)


def test_who_follows_is_known_at_once(official_account: OfficialAccount) -> None:
    tell(official_account, "subscribe")
    follower = somebody(official_account)
    assert (follower.subscribed, follower.subscribed_at) == (True, NINE)
    assert follower.profile_due_since is not None


def test_the_qr_code_that_led_here_is_kept(official_account: OfficialAccount) -> None:
    tell(official_account, "subscribe", key="qrscene_kyoto-12")
    assert (somebody(official_account).qr_scene, str(somebody(official_account).source)) == ("kyoto-12", "QR code")


def test_who_leaves_keeps_the_moment_and_loses_the_tags(official_account: OfficialAccount) -> None:
    page_says(official_account, asked_at=database_now(), tag_ids=(100,))
    tell(official_account, "unsubscribe", at=NINE)
    follower = somebody(official_account)
    assert (follower.subscribed, follower.unsubscribed_at, follower.tag_ids) == (False, NINE, [])


def test_a_page_asked_for_before_somebody_left_does_not_bring_them_back(official_account: OfficialAccount) -> None:
    asked_at = database_now()
    tell(official_account, "unsubscribe", received=asked_at + timedelta(seconds=1))
    page_says(official_account, asked_at=asked_at)
    assert not somebody(official_account).subscribed


def test_a_page_asked_for_before_somebody_came_does_not_send_them_away(official_account: OfficialAccount) -> None:
    asked_at = database_now()
    tell(official_account, "subscribe", received=asked_at + timedelta(seconds=1))
    page_says(official_account, asked_at=asked_at, subscribed=False)
    assert somebody(official_account).subscribed


def test_a_page_asked_for_after_the_event_is_newer(official_account: OfficialAccount) -> None:
    received = database_now()
    tell(official_account, "subscribe", received=received)
    page_says(official_account, asked_at=received + timedelta(seconds=1), remark="VIP", tag_ids=(2, 101))
    follower = somebody(official_account)
    assert (follower.remark, follower.tag_ids, follower.profile_due_since) == ("VIP", [2, 101], None)


def test_an_event_delivered_late_does_not_undo_a_newer_page(official_account: OfficialAccount) -> None:
    received = database_now()
    page_says(official_account, asked_at=received + timedelta(seconds=5))
    tell(official_account, "unsubscribe", received=received)
    assert somebody(official_account).subscribed


@pytest.mark.parametrize("order", [("subscribe", "unsubscribe"), ("unsubscribe", "subscribe")])
def test_two_events_in_the_wrong_order_end_right(order: tuple[str, str], official_account: OfficialAccount) -> None:
    received = database_now()
    moments = {"subscribe": NINE, "unsubscribe": NINE + timedelta(minutes=1)}
    for number, event in enumerate(order):
        tell(official_account, event, at=moments[event], received=received + timedelta(seconds=number))
    assert not somebody(official_account).subscribed


def test_an_unsigned_event_is_not_believed(official_account: OfficialAccount) -> None:
    page_says(official_account, asked_at=database_now())
    tell(official_account, "unsubscribe", signed=False)
    follower = somebody(official_account)
    assert follower.subscribed and follower.profile_due_since is not None


def test_an_unsigned_stranger_makes_no_row(official_account: OfficialAccount) -> None:
    tell(official_account, "subscribe", signed=False)
    assert not Follower.objects.exists()


def test_an_event_concerns_its_own_account_only(official_account: OfficialAccount) -> None:
    tell(official_account, "subscribe")
    assert InboundEvent.objects.get().delivered_at is not None
    assert Follower.objects.get().official_account == official_account


@pytest.mark.django_db(transaction=True)
def test_who_came_a_moment_ago_is_read_without_a_sync(connected: Connected, sandbox: Control) -> None:
    account = connected(followers=3)
    openid = sandbox.followers(account.appid)[0]["openid"]
    now = database_now()
    Follower.objects.create(
        official_account=account, openid=openid, subscribed_at=NINE, known_at=now, profile_due_since=now
    )
    profiles_due.look()
    follower = Follower.objects.get()
    assert follower.profile_due_since is None
    assert follower.scene == books.profile(account, openid)["subscribe_scene"]


@pytest.mark.django_db(transaction=True)
def test_who_cannot_be_read_for_an_hour_is_not_asked_for_again(connected: Connected, sandbox: Control) -> None:
    account = connected(followers=3)
    openid = sandbox.followers(account.appid)[0]["openid"]
    long_ago = database_now() - timedelta(hours=2)
    Follower.objects.create(
        official_account=account, openid=openid, subscribed_at=NINE, known_at=NINE, profile_due_since=long_ago
    )
    profiles_due.look()
    assert "/cgi-bin/user/info/batchget" not in str(sandbox.books(account.appid)["recent"])
    run_to_its_end(sync.start(account))
    assert Follower.objects.get(openid=openid).profile_due_since is None
