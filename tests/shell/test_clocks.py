"""Every moment stands on two clocks: the viewer's and Beijing's."""

import zoneinfo
from datetime import UTC, datetime

import time_machine
from django.utils import timezone, translation

from wxportal.shell.clocks import two_clocks

EVENING = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)  # 20:00 in Tokyo, 19:00 in Beijing
MIDNIGHT = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # already the 25th in Tokyo, still the 24th in Beijing


@time_machine.travel("2026-11-20 00:00Z")
def shown(moment: datetime, zone: str) -> str:
    with timezone.override(zoneinfo.ZoneInfo(zone)), translation.override("en"):
        return two_clocks(moment)


def test_tokyo_and_beijing_stand_side_by_side() -> None:
    assert shown(EVENING, "Asia/Tokyo") == "Tue 24 Nov 20:00 Tokyo · 19:00 Beijing"


def test_beijings_day_is_named_where_it_differs() -> None:
    assert shown(MIDNIGHT, "Asia/Tokyo") == "Wed 25 Nov 00:30 Tokyo · Tue 24 Nov 23:30 Beijing"


def test_in_beijing_one_clock_is_enough() -> None:
    assert shown(EVENING, "Asia/Shanghai") == "Tue 24 Nov 19:00 Beijing"


def test_another_year_is_named() -> None:
    assert shown(datetime(2027, 1, 5, 3, 0, tzinfo=UTC), "Asia/Tokyo") == "Tue 5 Jan 2027 12:00 Tokyo · 11:00 Beijing"


def test_a_zone_we_do_not_list_shows_its_own_name() -> None:
    assert "Buenos Aires" in shown(EVENING, "America/Argentina/Buenos_Aires")
