"""The one-year rule: where a verification (认证) stands, and how long it still holds.

WeChat tells nobody by an interface of its own; we know what a manager typed in
and what its events say (official-account.md §10.2, §10.3).
"""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficialAccount
from wxportal.shell.clocks import BEIJING

# Source: MP help text (official-account.md §10.2): expiry 20 May, renewable from 19 February until expiry.
RENEWAL_MONTHS = 3  # calendar months before the end in which WeChat takes a renewal
ENDING_SOON = timedelta(days=30)  # a review takes days to weeks; a month leaves room for one refusal


class State(StrEnum):
    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    RENEWAL_OPEN = "renewal_open"
    ENDING_SOON = "ending_soon"
    LAPSED = "lapsed"


WORDS: dict[State, Promise] = {
    State.UNVERIFIED: _("Not verified"),
    State.VERIFIED: _("Verified"),
    State.RENEWAL_OPEN: _("Renewal open"),
    State.ENDING_SOON: _("Verification ends soon"),
    State.LAPSED: _("Verification lapsed"),
}
BADGES = {
    State.UNVERIFIED: "quiet",
    State.VERIFIED: "ok",
    State.RENEWAL_OPEN: "warn",
    State.ENDING_SOON: "bad",
    State.LAPSED: "bad",
}
NEXT_STEPS: dict[State, Promise] = {
    State.UNVERIFIED: _(
        "Apply for verification in WeChat's console (设置与开发 → 公众号设置 → 微信认证). Then enter its end here."
    ),
    State.VERIFIED: _("Nothing to do yet: WeChat takes a renewal from three months before the end."),
    State.RENEWAL_OPEN: _("Renew in WeChat's console (微信认证 → 年审); everything keeps working meanwhile."),
    State.ENDING_SOON: _("Renew now: a review takes days, and after a refusal the papers have to be sent again."),
    State.LAPSED: _("Verify again in WeChat's console, then enter the new end here. Followers and account stay."),
}


@dataclass(frozen=True)
class Verification:
    """Where an account's verification stands at one moment."""

    state: State
    until: datetime | None
    renewal_opens_at: datetime | None
    days_left: int | None

    @property
    def last_day(self) -> date | None:
        """Return the last day in Beijing on which it holds."""
        return last_day(self.until)

    @property
    def renewal_day(self) -> date | None:
        """Return the first day in Beijing on which WeChat takes a renewal."""
        return self.renewal_opens_at.astimezone(BEIJING).date() if self.renewal_opens_at else None

    @property
    def holds(self) -> bool:
        """Return whether the verified-only interfaces answer, as far as we know."""
        return self.state not in (State.UNVERIFIED, State.LAPSED)

    @property
    def word(self) -> Promise:
        """Return the state in one or two words."""
        return WORDS[self.state]

    @property
    def badge(self) -> str:
        """Return the badge's colour in ``shell.css``."""
        return BADGES[self.state]

    @property
    def next_step(self) -> Promise:
        """Return what a person should do now."""
        return NEXT_STEPS[self.state]


def state(official_account: OfficialAccount, now: datetime) -> Verification:
    """Return where the account's verification stands at ``now``."""
    until = official_account.verified_until
    if until is None:
        return Verification(State.UNVERIFIED, None, None, None)
    opens_at = months_before(until, RENEWAL_MONTHS)
    days_left = max((until - now).days, 0)
    return Verification(_state_at(now, opens_at, until), until, opens_at, days_left)


def last_day(until: datetime | None) -> date | None:
    """Return the last day in Beijing on which a verification that ends at ``until`` holds."""
    return (until - timedelta(microseconds=1)).astimezone(BEIJING).date() if until else None


def months_before(moment: datetime, months: int) -> datetime:
    """Return the same hour ``months`` calendar months earlier in Beijing; a short month ends the day earlier."""
    local = moment.astimezone(BEIJING)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return local.replace(year=year, month=month + 1, day=min(local.day, last_day))


def _state_at(now: datetime, opens_at: datetime, until: datetime) -> State:
    if now >= until:
        return State.LAPSED
    if now >= until - ENDING_SOON:
        return State.ENDING_SOON
    return State.RENEWAL_OPEN if now >= opens_at else State.VERIFIED
