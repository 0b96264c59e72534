"""Store each push once, deliver it until it is done.

Apps say ``@on("MASSSENDJOBFINISH")`` in a module their AppConfig imports. The
handlers of one push run in one transaction with the mark that it was
delivered, so each push has exactly one effect, however often WeChat repeats it
and however many workers look at it.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.models import InboundEvent, OfficialAccount
from accounts.scoping import BrandScopedQuerySet
from wxportal.wechat import inbound as wechat

logger = logging.getLogger(__name__)

Handler = Callable[[OfficialAccount, wechat.Inbound, InboundEvent], None]

FIRST_DELAY = timedelta(seconds=5)  # after a first failure; doubles with each further one
MOST_ATTEMPTS = 8  # the last comes about ten minutes after the first; then a person has to look
WAITING_AT_ONCE = 500  # rows one look takes; beat looks again every five seconds
KIND_LENGTH, SENDER_LENGTH, ERROR_LENGTH = 60, 64, 500  # characters, as the columns have

_handlers: dict[str, list[Handler]] = {}


def on(*kinds: str) -> Callable[[Handler], Handler]:
    """Register a handler for events (or message types) called ``kinds``, spelled exactly as WeChat spells them.

    A handler gets (official account, parsed push, stored row). It runs inside a
    transaction: no network, no long work; write rows and nudge. ``row.signed``
    is False for a push nobody signed: believe it only where WeChat confirms it.
    """

    def register(handler: Handler) -> Handler:
        for kind in kinds:
            if handler not in _handlers.setdefault(kind, []):
                _handlers[kind].append(handler)
        return handler

    return register


def store(
    official_account: OfficialAccount, push: wechat.Inbound, payload: str, *, signed: bool, now: datetime
) -> int | None:
    """Keep a verified push and return the row's number, or None when this push was delivered already."""
    row = InboundEvent(
        official_account=official_account,
        dedupe_key=dedupe_key(push),
        kind=kind_of(push)[:KIND_LENGTH],
        sender=push.from_user[:SENDER_LENGTH],
        payload=payload,
        signed=signed,
        created_at=_moment(push.create_time, now),
        received_at=now,
    )
    # ON CONFLICT DO NOTHING: WeChat repeats a push up to three times, and an attacker may replay one.
    InboundEvent.objects.bulk_create([row], ignore_conflicts=True)
    stored = InboundEvent.objects.filter(official_account=official_account, dedupe_key=row.dedupe_key)
    return stored.filter(delivered_at=None).values_list("pk", flat=True).first()


def deliver(event_id: int, now: datetime) -> bool:
    """Run the handlers of one stored push; return whether it was delivered by this call.

    Nothing happens when it was delivered already, is parked, waits for its time
    or is in another worker's hands.
    """
    with transaction.atomic():
        row = _take(event_id, now)
        if row is None:
            return False
        failure = _run_handlers(row)
        if failure is None:
            InboundEvent.objects.filter(pk=row.pk).update(delivered_at=now, last_error="")
            return True
        _postpone(row, failure, now)
    return False


def waiting(now: datetime) -> list[int]:
    """Return the numbers of pushes that are still to be delivered at ``now``, oldest first."""
    return list(_due(now).order_by("pk").values_list("pk", flat=True)[:WAITING_AT_ONCE])


def dedupe_key(push: wechat.Inbound) -> str:
    """Return what makes a push the same as its repeats.

    Messages carry a MsgId; events carry none, and two real events of one person
    can share a second, so everything that tells them apart goes in.
    Source: official-account.md §8.5, §14.27
    """
    if isinstance(push, wechat.Message) and push.msg_id is not None:
        return f"m{push.msg_id}"
    told_apart = ("EventKey", "MsgID", "Ticket", "publish_id", "ExpiredTime", "FailTime")
    parts = [
        push.from_user,
        str(push.create_time),
        kind_of(push),
        *(str(push.raw.get(name, "")) for name in told_apart),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def kind_of(push: wechat.Inbound) -> str:
    """Return the event's name, or the message's type."""
    return push.event or push.msg_type


def _due(now: datetime) -> BrandScopedQuerySet:
    return InboundEvent.objects.filter(delivered_at=None, parked_at=None).filter(
        Q(not_before=None) | Q(not_before__lte=now)
    )


def _take(event_id: int, now: datetime) -> InboundEvent | None:
    """Lock the row for this transaction; None when it is not due or somebody else holds it."""
    rows = _due(now).select_for_update(skip_locked=True, of=("self",)).select_related("official_account__brand")
    return rows.filter(pk=event_id).first()


def _run_handlers(row: InboundEvent) -> Exception | None:
    """Run every handler of the row in a savepoint; one failure undoes all of them."""
    try:
        with transaction.atomic():
            push = wechat.parse(row.payload.encode())
            for handler in _handlers.get(kind_of(push), ()):
                handler(row.official_account, push, row)
    except Exception as exc:  # any app's handler: whatever it raises must not hold up the other pushes
        return exc
    return None


def _postpone(row: InboundEvent, failure: Exception, now: datetime) -> None:
    """Count the failure; try again later, or park the row for a person after the last attempt."""
    attempts = row.attempts + 1
    parked = attempts >= MOST_ATTEMPTS
    InboundEvent.objects.filter(pk=row.pk).update(
        attempts=attempts,
        not_before=now + FIRST_DELAY * 2 ** (attempts - 1),
        parked_at=now if parked else None,
        last_error=f"{type(failure).__name__}: {failure}"[:ERROR_LENGTH],
    )
    # The text of the failure stays in the row: it may quote what a follower wrote.
    level = logging.ERROR if parked else logging.WARNING
    logger.log(level, "push %s (%s) failed %d times: %s", row.pk, row.kind, attempts, type(failure).__name__)


def _moment(unix_seconds: int, otherwise: datetime) -> datetime:
    """Return WeChat's CreateTime, or ``otherwise`` where it is none PostgreSQL could keep."""
    try:
        return datetime.fromtimestamp(unix_seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise
