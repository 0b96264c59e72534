"""Is this the database we think it is? A restored backup or a clone must never send (DISPATCH §5).

The installation's number is kept in the database and in a file outside it. They
differ after a restore or on a staging clone; a diary shorter than this process
remembers means a restore under our feet. Then sending goes off, and every
unfinished batch and campaign waits for a person.
"""

import logging
import uuid
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from accounts.clock import database_now
from accounts.models import Site
from campaigns.models import Batch, BatchLog, Campaign
from campaigns.sending import transitions
from campaigns.sending.transitions import move

logger = logging.getLogger(__name__)

ACTOR = "portal"
_highest_line = 0  # of the diary, as this process saw it


class SendingOff(Exception):
    """The installation may not send; the text says why, for people."""


def sending_is_on() -> bool:
    """Return whether this installation may send at all; cheap enough to ask before every call."""
    return why_off() == ""


def why_off() -> str:
    """Return why sending is off, an empty string where it is on."""
    site = Site.current()
    if not site.sending_on:
        return site.sending_off_reason or "Sending was switched off."
    if _written() != _number_of(site):
        return f"The installation's number in {Path(settings.INCARNATION_FILE).name} is another than the database's."
    if _diary_shrank():
        return "The diary of calls is shorter than it was: an older database was put in place."
    return ""


def check() -> str:
    """Find out whether this is our database, and quarantine everything if it is not; return why sending is off.

    Every worker calls it when it starts, and the resolver with each pass.
    """
    site = Site.current()
    if _written() != _number_of(site) and not Batch.objects.exists():
        # A new database has nothing that could go out twice.
        _write(site)
    reason = why_off()
    if reason and site.sending_on:
        quarantine(reason, database_now())
    return reason


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


@transaction.atomic
def accept(now: datetime, actor: str) -> int:
    """A person looked: give this database a number of its own, switch sending on, and ask about every batch set aside.

    Returns how many batches people have to decide about. Campaigns stay set
    aside; each is cancelled or planned anew by hand.
    """
    global _highest_line
    site = Site.current()
    site.incarnation, site.sending_on, site.sending_off_reason = uuid.uuid4(), True, ""
    site.save(update_fields=["incarnation", "sending_on", "sending_off_reason"])
    asked = [
        move(pk, transitions.RELEASE, Batch.State.UNDECIDED, now=now, actor=actor)
        for pk in Batch.objects.filter(state=Batch.State.QUARANTINED).order_by("pk").values_list("pk", flat=True)
    ]
    _write(site)
    _highest_line = 0
    return sum(batch is not None for batch in asked)


def _number_of(site: Site) -> str:
    return f"{site.site_id} {site.incarnation}"


def _written() -> str:
    try:
        return Path(settings.INCARNATION_FILE).read_text().strip()
    except FileNotFoundError:
        return ""


def _write(site: Site) -> None:
    path = Path(settings.INCARNATION_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_number_of(site) + "\n")


def _diary_shrank() -> bool:
    """Compare the diary with what this process saw of it before."""
    global _highest_line
    highest = BatchLog.objects.aggregate(highest=Max("pk"))["highest"] or 0
    if highest < _highest_line:
        return True
    _highest_line = highest
    return False


def forget() -> None:
    """Forget what this process saw of the diary: for tests, which begin with an empty database."""
    global _highest_line
    _highest_line = 0
