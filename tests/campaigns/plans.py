"""Things every test of campaigns needs: an account in the sandbox, an article, a campaign, a batch."""

import io
import itertools
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from PIL import Image

from accounts.models import Brand, OfficialAccount
from articles import images, writing
from articles.models import Article
from campaigns import lifecycle
from campaigns.models import Batch, Campaign, CampaignArticle
from campaigns.planning import freezing
from campaigns.sending.constants import times
from followers.models import Follower, Tag
from tests.people import connect
from wxportal.sandbox.control import Control

FOLLOWERS = 200
_numbers = itertools.count(1)


def in_sandbox(brand: Brand, sandbox: Control, url: str, *, followers: int = FOLLOWERS, **spec: Any) -> OfficialAccount:
    """Return an account that lives in the sandbox, with its followers in our rows."""
    theirs = sandbox.create_account(followers=followers, finish_seconds=0.2, key_window=0.0, **spec)
    account = connect(
        brand,
        name=f"茶の間 {next(_numbers)}",
        type=spec.get("type", "service"),
        appid=theirs["appid"],
        original_id=theirs["original_id"],
        api_base_url=url,
    )
    account.set_secret(theirs["secret"])
    account.save()
    people(account, followers)
    return account


def people(account: OfficialAccount, count: int, tag_id: int | None = None) -> None:
    """Let ``count`` people follow, in our rows only."""
    now = timezone.now()
    tags = [] if tag_id is None else [tag_id]
    Follower.objects.bulk_create(
        Follower(
            official_account=account, openid=f"o{next(_numbers):027d}", subscribed_at=now, known_at=now, tag_ids=tags
        )
        for _number in range(count)
    )


def article(account: OfficialAccount, title: str = "冬の新茶") -> Article:
    """Return an article that WeChat would take."""
    picture = Image.new("RGB", (900, 383), (20, 90, 40))
    content = io.BytesIO()
    picture.save(content, "PNG")
    cover = images.store(account, images.prepare(content.getvalue()), name="cover.png")
    return writing.create(
        account,
        title=title,
        author="茶の間",
        digest="一番茶が届きました。",
        body="<p>今年の新茶です。</p>",
        cover=cover,
    )


def campaign(account: OfficialAccount, moment: datetime | None = None, **fields: Any) -> Campaign:
    """Return a draft of a campaign to everybody, one article, due at ``moment`` (now, without one)."""
    known = {"name": "冬の新茶", "scheduled_at": moment or timezone.now()}
    plan = Campaign.objects.create(official_account=account, **{**known, **fields})
    CampaignArticle.objects.create(campaign=plan, article=article(account), position=1)
    return plan


def scheduled(account: OfficialAccount, moment: datetime | None = None, **fields: Any) -> Campaign:
    """Return a released campaign."""
    plan = campaign(account, moment, **fields)
    lifecycle.release(plan, by=None, version=plan.version)
    plan.refresh_from_db()
    return plan


def planned(account: OfficialAccount, moment: datetime | None = None, **fields: Any) -> Batch:
    """Return the batch of a released and frozen campaign."""
    plan = scheduled(account, moment, **fields)
    assert freezing.freeze(plan.pk, account.pk)
    return fresh(Batch.objects.get(campaign=plan))


def fresh(batch: Batch) -> Batch:
    """Return the batch as the database has it."""
    return Batch.objects.select_related("campaign", "official_account").get(pk=batch.pk)


def tag(account: OfficialAccount, wechat_id: int = 101, name: str = "VIP", count: int = 0) -> Tag:
    """Return a tag in our rows."""
    return Tag.objects.create(
        official_account=account, wechat_id=wechat_id, name=name, count=count, counted_at=timezone.now()
    )


def later(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def incarnation_file(folder: Path) -> str:
    return str(folder / "incarnation")


def age(batch: Batch, seconds: float) -> None:
    """Let everything that happened to the batch be ``seconds`` longer ago."""
    moments = ("lease_until", "first_armed_at", "last_armed_at", "deadline", "accepted_at", "next_poll_at")
    row = fresh(batch)
    known = {name: getattr(row, name) for name in moments}
    Batch.objects.filter(pk=batch.pk).update(
        **{name: moment - timedelta(seconds=seconds) for name, moment in known.items() if moment is not None}
    )


def make_replay_due(batch: Batch) -> None:
    """Let the next replay of an unknown batch be due now."""
    replays = fresh(batch).replays
    age(batch, times().deadline + times().replay_gaps[replays] + 1)
