"""WeChat's tag list and blacklist, brought into our rows. WeChat is the truth."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from accounts.clock import database_now
from accounts.models import OfficialAccount
from followers.models import Tag
from wxportal.wechat import tags, users
from wxportal.wechat.client import Client

# The cursor of a broken WeChat might never end; this many pages hold ten million people.
MOST_BLACKLIST_PAGES = 10_000


def refresh(official_account: OfficialAccount, client: Client) -> None:
    """Read the tags and their counts: one call of a thousand a day. Raises WeChatError."""
    asked_at = database_now()
    listed = tags.list_all(client)
    facts: dict[str, Any] = {"official_account": official_account, "counted_at": asked_at}
    rows = [Tag(wechat_id=tag.id, name=tag.name[:64], count=tag.count, **facts) for tag in listed]
    with transaction.atomic():
        keep(rows)
        # A list that was asked for earlier and answered later must not delete what was made since.
        known = Tag.objects.filter(official_account=official_account, gone_at=None, counted_at__lt=asked_at)
        known.exclude(wechat_id__in=[tag.id for tag in listed]).update(gone_at=asked_at)


def keep(rows: Sequence[Tag]) -> None:
    """Insert or update tags by their number."""
    Tag.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["official_account", "wechat_id"],
        update_fields=["name", "count", "counted_at", "gone_at"],
    )


def read_blacklist(client: Client, heartbeat: Callable[[], None]) -> list[str]:
    """Return everybody on the blacklist. Raises WeChatError, and what ``heartbeat`` raises."""
    found: dict[str, None] = {}
    cursor = ""
    for _page in range(MOST_BLACKLIST_PAGES):
        page = users.blacklist_page(client, cursor)
        before = len(found)
        found |= dict.fromkeys(page.openids)
        # A page that brings nobody new is the end, whether it is empty or goes round in a circle.
        if len(found) == before or not page.next_openid:
            break
        cursor = page.next_openid
        heartbeat()
    return list(found)
