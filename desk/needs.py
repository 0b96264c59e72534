"""What needs a person: one line each, the most pressing first, every line with the way to act on it.

From rows only: Today never asks WeChat.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import health, notices, verification
from accounts.clock import in_world_of
from accounts.models import Brand, OfficialAccount, User
from accounts.policies import may
from accounts.verification import State
from campaigns.sending import incarnation
from desk.agenda import LATELY, Agenda, Line
from followers.models import SyncRun
from wxportal.shell.templatetags.shell import ago

# Rank of a line: what can still go wrong for followers first, then what stops work, then what can wait.
DECIDE, BROKEN, SOON, LATER = range(4)
KINDS = {DECIDE: "bad", BROKEN: "bad", SOON: "warn", LATER: "quiet"}


@dataclass(frozen=True)
class Need:
    """One line: whose it is (None: the installation), what is the matter, and where to act."""

    rank: int
    brand: Brand | None
    text: str
    verb: str
    url: str

    @property
    def kind(self) -> str:
        """Return the colour of the line's dot."""
        return KINDS[self.rank]


def of_installation() -> Iterator[Need]:
    """Yield that sending is off: then nothing goes out, whatever else stands on the page."""
    if reason := incarnation.why_off():
        text = _("Sending is off. %(reason)s") % {"reason": reason}
        yield Need(DECIDE, None, text, _("See the campaigns"), reverse("campaigns:list"))


def of_notices(user: User) -> Iterator[Need]:
    """Yield that the portal told this person something they have not read yet."""
    told = list(notices.unread(user))
    if not told:
        return
    text = ngettext(
        "%(account)s: a reminder you have not read",
        "%(account)s and others: %(count)d reminders you have not read",
        len(told),
    ) % {"account": told[0].official_account.name, "count": len(told)}
    yield Need(SOON, told[0].official_account.brand, text, _("Read"), reverse("accounts:notices"))


def of_accounts(user: User, accounts: list[OfficialAccount], now: datetime) -> Iterator[Need]:
    """Yield what is the matter with the accounts themselves."""
    for account in accounts:
        manages = may(user, "account.change", account.brand)
        yield from _of_verification(account, now, manages)
        yield from _of_connection(account, may(user, "account.test", account.brand))
        yield from _of_callback(account, manages)


def _of_verification(account: OfficialAccount, now: datetime, manages: bool) -> Iterator[Need]:
    found = verification.state(account, in_world_of(account, now))
    verb = _("Renew") if manages else _("See")
    if found.state == State.LAPSED:
        text = _("%(account)s: the verification has lapsed; WeChat takes no sends") % {"account": account.name}
        yield Need(BROKEN, account.brand, text, verb, account.get_absolute_url())
    elif found.state in (State.ENDING_SOON, State.RENEWAL_OPEN):
        text = ngettext(
            "%(account)s: the verification ends in %(days)d day",
            "%(account)s: the verification ends in %(days)d days",
            found.days_left or 0,
        ) % {"account": account.name, "days": found.days_left}
        yield Need(SOON, account.brand, text, verb, account.get_absolute_url())


def _of_connection(account: OfficialAccount, may_test: bool) -> Iterator[Need]:
    found = health.of_connection(account)
    if found is health.PAUSED:
        text = _("%(account)s is paused: nothing is sent from it") % {"account": account.name}
        yield Need(SOON, account.brand, text, _("See"), account.get_absolute_url())
    elif found is health.NEVER_TESTED:
        text = _("%(account)s: the connection was never tested") % {"account": account.name}
        yield Need(LATER, account.brand, text, _("Test") if may_test else _("See"), account.get_absolute_url())
    elif found.badge == health.BROKEN.badge:
        text = _sentence(account, found.word, found.note)
        yield Need(BROKEN, account.brand, text, _("See why"), account.get_absolute_url())


def _of_callback(account: OfficialAccount, manages: bool) -> Iterator[Need]:
    found = health.of_callback(account)
    if found.badge == "bad":
        text = _("%(account)s: callbacks from WeChat are turned away") % {"account": account.name}
        yield Need(SOON, account.brand, text, _("See why"), account.get_absolute_url())
    elif found is not health.RECEIVING:
        text = _("%(account)s: the callback is not set up; results come late") % {"account": account.name}
        yield Need(LATER, account.brand, text, _("Set up") if manages else _("See"), account.get_absolute_url())


def _sentence(account: OfficialAccount, word: Promise, note: Promise | str) -> str:
    return f"{account.name}: {word}. {note}" if note else f"{account.name}: {word}"


def of_syncs(user: User, runs: dict[int, SyncRun], accounts: list[OfficialAccount]) -> Iterator[Need]:
    """Yield the syncs that stopped, and the accounts whose followers were never read; ``runs`` by account."""
    for account in accounts:
        run, may_sync = runs.get(account.pk), may(user, "follower.sync", account.brand)
        url = f"{reverse('followers:list')}?account={account.pk}"
        if run is None:
            text = _("%(account)s: the followers were never read") % {"account": account.name}
            yield Need(LATER, account.brand, text, _("Read them") if may_sync else _("See"), url)
        elif run.is_resumable:
            facts = {"account": account.name, "count": f"{run.done:,}"}
            text = _("%(account)s: reading the followers stopped at %(count)s") % facts
            yield Need(SOON, account.brand, text, _("Resume") if may_sync else _("See"), url)


def of_campaigns(user: User, agenda: Agenda, now: datetime) -> Iterator[Need]:
    """Yield the campaigns that wait for a person, or ended in a way somebody should look at."""
    for line in [*agenda.coming, *agenda.ended]:
        yield from _of_state(user, line, now)
    for line in agenda.drafts:
        yield from _of_draft(user, line, now)


def _of_state(user: User, line: Line, now: datetime) -> Iterator[Need]:
    facts = {"campaign": line.campaign.name, "detail": line.word.detail}
    brand, url = line.account.brand, line.campaign.get_absolute_url()
    if line.word.key == "needs-decision":
        verb = _("Decide") if may(user, "campaign.resolve", brand) else _("See")
        yield Need(DECIDE, brand, _("“%(campaign)s” needs a decision. %(detail)s") % facts, verb, url)
    elif line.word.key == "paused":
        yield Need(SOON, brand, _("“%(campaign)s” is paused") % facts, _("See"), url)
    elif not _is_recent(line, now):
        return
    elif line.word.key == "missed":
        yield Need(BROKEN, brand, _("“%(campaign)s” was missed: nothing went out") % facts, _("See why"), url)
    elif line.word.key == "rejected":
        yield Need(BROKEN, brand, _("WeChat rejected “%(campaign)s”. %(detail)s") % facts, _("See why"), url)
    elif line.word.key == "partly":
        yield Need(SOON, brand, _("“%(campaign)s” was sent only in part") % facts, _("See why"), url)


def _of_draft(user: User, line: Line, now: datetime) -> Iterator[Need]:
    """Yield a draft whose moment is near: nobody released it, so nothing will go out."""
    facts = {"campaign": line.campaign.name, "when": ago(line.campaign.scheduled_at)}
    brand, url = line.account.brand, line.campaign.get_absolute_url()
    verb = _("Release") if may(user, "campaign.release", brand) else _("See")
    if line.campaign.scheduled_at is not None and line.campaign.scheduled_at <= now:
        yield Need(LATER, brand, _("“%(campaign)s” was not released and its moment has passed") % facts, verb, url)
    else:
        yield Need(SOON, brand, _("“%(campaign)s” is still a draft; it should go out %(when)s") % facts, verb, url)


def _is_recent(line: Line, now: datetime) -> bool:
    return line.campaign.scheduled_at is not None and line.campaign.scheduled_at > now - LATELY
