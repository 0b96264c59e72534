"""What a person asked to see in the list of followers, as it stands in the page's address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from accounts.models import OfficialAccount
from followers.models import Follower, FollowerQuerySet

PAGE_SIZE = 50  # rows
LONGEST_SEARCH = 64  # characters, as an openid or a remark may have
FOLLOWING, GONE, BLACKLISTED = "following", "gone", "blacklisted"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Place = tuple[datetime, int]


@dataclass(frozen=True)
class Filter:
    """Which followers, and from which place in the list on."""

    who: str = FOLLOWING
    tag: int | None = None
    text: str = ""
    after: Place | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filter":
        """Read the page's address; what makes no sense in it is left out."""
        who = query.get("who", FOLLOWING)
        return cls(
            who=who if who in (FOLLOWING, GONE, BLACKLISTED) else FOLLOWING,
            tag=_number(query.get("tag", "")),
            text=query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            after=_place(query.get("after", "")),
        )

    @property
    def is_plain(self) -> bool:
        """Whether everybody who follows is shown."""
        return (self.who, self.tag, self.text) == (FOLLOWING, None, "")

    def rows(self, official_account: OfficialAccount) -> FollowerQuerySet:
        """Return everybody who fits, whatever the place."""
        rows: FollowerQuerySet = Follower.objects.filter(official_account=official_account, subscribed=self.who != GONE)
        if self.who == BLACKLISTED:
            rows = rows.filter(blacklisted=True)
        if self.tag is not None:
            rows = rows.with_tag(self.tag)
        return rows.found_by(self.text) if self.text else rows

    def address(self, official_account: OfficialAccount, after: Place | None = None) -> str:
        """Return the query of the page that shows this filter from ``after`` on."""
        parts = {"account": official_account.pk, "who": self.who, "tag": self.tag, "q": self.text}
        parts["after"] = f"{(after[0] - EPOCH) // MICROSECOND}-{after[1]}" if after else ""
        return urlencode({name: value for name, value in parts.items() if value not in ("", None, FOLLOWING)})


@dataclass(frozen=True)
class Slice:
    """One page of rows, and where the next one begins."""

    rows: Sequence[Follower]
    next_place: Place | None


def slice_of(wanted: Filter, official_account: OfficialAccount) -> Slice:
    """Return the page of the list the filter points at."""
    rows = list(wanted.rows(official_account).newest_first(wanted.after)[: PAGE_SIZE + 1])
    shown = rows[:PAGE_SIZE]
    return Slice(shown, (shown[-1].subscribed_at, shown[-1].pk) if len(rows) > PAGE_SIZE else None)


def _number(text: str) -> int | None:
    # Nine digits: what does not fit PostgreSQL's integer is no tag.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _place(text: str) -> Place | None:
    moment, _dash, number = text.partition("-")
    if not (moment.isascii() and moment.isdigit() and number.isascii() and number.isdigit()):
        return None
    try:
        return EPOCH + int(moment) * MICROSECOND, min(int(number), 2**63 - 1)
    except (OverflowError, ValueError):
        return None
