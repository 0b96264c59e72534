"""When an id that came with a 45065 may be believed (DISPATCH §3).

45065 with an id nobody has is no proof: false ones that name another batch's id
were seen, and that other batch's own answer may still be on its way.
"""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.models import OfficialAccount
from accounts.scoping import BrandScopedQuerySet
from campaigns.models import Batch, OrphanEvent
from campaigns.sending import reports, settlement
from campaigns.sending.constants import seconds, times
from campaigns.sending.moments import moment_for
from campaigns.sending.transitions import note
from wxportal.wechat import mass
from wxportal.wechat.client import Client
from wxportal.wechat.errors import ApiError, WeChatError

logger = logging.getLogger(__name__)

S = Batch.State
UNKNOWN_MSG_ID = 40059


def believe_notes(official_account: OfficialAccount, client: Client, *, actor: str) -> int:
    """Look whether ids noted from a 45065 can be believed by now; return how many were.

    An id is believed once mass/get knows it, its report (if one came) fits, and
    every other open batch of the account noted another id, all known, all
    different, none bound.
    """
    opened = list(open_batches(official_account, moment_for(official_account)))
    known = {batch.noted_msg_id: _known(client, batch.noted_msg_id) for batch in opened if batch.noted_msg_id}
    believed = 0
    for batch in opened:
        if batch.noted_msg_id and known[batch.noted_msg_id] is False:
            _forget_note(batch, "mass/get does not know it", actor)
        elif batch.noted_msg_id and _proved(batch, opened, known):
            evidence = {"noted": batch.noted_msg_id, "why": "45065, mass/get agrees, no other batch can own it"}
            believed += settlement.accept(batch, batch.noted_msg_id, None, actor=actor, evidence=evidence)
    return believed


def open_batches(official_account: OfficialAccount, now: datetime) -> BrandScopedQuerySet:
    """Return the batches that may own a msg_id nobody has: in *any* state, decided ones too (DISPATCH §3)."""
    return Batch.objects.filter(
        Q(state=S.ARMED) | Q(maybe_accepted=True),
        official_account=official_account,
        msg_id=None,
        first_armed_at__gt=now - seconds(times().open_for),
    )


def _known(client: Client, msg_id: int) -> bool | None:
    """Return whether mass/get knows the id; None when it could not be asked."""
    try:
        mass.status(client, msg_id)
    except ApiError as exc:
        return False if exc.errcode == UNKNOWN_MSG_ID else None
    except WeChatError:
        return None
    return True


def _proved(batch: Batch, opened: list[Batch], known: dict[int, bool | None]) -> bool:
    """Return whether no other batch can be the one a noted id belongs to."""
    ids = [other.noted_msg_id for other in opened if other.noted_msg_id is not None]
    if len(ids) != len(opened) or len(set(ids)) != len(ids) or not all(known[msg_id] for msg_id in ids):
        return False
    if Batch.objects.filter(official_account=batch.official_account_id, msg_id__in=ids).exists():
        return False
    report = OrphanEvent.objects.filter(
        official_account=batch.official_account_id, msg_id=batch.noted_msg_id or 0, batch=None, signed=True
    ).first()
    return report is None or reports.fits(batch, report.report)


def _forget_note(batch: Batch, why: str, actor: str) -> None:
    logger.error("batch %s: a noted msg_id is forgotten: %s", batch.pk, why)
    with transaction.atomic():
        forgotten = Batch.objects.filter(pk=batch.pk, noted_msg_id=batch.noted_msg_id, msg_id=None).update(
            noted_msg_id=None
        )
        if forgotten:
            now = moment_for(batch.official_account)
            note(batch, "note gone", now=now, actor=actor, evidence={"noted": batch.noted_msg_id, "why": why})
