"""Campaigns: everybody of the brand reads, writers plan, who may send releases, who may resolve decides."""

from typing import Any

from django.utils import timezone

from campaigns.models import Batch, Campaign
from tests.permissions.table import Row, World


def a_draft(world: World) -> tuple[Any, ...]:
    plan = Campaign.objects.create(official_account=world.official_account, name="x", scheduled_at=timezone.now())
    return (plan.pk,)


def a_batch(world: World) -> tuple[Any, ...]:
    (campaign,) = a_draft(world)
    batch = Batch.objects.create(
        campaign_id=campaign,
        official_account=world.official_account,
        send_number=1,
        seq=1,
        route="all",
        recipient_count=2,
        clientmsgid="A" * 32,
        not_before=timezone.now(),
    )
    return (batch.pk,)


def act(name: str, args: Any = a_draft, *, editor: int = 302) -> list[Row]:
    """Rows of an act: only by POST; a viewer may not."""
    get = {"anonymous": 405, "viewer": 405, "editor": 405, "manager": 405, "stranger": 405}
    return [
        Row(name, "post", args, viewer=403, editor=editor, manager=302),
        Row(name, "get", args, **get),
    ]


ROWS = [
    Row("campaigns:list", stranger=200),
    # Charlie plans for his own brand; without an account there, there is nothing to plan.
    Row("campaigns:new", viewer=403, stranger=403),
    Row("campaigns:detail", args=a_draft),
    Row("campaigns:sending", args=a_draft),
    Row("campaigns:edit", args=a_draft, viewer=403),
    *act("campaigns:release", editor=403),
    *act("campaigns:withdraw"),
    *act("campaigns:cancel"),
    *act("campaigns:pause"),
    *act("campaigns:resume", editor=403),
    *act("campaigns:stop"),
    *act("campaigns:decide", a_batch, editor=403),
]
