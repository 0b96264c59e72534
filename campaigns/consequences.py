"""What of ours cannot go out once an account's verification has ended: for the board of accounts."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from accounts import consequences
from accounts.clock import in_world_of
from accounts.consequences import Affected
from accounts.models import OfficialAccount
from campaigns.models import Campaign


@consequences.register
def campaigns_beyond_the_end(accounts: Sequence[OfficialAccount], now: datetime) -> dict[int, list[Affected]]:
    """Return the scheduled campaigns whose moment lies beyond the end of their account's verification.

    Drafts count, too: the board is where somebody plans the renewal before
    releasing them. What began already, or missed its moment, is over.
    """
    planned = Campaign.objects.filter(
        status__in=[Campaign.Status.DRAFT, Campaign.Status.SCHEDULED],
        official_account__in=accounts,
        official_account__verification_undated=False,
        scheduled_at__gte=F("official_account__verified_until"),
    )
    moments = {account.pk: in_world_of(account, now) for account in accounts}
    found: dict[int, list[Affected]] = {}
    for plan in planned.order_by("scheduled_at"):
        assert plan.scheduled_at is not None
        if plan.scheduled_at > moments[plan.official_account_id]:
            affected = Affected(plan.name, plan.scheduled_at, plan.get_absolute_url())
            found.setdefault(plan.official_account_id, []).append(affected)
    return found
