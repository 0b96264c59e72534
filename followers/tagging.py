"""Tags both ways: first in WeChat, in batches of 50, then in our rows.

WeChat is the truth: a row carries a tag only when WeChat accepted it. A batch is
all or nothing there, so a refused one is halved until the openid that is the
trouble stands alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.clock import database_now
from accounts.gateway import client_for
from accounts.models import OfficialAccount
from followers import taglist
from followers.models import Tag
from followers.sync.merging import lock_rows
from wxportal.wechat import limits, tags
from wxportal.wechat.client import Client
from wxportal.wechat.errors import OperatorNeeded, Refused

# Errcodes by which WeChat refuses a batch for one of its openids (official-account.md §3.5).
TOO_MANY_TAGS_ON_ONE = 45059
FOR_ONE_OPENID = frozenset({40003, 46004, 49003, TOO_MANY_TAGS_ON_ONE})

Call = Callable[[Client, int, Sequence[str]], None]

ADD = """
    UPDATE followers_follower SET tag_ids = array_append(tag_ids, %(tag)s), known_at = greatest(known_at, %(now)s)
    WHERE official_account_id = %(account)s AND openid = ANY(%(openids)s) AND NOT tag_ids @> ARRAY[%(tag)s]::int[]
"""
REMOVE = """
    UPDATE followers_follower SET tag_ids = array_remove(tag_ids, %(tag)s), known_at = greatest(known_at, %(now)s)
    WHERE official_account_id = %(account)s AND openid = ANY(%(openids)s) AND tag_ids @> ARRAY[%(tag)s]::int[]
"""


class TagRefused(Exception):
    """A tag that cannot be made, by our rules or WeChat's; ``reason`` is the sentence for people."""

    def __init__(self, reason: str | Promise) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass
class Tagged:
    """How many followers WeChat accepted, and which openids it refused."""

    accepted: int = 0
    refused: list[str] = field(default_factory=list)


REFUSALS = {
    45056: _("WeChat allows 100 tags in an account; all are used."),
    45157: _("WeChat did not accept the name: it is taken, or not allowed."),
    45158: _("The name is too long: WeChat allows 30 bytes, which is 10 Chinese or 30 Latin characters."),
}


def create(official_account: OfficialAccount, name: str) -> Tag:
    """Make a tag in WeChat and keep it. Raises TagRefused, WeChatError."""
    name = name.strip()
    _check(official_account, name)
    try:
        made = tags.create(client_for(official_account), name)
    except (Refused, OperatorNeeded) as exc:
        if exc.errcode not in REFUSALS:
            raise
        raise TagRefused(REFUSALS[exc.errcode]) from exc
    row = Tag(official_account=official_account, wechat_id=made.id, name=made.name, count=0, counted_at=database_now())
    taglist.keep([row])
    tag: Tag = Tag.objects.get(official_account=official_account, wechat_id=made.id)
    return tag


def tag(official_account: OfficialAccount, wanted: Tag, openids: Sequence[str]) -> Tagged:
    """Put ``wanted`` on followers, 50 a call; 100,000 calls a day.

    Raises WeChatError; what was done until then stays.
    """
    return _apply(official_account, wanted, openids, tags.tag, ADD)


def untag(official_account: OfficialAccount, wanted: Tag, openids: Sequence[str]) -> Tagged:
    """Take ``wanted`` from followers, 50 a call. Raises WeChatError; what was done until then stays."""
    return _apply(official_account, wanted, openids, tags.untag, REMOVE)


def calls_needed(followers: int) -> int:
    """Return how many calls it takes to tag so many followers."""
    return -(-followers // limits.TAGGING_PER_CALL)


def _check(official_account: OfficialAccount, name: str) -> None:
    """Raise TagRefused for what WeChat would refuse: no call is spent on it."""
    existing = Tag.objects.current(official_account)
    if not name:
        raise TagRefused(_("A tag needs a name."))
    if len(name.encode()) > limits.TAG_NAME_BYTES:
        raise TagRefused(REFUSALS[45158])
    if existing.filter(name=name).exists():
        raise TagRefused(_("There is a tag of this name."))
    if existing.exclude(wechat_id__in=limits.SYSTEM_TAG_IDS).count() >= limits.TAGS_PER_ACCOUNT:
        raise TagRefused(REFUSALS[45056])


def _apply(official_account: OfficialAccount, wanted: Tag, openids: Sequence[str], call: Call, sql: str) -> Tagged:
    client, result = client_for(official_account), Tagged()
    distinct = list(dict.fromkeys(openids))
    size = limits.TAGGING_PER_CALL
    for start in range(0, len(distinct), size):
        for accepted in _accepted(client, call, wanted.wechat_id, distinct[start : start + size], result.refused):
            _keep(official_account, wanted, accepted, sql)
            result.accepted += len(accepted)
    taglist.refresh(official_account, client)
    return result


def _accepted(
    client: Client, call: Call, wechat_id: int, openids: Sequence[str], refused: list[str]
) -> Iterator[Sequence[str]]:
    """Yield the parts of ``openids`` WeChat accepted; the ones it will not have go to ``refused``."""
    try:
        call(client, wechat_id, openids)
    except Refused as exc:
        if exc.errcode not in FOR_ONE_OPENID:
            raise
    else:
        yield openids
        return
    if len(openids) == 1:
        refused.extend(openids)
        return
    middle = len(openids) // 2
    yield from _accepted(client, call, wechat_id, openids[:middle], refused)
    yield from _accepted(client, call, wechat_id, openids[middle:], refused)


def _keep(official_account: OfficialAccount, wanted: Tag, openids: Sequence[str], sql: str) -> None:
    """Write what WeChat accepted. A sync that asked earlier must not undo it, hence ``known_at``."""
    facts: dict[str, Any] = {"account": official_account.pk, "tag": wanted.wechat_id}
    facts |= {"openids": list(openids), "now": database_now()}
    with transaction.atomic():
        lock_rows(official_account.pk)
        with connection.cursor() as cursor:
            cursor.execute(sql, facts)
