"""Somebody follows or leaves: WeChat tells at once, and its newest word counts.

An event is older news when a newer event was applied already (by WeChat's own
time), or when a page that was asked for after we received the event wrote the
row. So events and pages may come in any order.
"""

from datetime import UTC, datetime

from accounts.inbound import on
from accounts.models import InboundEvent, OfficialAccount
from followers.models import Follower
from wxportal.wechat.inbound import Inbound

QR_PREFIX = "qrscene_"
QR_SOURCE = "ADD_SCENE_QR_CODE"


@on("subscribe")
def follows(official_account: OfficialAccount, push: Inbound, row: InboundEvent) -> None:
    """Note a new or returning follower; who they are is asked for afterwards."""
    follower = _newer(official_account, push, row, subscribed=True)
    if follower is None:
        return
    key = str(push.raw.get("EventKey", ""))
    if key.startswith(QR_PREFIX):
        follower.scene, follower.qr_scene = QR_SOURCE, key.removeprefix(QR_PREFIX)[:64]
    follower.subscribed, follower.subscribed_at, follower.unsubscribed_at = True, row.created_at, None
    follower.profile_due_since = row.received_at
    _save(follower, row)


@on("unsubscribe")
def leaves(official_account: OfficialAccount, push: Inbound, row: InboundEvent) -> None:
    """Note that somebody left, and when. WeChat takes their tags away."""
    follower = _newer(official_account, push, row, subscribed=False)
    if follower is None:
        return
    follower.subscribed, follower.unsubscribed_at, follower.tag_ids = False, row.created_at, []
    follower.profile_due_since = None
    _save(follower, row)


def _newer(official_account: OfficialAccount, push: Inbound, row: InboundEvent, *, subscribed: bool) -> Follower | None:
    """Return the locked row the event is news for; None where the row knows better or nobody signed the event."""
    if not row.signed:
        # Anybody could have sent it. Where we know the person, WeChat is asked; a stranger waits for the next sync.
        known = Follower.objects.filter(official_account=official_account, openid=push.from_user)
        known.update(profile_due_since=row.received_at)
        return None
    if not push.from_user or len(push.from_user) > 64:
        return None
    Follower.objects.get_or_create(
        official_account=official_account, openid=push.from_user, defaults=_defaults(row, subscribed=subscribed)
    )
    locked = Follower.objects.select_for_update(of=("self",))
    follower: Follower = locked.get(official_account=official_account, openid=push.from_user)
    older = follower.event_at is not None and row.created_at < follower.event_at
    return None if older or row.received_at < follower.known_at else follower


def _defaults(row: InboundEvent, *, subscribed: bool) -> dict[str, object]:
    left = None if subscribed else row.created_at
    long_ago = datetime(1970, 1, 1, tzinfo=UTC)
    # The row knows nothing before this event; who left before we knew them followed at the latest then.
    return {
        "subscribed": subscribed,
        "subscribed_at": row.created_at,
        "unsubscribed_at": left,
        "known_at": long_ago,
    }


def _save(follower: Follower, row: InboundEvent) -> None:
    follower.event_at, follower.known_at = row.created_at, row.received_at
    follower.save()
