"""What speaks against sending, in one list: red stops, yellow asks.

Everything is recomputed from rows each time; WeChat is not asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import capabilities, verification
from accounts.models import OfficialAccount
from campaigns.models import Batch, Campaign, HeldSlot, QuotaHold
from campaigns.planning import quota
from campaigns.planning.audience import Audience
from campaigns.sending import guards, incarnation
from wxportal.shell.clocks import BEIJING

RED, YELLOW, GREEN = "red", "yellow", "green"


@dataclass(frozen=True)
class Line:
    """One thing looked at; ``way_out`` says what a person can do, ``link`` where."""

    key: str
    level: str
    text: str | Promise
    way_out: str | Promise = ""
    link: str = ""


def run(campaign: Campaign, target: Audience, now: datetime) -> list[Line]:
    """Return every line of the preflight of a campaign that is a draft or scheduled."""
    moment = max(campaign.scheduled_at or now, now)
    return [
        *_moment(campaign, now),
        *_account(campaign.official_account, target.route, moment, now),
        *_articles(campaign),
        *_audience(campaign, target),
        *_quota(campaign, target.route, moment),
        *_same_day(campaign, target.route, moment),
    ]


def stops(lines: list[Line]) -> list[Line]:
    """Return the red lines."""
    return [line for line in lines if line.level == RED]


def _moment(campaign: Campaign, now: datetime) -> Iterator[Line]:
    if campaign.scheduled_at is None:
        yield Line("moment", RED, _("No moment is set."), _("Choose when it goes out."))
        return
    assert campaign.not_after is not None
    if campaign.not_after <= now:
        yield Line("moment", RED, _("The moment has passed."), _("Choose another one."))
    elif campaign.scheduled_at <= now:
        yield Line("moment", YELLOW, _("The moment is now: it begins as soon as it is released."))
    else:
        yield Line("moment", GREEN, _("The moment lies ahead."))
    if quota.near_midnight(campaign.scheduled_at):
        text = _("Close to midnight in Beijing: nobody knows which day WeChat charges, so both must have room.")
        yield Line("midnight", YELLOW, text, _("A few minutes earlier or later avoids it."))


def _account(official_account: OfficialAccount, route: str, moment: datetime, now: datetime) -> Iterator[Line]:
    account_page = official_account.get_absolute_url()
    if official_account.paused_at is not None:
        yield Line("pause", RED, _("This account is paused."), _("Resume it on its page."), account_page)
    if reason := incarnation.why_off():
        way_out = _("An administrator looks at it: it protects against sending twice after a restore.")
        yield Line("installation", RED, _("Sending is off: %(reason)s") % {"reason": reason}, way_out)
    for bar in guards.bars(official_account.pk, now):
        yield Line("bar", YELLOW, _("WeChat lets this account send nothing for now: %(why)s") % {"why": bar.reason})
    for capability in ("drafts", f"mass.{route}"):
        verdict = capabilities.can(official_account, capability, moment)
        if not verdict.ok:
            yield Line("capability", RED, verdict.reason, verdict.way_out, account_page)
            return
    yield _verification(official_account, moment, account_page)


def _verification(official_account: OfficialAccount, moment: datetime, account_page: str) -> Line:
    state = verification.state(official_account, moment)
    if state.state == verification.State.ENDING_SOON:
        last_day = formats.date_format(state.last_day) if state.last_day else ""
        text = _("The verification ends soon after that day, on %(day)s.") % {"day": last_day}
        return Line("verification", YELLOW, text, state.next_step, account_page)
    return Line("verification", GREEN, _("The account may send on that day."))


def _articles(campaign: Campaign) -> Iterator[Line]:
    places = list(campaign.places.select_related("article"))
    if not places:
        yield Line("articles", RED, _("There is no article."), _("Choose one to eight."))
        return
    wrong = [place.article for place in places if place.article.stops]
    for article in wrong:
        text = _("“%(title)s” is not ready: WeChat would refuse it.") % {"title": article.title}
        link = reverse("articles:edit", args=[article.pk])
        yield Line("articles", RED, text, _("See the checks beside its text."), link)
    if not wrong:
        text = ngettext("%(count)d article is ready.", "%(count)d articles are ready.", len(places))
        yield Line("articles", GREEN, text % {"count": len(places)})


def _audience(campaign: Campaign, target: Audience) -> Iterator[Line]:
    people = target.people
    followers = reverse("followers:list") + f"?account={campaign.official_account_id}"
    if people == 0:
        text = _("Nobody would get it.")
        yield Line("audience", RED, text, _("Sync the followers, or choose another tag."), followers)
    elif people == 1 and target.route != Batch.Route.ALL:
        yield Line("audience", RED, _("Only one person would get it."), _("Choose a larger tag."), followers)
    else:
        text = ngettext("%(count)s follower gets it.", "%(count)s followers get it.", people)
        yield Line("audience", GREEN, text % {"count": f"{people:,}"})
    if campaign.tag is not None and campaign.tag.gone_at is not None:
        yield Line("tag", RED, _("This tag was deleted in WeChat."), _("Choose another one."))


def _quota(campaign: Campaign, route: str, moment: datetime) -> Iterator[Line]:
    held = set(HeldSlot.objects.filter(campaign=campaign).values_list("hold_id", flat=True))
    for hold in quota.overview(campaign.official_account, route, moment):
        free = hold.left + (hold.pk in held)
        # A side of midnight that real sends have used up cannot be charged any more.
        spent = hold.used + hold.external >= hold.limit and quota.near_midnight(moment)
        level = GREEN if free else YELLOW if spent else RED
        yield Line("quota", level, left(hold, free), "" if free else _("Choose another day, or cancel what holds it."))


def left(hold: QuotaHold, free: int | None = None) -> str:
    """Say in words what is left of one counter."""
    numbers = {"left": hold.left if free is None else free, "limit": hold.limit, "period": hold.period}
    if hold.kind == QuotaHold.Kind.MONTH:
        return _("Sends to all in %(period)s: %(left)d of %(limit)d left.") % numbers
    if hold.kind == QuotaHold.Kind.DAY:
        return _("Sends on %(period)s: %(left)d of %(limit)d left.") % numbers
    return _("Mass calls on %(period)s: %(left)d of %(limit)d left.") % numbers


def _same_day(campaign: Campaign, route: str, moment: datetime) -> Iterator[Line]:
    """Warn of a second send to all on one Beijing day: one guide of WeChat forbids it to service accounts."""
    if route != Batch.Route.ALL or campaign.official_account.type != OfficialAccount.Type.SERVICE:
        return
    day = moment.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    others = Campaign.objects.filter(
        official_account=campaign.official_account,
        status=Campaign.Status.SCHEDULED,
        audience=Campaign.Audience.ALL,
        scheduled_at__range=(day, day + timedelta(days=1)),
    ).exclude(pk=campaign.pk)
    if others.exists():
        text = _("Another campaign goes to everybody on the same day; one of WeChat's guides allows one a day.")
        yield Line("same day", YELLOW, text)
