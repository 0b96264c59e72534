"""Two clocks: the viewer's and Beijing's. Quota days and months are Beijing's."""

import zoneinfo
from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

BEIJING = zoneinfo.ZoneInfo("Asia/Shanghai")

# The zones our customers sit in; the name is what stands beside the hour.
CITY = {
    "Asia/Tokyo": pgettext_lazy("city", "Tokyo"),
    "Asia/Shanghai": pgettext_lazy("city", "Beijing"),
    "Asia/Hong_Kong": pgettext_lazy("city", "Hong Kong"),
    "Asia/Taipei": pgettext_lazy("city", "Taipei"),
    "Asia/Seoul": pgettext_lazy("city", "Seoul"),
    "Asia/Singapore": pgettext_lazy("city", "Singapore"),
    "Australia/Sydney": pgettext_lazy("city", "Sydney"),
    "Europe/London": pgettext_lazy("city", "London"),
    "Europe/Paris": pgettext_lazy("city", "Paris"),
    "Europe/Berlin": pgettext_lazy("city", "Berlin"),
    "America/New_York": pgettext_lazy("city", "New York"),
    "America/Los_Angeles": pgettext_lazy("city", "Los Angeles"),
    "UTC": pgettext_lazy("city", "UTC"),
}
ZONE_CHOICES = list(CITY.items())

# Day and hour in each language's habit; Django's own formats have no short weekday with them.
DAY_FORMAT = pgettext_lazy("date format: short day", "D j M")
DAY_AND_YEAR_FORMAT = pgettext_lazy("date format: short day with year", "D j M Y")


def day(moment: datetime, zone: zoneinfo.ZoneInfo, *, now: datetime | None = None) -> str:
    """Return the day of ``moment`` in ``zone``, with the year when it is not this one."""
    local = moment.astimezone(zone)
    this_year = (now or timezone.now()).astimezone(zone).year
    pattern = DAY_FORMAT if local.year == this_year else DAY_AND_YEAR_FORMAT
    return formats.date_format(local, str(pattern))


def city(zone: zoneinfo.ZoneInfo) -> str:
    """Return the word that stands beside an hour of ``zone``."""
    return str(CITY.get(zone.key, zone.key.rsplit("/", 1)[-1].replace("_", " ")))


def two_clocks(moment: datetime) -> str:
    """Return e.g. "Tue 24 Nov 20:00 Tokyo · 19:00 Beijing"; Beijing's day is named where it differs."""
    here = timezone.get_current_timezone()
    zone = here if isinstance(here, zoneinfo.ZoneInfo) else BEIJING
    local, beijing = moment.astimezone(zone), moment.astimezone(BEIJING)
    first = f"{day(moment, zone)} {local:%H:%M} {city(zone)}"
    if zone.key == BEIJING.key:
        return first
    other_day = "" if local.date() == beijing.date() else f"{day(moment, BEIJING)} "
    return f"{first} · {other_day}{beijing:%H:%M} {_('Beijing')}"
