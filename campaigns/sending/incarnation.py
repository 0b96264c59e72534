"""Is this the database we think it is? A restored backup or a clone must never send (DISPATCH §5).

The installation's number is kept in the database and in a file outside it, and
with it the last line of the diary this machine has seen. Another number, or a
shorter diary, means a restored or cloned database: sending goes off, and every
unfinished batch and campaign waits for a person. A machine without the file
sends nothing itself: a staging clone, or a new worker nobody gave the file to.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext, gettext_noop

from accounts.clock import database_now
from accounts.models import Site
from campaigns.models import Batch, BatchLog, Campaign
from campaigns.sending import transitions
from campaigns.sending.transitions import move

logger = logging.getLogger(__name__)

ACTOR = "portal"
OTHER_DATABASE = gettext_noop(
    "The installation's number outside the database is another one: it was restored or cloned."
)
OLDER_DATABASE = gettext_noop("The diary of calls is shorter than it was: an older database was put in place.")
NO_FILE = gettext_noop(
    "This machine has no INCARNATION_FILE: copy it from a machine that sends, or run accept_incarnation."
)
_seen = 0  # the last line of the diary this process saw


@dataclass(frozen=True)
class Outside:
    """What the file outside the database says."""

    number: str = ""
    line: int = 0


def sending_is_on() -> bool:
    """Return whether this process may send at all; cheap enough to ask before every call."""
    return why_off() == "" and _doubt(Site.current()) == ""


def why_off() -> str:
    """Return why the whole installation sends nothing, an empty string where it does: for pages, on any machine."""
    site = Site.current()
    # Ours are kept in English and shown in the reader's language; what an administrator wrote stays as it is.
    return "" if site.sending_on else gettext(site.sending_off_reason or gettext_noop("Sending was switched off."))


def check() -> str:
    """Find out whether this is our database, and set everything aside if it is not; return why sending is off here.

    Every worker calls it when it starts, and the resolver with each pass.
    """
    site = Site.current()
    if _outside().number != _number_of(site) and not Batch.objects.exists():
        # A new database has nothing that could go out twice.
        _write(Outside(_number_of(site)))
    doubt = _doubt(site)
    if doubt in (OTHER_DATABASE, OLDER_DATABASE) and site.sending_on:
        quarantine(doubt, database_now())
    return why_off() or doubt


@transaction.atomic
def quarantine(reason: str, now: datetime) -> int:
    """Switch sending off and set every unfinished batch and campaign aside; return how many batches.

    What a restored row says about "never armed" proves nothing, so the waiting
    times of the protocol count from now.
    """
    logger.error("sending goes off: %s", reason)
    Site.objects.update(sending_on=False, sending_off_reason=reason)
    Campaign.objects.filter(status=Campaign.Status.SCHEDULED, quarantined_at=None).update(quarantined_at=now)
    waiting = Batch.objects.filter(state__in=transitions.QUARANTINE.sources)
    moved = [
        move(
            pk,
            transitions.QUARANTINE,
            Batch.State.QUARANTINED,
            now=now,
            actor=ACTOR,
            evidence={"reason": reason},
            last_armed_at=now,
        )
        for pk in waiting.order_by("pk").values_list("pk", flat=True)
    ]
    return sum(batch is not None for batch in moved)


def accept(now: datetime, actor: str) -> int:
    """A person looked: make this database the one that sends, and ask about every batch that was unfinished.

    Returns how many batches people have to decide about. Campaigns stay set
    aside; each is cancelled or planned anew by hand.
    """
    global _seen
    with transaction.atomic():
        quarantine("accepted by a person", now)
        site = Site.current()
        site.incarnation, site.sending_on, site.sending_off_reason = uuid.uuid4(), True, ""
        site.save(update_fields=["incarnation", "sending_on", "sending_off_reason"])
        waiting = Batch.objects.filter(state=Batch.State.QUARANTINED).order_by("pk").values_list("pk", flat=True)
        asked = [move(pk, transitions.RELEASE, Batch.State.UNDECIDED, now=now, actor=actor) for pk in waiting]
    _seen = 0
    _write(Outside(_number_of(site)))
    return sum(batch is not None for batch in asked)


def forget() -> None:
    """Forget what this process saw of the diary: for tests, which begin with an empty database."""
    global _seen
    _seen = 0


def _doubt(site: Site) -> str:
    """Return what speaks against this database, and remember how long its diary is."""
    global _seen
    outside = _outside()
    if not outside.number:
        return NO_FILE
    if outside.number != _number_of(site):
        return OTHER_DATABASE
    last = BatchLog.objects.aggregate(last=Max("pk"))["last"] or 0
    if last < max(_seen, outside.line):
        return OLDER_DATABASE
    _seen = last
    if last > outside.line:
        _write(Outside(outside.number, last))
    return ""


def _number_of(site: Site) -> str:
    return f"{site.site_id} {site.incarnation}"


def _outside() -> Outside:
    try:
        number, _, line = Path(settings.INCARNATION_FILE).read_text().strip().partition("\n")
    except FileNotFoundError:
        return Outside()
    return Outside(number, int(line) if line.isascii() and line.isdigit() else 0)


def _write(outside: Outside) -> None:
    """Replace the file as a whole: a half-written number would look like another database."""
    path = Path(settings.INCARNATION_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    mine.write_text(f"{outside.number}\n{outside.line}\n")
    mine.replace(path)
