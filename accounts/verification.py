"""The one-year rule: where a verification (认证) stands, and how long it still holds.

WeChat tells nobody by an interface of its own; we know what a manager typed in,
what its events say, and whether a probe is answered (official-account.md §10.2,
§10.3). This module looks at the account's row only; ``verification_log`` keeps
that row true to the records.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficialAccount
from wxportal.shell.clocks import BEIJING

# "Three months" before the last day. Source: MP help text (official-account.md §10.2): expiry 20 May, renewable from
# 19 February until expiry, which is 90 days.
RENEWAL_DAYS = 90
ENDING_SOON = timedelta(days=30)  # a review takes days to weeks; a month leaves room for one refusal


class State(StrEnum):
    UNVERIFIED = "unverified"
    IN_REVIEW = "in_review"
    VERIFIED = "verified"
    RENEWAL_OPEN = "renewal_open"
    ENDING_SOON = "ending_soon"
    LAPSED = "lapsed"
    UNKNOWN_DATE = "unknown_date"


WORDS: dict[State, Promise] = {
    State.UNVERIFIED: _("Not verified"),
    State.IN_REVIEW: _("In review"),
    State.VERIFIED: _("Verified"),
    State.RENEWAL_OPEN: _("Renewal open"),
    State.ENDING_SOON: _("Verification ends soon"),
    State.LAPSED: _("Verification lapsed"),
    State.UNKNOWN_DATE: _("Verified, end unknown"),
}
BADGES = {
    State.UNVERIFIED: "quiet",
    State.IN_REVIEW: "warn",
    State.VERIFIED: "ok",
    State.RENEWAL_OPEN: "warn",
    State.ENDING_SOON: "bad",
    State.LAPSED: "bad",
    State.UNKNOWN_DATE: "warn",
}
NEXT_STEPS: dict[State, Promise] = {
    State.UNVERIFIED: _(
        "Apply for verification in WeChat's console (设置与开发 → 公众号设置 → 微信认证). Then enter its end here."
    ),
    State.IN_REVIEW: _("WeChat's auditor looks at the papers and may telephone. Record here what comes back."),
    State.VERIFIED: _("Nothing to do yet: WeChat takes a renewal from three months before the end."),
    State.RENEWAL_OPEN: _("Renew in WeChat's console (微信认证 → 年审); everything keeps working meanwhile."),
    State.ENDING_SOON: _("Renew now: a review takes days, and after a refusal the papers have to be sent again."),
    State.LAPSED: _("Verify again in WeChat's console, then enter the new end here. Followers and account stay."),
    State.UNKNOWN_DATE: _(
        "Look the end up in WeChat's console (微信认证) and enter it here: nobody warns us otherwise."
    ),
}
# How urgent a state is on the board, the most urgent first.
RISK = {
    State.LAPSED: 0,
    State.ENDING_SOON: 1,
    State.RENEWAL_OPEN: 2,
    State.UNKNOWN_DATE: 3,
    State.IN_REVIEW: 4,
    State.UNVERIFIED: 5,
    State.VERIFIED: 6,
}
RENEWING = _("The renewal is in review; everything keeps working until the end.")


@dataclass(frozen=True)
class Verification:
    """Where an account's verification stands at one moment."""

    state: State
    until: datetime | None
    renewal_opens_at: datetime | None
    days_left: int | None
    computed: bool = False
    in_review: bool = False

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
        return self.state in (State.VERIFIED, State.RENEWAL_OPEN, State.ENDING_SOON, State.UNKNOWN_DATE)

    @property
    def has_lapsed(self) -> bool:
        """Return whether it held once and ended, also while a new application is in review."""
        return not self.holds and self.until is not None

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
        return RENEWING if self.in_review and self.holds else NEXT_STEPS[self.state]


def state(official_account: OfficialAccount, now: datetime) -> Verification:
    """Return where the account's verification stands at ``now``."""
    until, in_review = official_account.verified_until, official_account.verification_in_review
    if official_account.verification_undated:
        return Verification(State.UNKNOWN_DATE, None, None, None, in_review=in_review)
    if until is None:
        return Verification(State.IN_REVIEW if in_review else State.UNVERIFIED, None, None, None, in_review=in_review)
    opens_at, days_left = renewal_opens(until), max((until - now).days, 0)
    found = _state_at(now, opens_at, until)
    if found == State.LAPSED and in_review:
        found = State.IN_REVIEW
    computed = official_account.verification_computed
    return Verification(found, until, opens_at, days_left, computed=computed, in_review=in_review)


def end_is_known(official_account: OfficialAccount, now: datetime) -> bool:
    """Return whether there is an end ahead: then nobody needs to ask WeChat whether it holds."""
    return state(official_account, now).state in (State.VERIFIED, State.RENEWAL_OPEN, State.ENDING_SOON)


def days_before(until: datetime, days: int) -> datetime:
    """Return the moment ``days`` times 24 hours before the end; Beijing has no summer time."""
    return until - timedelta(days=days)


def last_day(until: datetime | None) -> date | None:
    """Return the last day in Beijing on which a verification that ends at ``until`` holds."""
    return (until - timedelta(microseconds=1)).astimezone(BEIJING).date() if until else None


def end_of_day(day: date) -> datetime:
    """Return the moment a verification ends whose last day in Beijing is ``day``."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=BEIJING)


def same_day_next_year(day: date) -> date:
    """Return the same calendar day one year later; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def one_year_after(moment: datetime) -> datetime:
    """Return the computed end of a verification completed at ``moment``: the same Beijing minute, one year later.

    Source: official-account.md §10.2 ("one year from success").
    """
    local = moment.astimezone(BEIJING)
    return datetime.combine(same_day_next_year(local.date()), local.timetz())


def renewal_opens(until: datetime) -> datetime:
    """Return the Beijing midnight from which WeChat takes a renewal."""
    day = last_day(until)
    assert day is not None
    return datetime.combine(day - timedelta(days=RENEWAL_DAYS), time.min, tzinfo=BEIJING)


def _state_at(now: datetime, opens_at: datetime, until: datetime) -> State:
    if now >= until:
        return State.LAPSED
    if now >= until - ENDING_SOON:
        return State.ENDING_SOON
    return State.RENEWAL_OPEN if now >= opens_at else State.VERIFIED
