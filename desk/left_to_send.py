"""What each account may still send, from the counters the sending protocol keeps itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch

from accounts import capabilities
from accounts.capabilities import Capability, Verdict
from accounts.clock import in_world_of
from accounts.models import OfficialAccount
from campaigns.models import Batch, QuotaHold
from campaigns.planning import quota
from followers.models import SyncRun

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Allowance:
    """One account: what is left of its month, of today and of tomorrow, and who follows it.

    ``month`` is None for a subscription account, ``today`` for a service account.
    """

    account: OfficialAccount
    verdict: Verdict
    month: QuotaHold | None
    today: QuotaHold | None
    tomorrow: QuotaHold | None
    run: SyncRun | None

    @property
    def dots(self) -> list[str]:
        """Return one word per send of the month, in the order they are drawn: used, reserved, left."""
        if self.month is None:
            return []
        used = min(self.month.used + self.month.external, self.month.limit)
        reserved = min(self.month.reserved, self.month.limit - used)
        return ["used"] * used + ["reserved"] * reserved + ["left"] * (self.month.limit - used - reserved)


def since(now: datetime) -> "Prefetch[Any]":
    """Return the counters from this Beijing month on, to be fetched together with the accounts."""
    month = min(quota.sides(QuotaHold.Kind.MONTH, now))
    return Prefetch("quota_holds", QuotaHold.objects.filter(period__gte=month))


def of(accounts: list[OfficialAccount], runs: dict[int, SyncRun], now: datetime) -> list[Allowance]:
    """Return what is left for each of ``accounts``, which were fetched with :func:`since`."""
    return [_of_account(account, runs.get(account.pk), in_world_of(account, now)) for account in accounts]


def _of_account(account: OfficialAccount, run: SyncRun | None, now: datetime) -> Allowance:
    counters, tomorrow = _counters(account, now), _counters(account, now + ONE_DAY)
    day = QuotaHold.Kind.DAY
    return Allowance(
        account,
        capabilities.can(account, Capability.MASS_ALL, now),
        counters.get(QuotaHold.Kind.MONTH),
        counters.get(day),
        tomorrow.get(day),
        run,
    )


def _counters(account: OfficialAccount, moment: datetime) -> dict[str, QuotaHold]:
    """Return the counters a send to all at ``moment`` counts against, by kind; those not begun yet unsaved."""
    known = {(hold.kind, hold.period): hold for hold in account.quota_holds.all()}
    return {
        budget.kind: known.get((budget.kind, period))
        or QuotaHold(official_account=account, kind=budget.kind, period=period, limit=budget.limit)
        for budget in quota.budgets(account, Batch.Route.ALL)
        for period in quota.sides(budget.kind, moment)
    }
