"""Hold, use and give back what WeChat lets an account send (DISPATCH §1, §5).

A slot is held when the campaign is scheduled, held again for the date of each
arming, used when WeChat accepts, given back when it certainly did not. Periods
are Beijing's. Which side of midnight WeChat charges is unknown, so close to it
every side that real sends have not used up yet is held.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from accounts.models import OfficialAccount
from accounts.scoping import BrandScopedQuerySet
from campaigns.models import Batch, Campaign, HeldSlot, QuotaHold
from wxportal.shell.clocks import BEIJING
from wxportal.wechat import limits

Kind = QuotaHold.Kind
MIDNIGHT_BAND = timedelta(minutes=5)  # either side of a Beijing midnight
MONTH_END_BAND = timedelta(minutes=10)  # either side of the midnight that ends a month


class NoRoom(Exception):
    """Nothing is left in a period the call may be charged to; ``hold`` is its counter."""

    def __init__(self, hold: QuotaHold) -> None:
        super().__init__(str(hold))
        self.hold = hold


@dataclass(frozen=True)
class Budget:
    """One limit a call counts against."""

    kind: str
    limit: int


def budgets(official_account: OfficialAccount, route: str) -> list[Budget]:
    """Return what a call of ``route`` counts against.

    Source: official-account.md §6.1. That a service account sends to all once a
    day at most stands in one guide only: preflight warns, nothing is held.
    """
    calls = Budget(Kind.CALLS, limits.MASS_CALLS_PER_DAY)
    if official_account.type == OfficialAccount.Type.SUBSCRIPTION:
        return [calls, Budget(Kind.DAY, limits.SENDS_PER_DAY)]
    if route == Batch.Route.ALL:
        return [calls, Budget(Kind.MONTH, limits.SENDS_TO_ALL_PER_MONTH)]
    return [calls]


def sides(kind: str, now: datetime) -> list[str]:
    """Return the periods to which WeChat may charge a call at ``now``: one, or two close to a midnight."""
    month_ends = _month(now - MONTH_END_BAND) != _month(now + MONTH_END_BAND)
    band = MONTH_END_BAND if month_ends else MIDNIGHT_BAND
    name = _month if kind == Kind.MONTH else _day
    return sorted({name(now - band), name(now), name(now + band)})


def near_midnight(now: datetime) -> bool:
    """Return whether ``now`` is so close to a Beijing midnight that either side may be charged."""
    return len(sides(Kind.DAY, now)) > 1


def hold_for_campaign(campaign: Campaign, route: str, moment: datetime) -> None:
    """Reserve what one call at ``moment`` counts against, for a campaign that has no batches yet. Raises NoRoom."""
    _hold(campaign, None, route, moment, keep=False)


def hold_for_batch(batch: Batch, moment: datetime, *, keep: bool) -> None:
    """Hold every period to which a call at ``moment`` may be charged, inside the transaction that arms.

    ``keep``: the slots of earlier days stay, because an earlier attempt may have
    been charged there. Raises NoRoom.
    """
    _hold(batch.campaign, batch, batch.route, moment, keep=keep)


def give_to(batch: Batch) -> None:
    """Hand the slots of the campaign to its first batch: from the freeze on batches hold."""
    HeldSlot.objects.filter(campaign=batch.campaign, batch=None).update(batch=batch)


def release(batches: Iterable[Batch]) -> None:
    """Give back what these batches hold: they were certainly not accepted."""
    _empty(HeldSlot.objects.filter(batch__in=list(batches)), reserved=F("reserved") - 1)


def release_campaign(campaign: Campaign) -> None:
    """Give back what a campaign without batches holds."""
    _empty(HeldSlot.objects.filter(campaign=campaign, batch=None), reserved=F("reserved") - 1)


def use(batch: Batch) -> None:
    """Turn what the batch holds from reserved into used. The sum stays, so no limit can refuse the truth."""
    _empty(HeldSlot.objects.filter(batch=batch), reserved=F("reserved") - 1, used=F("used") + 1)


def book_external(official_account: OfficialAccount, moment: datetime) -> QuotaHold:
    """Count one send that was not ours, whatever the sum is then; return where."""
    kind = Kind.DAY if official_account.type == OfficialAccount.Type.SUBSCRIPTION else Kind.MONTH
    limit = limits.SENDS_PER_DAY if kind == Kind.DAY else limits.SENDS_TO_ALL_PER_MONTH
    name = _day(moment) if kind == Kind.DAY else _month(moment)
    hold = _counter(official_account, Budget(kind, limit), name)
    QuotaHold.objects.filter(pk=hold.pk).update(external=F("external") + 1)
    return hold


def unbook_external(hold: QuotaHold) -> None:
    """Take back one foreign send: it turned out to be ours."""
    QuotaHold.objects.filter(pk=hold.pk, external__gt=0).update(external=F("external") - 1)


def next_day(now: datetime) -> datetime:
    """Return the next Beijing midnight, and the minutes in which WeChat may still charge the day before."""
    local = now.astimezone(BEIJING)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight + MIDNIGHT_BAND


def next_month(now: datetime) -> datetime:
    """Return the beginning of the next Beijing month, with the same minutes added."""
    first = now.astimezone(BEIJING).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1) + MONTH_END_BAND


def overview(official_account: OfficialAccount, route: str, moment: datetime) -> list[QuotaHold]:
    """Return the counters a call at ``moment`` counts against, as they stand; those not begun yet unsaved."""
    known = {(hold.kind, hold.period): hold for hold in QuotaHold.objects.filter(official_account=official_account)}
    return [
        known.get((budget.kind, name))
        or QuotaHold(official_account=official_account, kind=budget.kind, period=name, limit=budget.limit)
        for budget in budgets(official_account, route)
        for name in sides(budget.kind, moment)
    ]


def _hold(campaign: Campaign, batch: Batch | None, route: str, moment: datetime, *, keep: bool) -> None:
    for budget in budgets(campaign.official_account, route):
        counters = [_counter(campaign.official_account, budget, name) for name in sides(budget.kind, moment)]
        held = set(_slots(campaign, batch, budget.kind).values_list("hold_id", flat=True))
        # A side that real sends have used up cannot be charged any more, so it need not be held.
        needed = [hold for hold in counters if hold.pk in held or hold.used + hold.external < hold.limit]
        if not needed:
            raise NoRoom(counters[-1])
        for hold in needed:
            if hold.pk not in held:
                _reserve(hold, campaign, batch)
        if not keep:
            stale = _slots(campaign, batch, budget.kind).exclude(hold__in=needed)
            _empty(stale, reserved=F("reserved") - 1)


def _reserve(hold: QuotaHold, campaign: Campaign, batch: Batch | None) -> None:
    """Take one slot, unless real sends and promises fill the period. Raises NoRoom."""
    room = QuotaHold.objects.filter(pk=hold.pk, limit__gt=F("reserved") + F("used") + F("external"))
    if not room.update(reserved=F("reserved") + 1):
        raise NoRoom(hold)
    HeldSlot.objects.create(hold=hold, campaign=campaign, batch=batch)


def _slots(campaign: Campaign, batch: Batch | None, kind: str) -> BrandScopedQuerySet:
    return HeldSlot.objects.filter(Q(batch=batch) if batch else Q(campaign=campaign, batch=None), hold__kind=kind)


def _empty(slots: BrandScopedQuerySet, **change: object) -> None:
    """Delete the slots and change their counters, each once per slot, in one order for all: no deadlock."""
    for pk, hold_id in slots.order_by("hold_id", "pk").values_list("pk", "hold_id"):
        deleted, _by_model = HeldSlot.objects.filter(pk=pk).delete()
        if deleted:
            QuotaHold.objects.filter(pk=hold_id).update(**change)


def _counter(official_account: OfficialAccount, budget: Budget, period: str) -> QuotaHold:
    """Return the counter of a period, locked: two campaigns never count on the same last slot."""
    names = {"official_account": official_account, "kind": budget.kind, "period": period}
    QuotaHold.objects.bulk_create([QuotaHold(**names, limit=budget.limit)], ignore_conflicts=True)
    hold: QuotaHold = QuotaHold.objects.select_for_update(of=("self",), no_key=True).get(**names)
    return hold


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m-%d}"


def _month(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m}"
