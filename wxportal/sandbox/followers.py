"""The followers of one account: numbers inside, openids outside.

Nobody is stored as an object. An openid is put together from two small tables
and taken apart again by looking its halves up, so a million followers cost a
few bitmaps; only what sets a person apart (a remark, a new date) is kept.
"""

import base64
import hashlib
import random
from dataclasses import dataclass, field

from wxportal.sandbox import bits

LOW_NAMES = 1024  # openids share their middle in blocks of this many followers
FOLLOWING_SPAN = 3 * 365 * 86400  # seconds; how long ago the eldest of the first followers came
MONTHLY_LIMIT = 4  # mass messages a follower of a service account gets in a Beijing month (§6.1)
SCENES = (
    "ADD_SCENE_SEARCH",
    "ADD_SCENE_QR_CODE",
    "ADD_SCENE_PROFILE_CARD",
    "ADD_SCENE_PROFILE_LINK",
    "ADD_SCENE_OTHERS",
)


def _letters(seed: str, length: int) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(seed.encode()).digest())[:length].decode("ascii")


class OpenIds:
    """28 characters from ``o``: 7 of the account, 10 of the block, 11 of the place within the block."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self.prefix = "o" + _letters(f"{seed}/account", 6)
        self._low = tuple(_letters(f"{seed}/low/{n}", 11) for n in range(LOW_NAMES))
        self._low_index = {name: n for n, name in enumerate(self._low)}
        self._high: list[str] = []
        self._high_index: dict[str, int] = {}

    def of(self, number: int) -> str:
        block, place = divmod(number, LOW_NAMES)
        while block >= len(self._high):
            self._add_block()
        return self.prefix + self._high[block] + self._low[place]

    def number(self, openid: str) -> int | None:
        """The follower behind ``openid``; None when this account never gave it out."""
        if len(openid) != 28 or not openid.startswith(self.prefix):
            return None
        block, place = self._high_index.get(openid[7:17]), self._low_index.get(openid[17:])
        return None if block is None or place is None else block * LOW_NAMES + place

    def grow(self, count: int) -> None:
        """Make the names of followers 0 … count-1 known, so that `number` finds them."""
        if count:
            self.of(count - 1)

    def _add_block(self) -> None:
        name = _letters(f"{self._seed}/high/{len(self._high)}", 10)
        self._high_index[name] = len(self._high)
        self._high.append(name)


@dataclass
class MonthCount:
    """How many mass messages each follower got in one month: three bitmaps, counting to "four or more"."""

    ones: int = 0
    twos: int = 0
    fours: int = 0

    def add(self, who: int) -> None:
        """Count one more for ``who``; once somebody is in ``fours`` the other two bitmaps say nothing about them."""
        carry = self.ones & who
        self.ones ^= who
        self.fours |= self.twos & carry
        self.twos ^= carry

    def of(self, number: int) -> int:
        if bits.contains(self.fours, number):
            return MONTHLY_LIMIT
        return bits.contains(self.ones, number) + 2 * bits.contains(self.twos, number)

    def histogram(self, among: int) -> dict[str, int]:
        """Of the followers in ``among``, how many got 0, 1, 2, 3, and 4 or more."""
        low = ~self.fours & among
        counts = {
            "0": low & ~self.ones & ~self.twos,
            "1": low & self.ones & ~self.twos,
            "2": low & self.twos & ~self.ones,
            "3": low & self.ones & self.twos,
            "4+": among & self.fours,
        }
        return {label: who.bit_count() for label, who in counts.items()}


@dataclass
class Followers:
    """Everybody who ever followed an account, and who does now."""

    seed: str
    founded: float  # unix seconds; the first followers came in the three years before
    count: int = 0
    active: int = 0
    refusing: int = 0
    blacklisted: int = 0
    months: dict[str, MonthCount] = field(default_factory=dict)
    remarks: dict[int, str] = field(default_factory=dict)
    came: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.openids = OpenIds(self.seed)

    def join(self, how_many: int, refuse_share: float, since: int | None = None) -> range:
        """Let ``how_many`` new people follow; ``since`` is their date in unix seconds, None spreads it."""
        newcomers = range(self.count, self.count + how_many)
        chance = random.Random(f"{self.seed}/refusing/{self.count}")  # noqa: S311 - a repeatable draw, not a secret
        self.refusing |= bits.just(chance.sample(newcomers, round(how_many * refuse_share)))
        self.active |= bits.everybody(how_many) << self.count
        self.count += how_many
        self.openids.grow(self.count)
        if since is not None:
            self.came.update(dict.fromkeys(newcomers, since))
        return newcomers

    def number(self, openid: str) -> int | None:
        number = self.openids.number(openid)
        return number if number is not None and number < self.count else None

    def follows(self, number: int) -> bool:
        return bits.contains(self.active, number)

    def came_at(self, number: int) -> int:
        """Unix seconds of the last follow."""
        if number in self.came:
            return self.came[number]
        return int(self.founded) - (number * 2654435761 + len(self.seed)) % FOLLOWING_SPAN

    def scene(self, number: int) -> str:
        return SCENES[number * 7 % len(SCENES)]

    def month(self, name: str) -> MonthCount:
        return self.months.setdefault(name, MonthCount())
