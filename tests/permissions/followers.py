"""Followers: everybody of the brand reads, writers sync and tag."""

from typing import Any

from django.utils import timezone

from followers.models import Follower, SyncRun, Tag
from tests.permissions.table import Row, World, the_account


def a_follower(world: World) -> tuple[Any, ...]:
    now = timezone.now()
    account = world.official_account
    follower = Follower.objects.create(official_account=account, openid="oSOMEBODY", subscribed_at=now, known_at=now)
    Tag.objects.create(official_account=account, wechat_id=100, name="Kyoto", counted_at=now)
    return (follower.pk,)


def a_tag(world: World) -> dict[str, Any]:
    return {"tag": Tag.objects.get().pk, "act": "tag"}


def a_run(world: World) -> tuple[Any, ...]:
    run = SyncRun.objects.create(official_account=world.official_account, started_at=timezone.now())
    return (run.pk,)


def a_stopped_run(world: World) -> tuple[Any, ...]:
    run = SyncRun.objects.create(
        official_account=world.official_account, started_at=timezone.now(), state=SyncRun.State.STOPPED
    )
    return (run.pk,)


def a_name(world: World) -> dict[str, Any]:
    return {"name": ""}


WRITERS = {"viewer": 403, "editor": 302, "manager": 302}
ACT = {"anonymous": 405, "viewer": 405, "editor": 405, "manager": 405, "stranger": 405}

ROWS = [
    # Charlie sees the list of his own brand, which has no account.
    Row("followers:list", stranger=200),
    Row("followers:detail", args=a_follower),
    Row("followers:tags", args=the_account),
    # An empty name: the form comes back, and nobody calls WeChat.
    Row("followers:tags", "post", args=the_account, data=a_name, viewer=403),
    Row("followers:tag_one", "post", args=a_follower, data=a_tag, **WRITERS),
    Row("followers:runs", args=the_account),
    Row("followers:sync", "post", args=the_account, **WRITERS),
    Row("followers:sync_state", args=the_account),
    Row("followers:sync_stop", "post", args=a_run, **WRITERS),
    Row("followers:sync_resume", "post", args=a_stopped_run, **WRITERS),
    # An act is a POST; a link that somebody is lured to does nothing.
    Row("followers:tag_one", args=a_follower, **ACT),
    Row("followers:sync", args=the_account, **ACT),
    Row("followers:sync_stop", args=a_run, **ACT),
    Row("followers:sync_resume", args=a_stopped_run, **ACT),
]
