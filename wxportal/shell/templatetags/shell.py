"""Tags and filters every template may use: moments, badges, the brand's mark."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from wxportal.shell.clocks import two_clocks

register = template.Library()


@register.filter
def moment(value: datetime | None) -> str:
    """Return ``value`` on two clocks: the viewer's and Beijing's."""
    if value is None:
        return "–"
    return format_html('<time class="wx-moment" datetime="{}">{}</time>', value.isoformat(), two_clocks(value))


@register.filter
def ago(value: datetime | None) -> str:
    """Return "in 3 hours" or "12 minutes ago"."""
    if value is None:
        return ""
    now = timezone.now()
    if value > now:
        return _("in %(duration)s") % {"duration": timeuntil(value, now, depth=1)}
    if (now - value).total_seconds() < 60:
        return _("%(seconds)d s ago") % {"seconds": (now - value).total_seconds()}
    return _("%(duration)s ago") % {"duration": timesince(value, now, depth=1)}


@register.simple_tag
def badge(word: Any, kind: str) -> SafeString:
    """Return a small label; ``kind`` names its colour in ``shell.css`` (a campaign's state, ok, warn, bad, quiet)."""
    return format_html('<span class="wx-badge wx-badge-{}">{}</span>', str(kind).replace("_", "-"), word)


@register.simple_tag
def brand_mark(brand: Any, *, large: bool = False) -> SafeString:
    """Return the brand's initial on its colour, so that nobody works in the wrong account."""
    size = " wx-mark-large" if large else ""
    return format_html(
        '<span class="wx-mark wx-hue-{}{}" title="{}" aria-hidden="true">{}</span>',
        brand.colour,
        size,
        brand.name,
        brand.initial,
    )


@register.filter
def percent(part: int | None, whole: int | None) -> int:
    """Return ``part`` of ``whole`` in whole percent, 0 where there is no whole."""
    return round(100 * (part or 0) / whole) if whole else 0


@register.filter
def grouped(number: int | None) -> str:
    """Return 41880 as "41,880", which all three languages write alike."""
    return "–" if number is None else f"{number:,}"
