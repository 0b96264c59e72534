"""Make a claimed batch ready: a token at hand and a draft at WeChat, before anything is armed.

Nothing here can send. Drafts are made just before the call, one per batch; the
media_id stays on the row, so that the next claim uses it again.
"""

import logging

from django.db import transaction

from articles import publishing
from campaigns.models import Batch
from campaigns.planning import quota
from campaigns.sending import settlement, transitions
from campaigns.sending.constants import seconds
from campaigns.sending.moments import moment_for
from campaigns.sending.transitions import note
from wxportal.wechat.client import Client
from wxportal.wechat.errors import ApiError, Busy, NoToken, QuotaSpent, TokenRejected, WeChatError

logger = logging.getLogger(__name__)

ACTOR = "portal"
TOKEN_PAUSE = 60.0  # seconds until a claim is tried again after WeChat refused a fresh token twice


def prepare(batch: Batch, client: Client) -> Batch | None:
    """Return the claimed batch with a draft, or give it back and return None.

    What may pass by itself is tried again in seconds; what needs a person blocks
    the batch, with WeChat's own words.
    """
    try:
        client.prepare()
        return batch if batch.draft_media_id else _with_draft(batch, client)
    except WeChatError as exc:
        _give_up(batch, exc)
    except (publishing.NotReady, OSError) as exc:
        # A text or a picture of ours is missing: no repeat brings it back.
        settlement.give_back(batch, str(exc), actor=ACTOR, needs_person=True)
    return None


def _with_draft(batch: Batch, client: Client) -> Batch | None:
    """Make the draft, outside any transaction, and keep its media_id on the row."""
    places = batch.campaign.places.select_related("revision__article", "revision__cover")
    revisions = [place.revision for place in places]
    media_id = publishing.make_draft(client, batch.official_account, revisions)
    with transaction.atomic():
        kept = Batch.objects.filter(pk=batch.pk, state__in=transitions.ARM.sources, epoch=batch.epoch).update(
            draft_media_id=media_id
        )
        if kept:
            note(batch, "draft", now=moment_for(batch.official_account), actor=ACTOR, evidence={"media_id": media_id})
    if not kept:
        return None
    batch.draft_media_id = media_id
    return batch


def _give_up(batch: Batch, exc: WeChatError) -> None:
    """Decide what a failure before the call means for the batch."""
    text = str(exc)
    cause = exc.cause if isinstance(exc, NoToken) else exc
    now = moment_for(batch.official_account)
    if isinstance(cause, QuotaSpent):
        settlement.give_back(batch, text, actor=ACTOR, not_before=quota.next_day(now), blocked=True)
    elif isinstance(cause, TokenRejected):
        settlement.give_back(batch, text, actor=ACTOR, not_before=now + seconds(TOKEN_PAUSE))
    elif isinstance(cause, ApiError) and not isinstance(cause, Busy):
        settlement.give_back(batch, text, actor=ACTOR, needs_person=True)
    else:
        settlement.give_back(batch, text, actor=ACTOR)
