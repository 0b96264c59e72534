"""A person decides what became of a call nobody could find out about (T9).

They look into WeChat's console, which shows every send of the last days. We
believe them (A4), keep their reason, and never send again by ourselves.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.lifecycle import IllegalMove
from campaigns.models import Batch
from campaigns.planning import quota
from campaigns.sending import transitions
from campaigns.sending.constants import seconds, times
from campaigns.sending.moments import moment_for
from campaigns.sending.transitions import move

SHORTEST_REASON = 10  # characters: "looked in the console at 14:05" is one, "ok" is none


def decide(batch: Batch, *, sent: bool, reason: str, by: Any) -> Batch:
    """Record that the message went out, or that it did not. Raises IllegalMove with the reason for people.

    Not before four hours after the last arming: a request may linger that long (A1).
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise IllegalMove(_("Say in a few words what you saw in WeChat's console."))
    with transaction.atomic():
        now = moment_for(batch.official_account)
        lingers_no_longer = Q(last_armed_at__lte=now - seconds(times().person_not_before))
        moved = move(
            batch.pk,
            transitions.DECIDE,
            Batch.State.DONE if sent else Batch.State.ABANDONED,
            now=now,
            actor=str(by),
            guard=lingers_no_longer,
            evidence={"reason": reason.strip(), "sent": sent},
            outcome=Batch.Outcome.CONFIRMED if sent else "",
            done_at=now,
        )
        if moved is None:
            raise IllegalMove(_("This cannot be decided now. Look at the page again."))
        # Whether it went out or not: WeChat may have counted it, and nobody can prove the opposite.
        quota.use(moved)
    return moved


def may_be_decided_at(batch: Batch) -> datetime | None:
    """Return from when on a person may decide about an undecided batch; None where there is nothing to decide."""
    if batch.state != Batch.State.UNDECIDED or batch.last_armed_at is None:
        return None
    return batch.last_armed_at + seconds(times().person_not_before)
