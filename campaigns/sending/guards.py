"""What must be true before a call of an account may be claimed, armed or repeated (T1, T2, T6)."""

from datetime import datetime

from django.db import connection
from django.db.models import Q

from accounts.models import OfficialAccount
from campaigns.models import Bar, Batch, Campaign
from campaigns.sending import incarnation

ACCOUNT_LOCK = 4_200_002  # class of the advisory locks of accounts; the second number is the account's


def alone_with(official_account_id: int) -> bool:
    """Take the account's advisory lock until the transaction ends; False when another worker has it.

    The look "is another batch of the account on its way?" and the move after it are
    one thing only while nobody else is between the two.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [ACCOUNT_LOCK, official_account_id])
        (taken,) = cursor.fetchone()
    return bool(taken)


def wait_for(official_account_id: int) -> None:
    """Take the account's advisory lock until the transaction ends, however long it takes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ACCOUNT_LOCK, official_account_id])


def busy(official_account_id: int, now: datetime) -> bool:
    """Return whether a call of the account is being prepared under a live lease, or is on its way."""
    on_its_way = Q(state=Batch.State.ARMED) | Q(state=Batch.State.CLAIMED, lease_until__gt=now)
    return Batch.objects.filter(on_its_way, official_account=official_account_id).exists()


def bars(official_account_id: int, now: datetime) -> list[Bar]:
    """Return the bars that hold for the account at ``now``."""
    return list(Bar.objects.filter(holding(now), official_account=official_account_id))


def holding(now: object) -> Q:
    """Return what must be true of a bar that holds at ``now`` (a moment, or an expression for one)."""
    return Q(lifted_at=None) & (Q(until=None) | Q(until__gt=now))


def barred_routes(official_account_id: int, now: datetime) -> set[str]:
    """Return the routes no call may take now; all of them where a bar names none."""
    routes = {bar.route for bar in bars(official_account_id, now)}
    return set(Batch.Route.values) if "" in routes else routes


def may_send(official_account: OfficialAccount) -> bool:
    """Return whether neither the account's pause nor the installation's switch forbids sending."""
    paused = OfficialAccount.objects.filter(pk=official_account.pk).exclude(paused_at=None)
    return not paused.exists() and incarnation.sending_is_on()


def may_call(official_account: OfficialAccount, route: str, now: datetime) -> bool:
    """Return whether nothing above the batch forbids a call of ``route``: account, bars, installation."""
    return route not in barred_routes(official_account.pk, now) and may_send(official_account)


def shared_campaign(campaign_id: int) -> Campaign | None:
    """Read the campaign FOR SHARE and return it while its command is *run*.

    The share lock is what makes "stopped" true: whoever orders a stop waits for the
    armings that have begun, and those that begin later see the order.
    """
    rows = Campaign.objects.raw(
        "SELECT * FROM campaigns_campaign WHERE id = %s AND command = %s AND quarantined_at IS NULL FOR SHARE",
        [campaign_id, Campaign.Command.RUN],
    )
    return next(iter(rows), None)


def can_have_begun(campaign_id: int) -> bool:
    """Return whether anything of the campaign can have gone out: then the latest start binds no longer."""
    armed = Q(first_armed_at__isnull=False) | Q(msg_id__isnull=False)
    return Batch.objects.filter(armed, campaign=campaign_id).exists()
