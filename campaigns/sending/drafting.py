"""Make a claimed batch ready: a token at hand and a draft at WeChat, before anything is armed.

Nothing here can send. Drafts are made just before the call, one per batch; the
media_id stays on the row, so that the next claim uses it again.
"""

import logging

from django.db import transaction

from accounts.models import OfficialAccount
from accounts.scoping import BrandScopedQuerySet
from articles import publishing
from campaigns.models import Batch
from campaigns.planning import quota
from campaigns.sending import settlement, transitions
from campaigns.sending.constants import seconds
from campaigns.sending.moments import moment_for
from campaigns.sending.transitions import note
from wxportal.wechat import drafts
from wxportal.wechat.client import Client
from wxportal.wechat.errors import ApiError, Busy, NoToken, QuotaSpent, Refused, TokenRejected, WeChatError

logger = logging.getLogger(__name__)

ACTOR = "portal"
LEFTOVERS_AT_ONCE = 20  # calls to WeChat in one go
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


def delete_leftovers(official_account: OfficialAccount, client: Client) -> int:
    """Delete the drafts of batches that will never be sent; return how many.

    Never that of a batch WeChat may still be at work on: armed, unknown,
    undecided, quarantined. A draft that was sent is gone by itself.
    """
    unused = list(leftovers().filter(official_account=official_account)[:LEFTOVERS_AT_ONCE])
    for batch in unused:
        try:
            drafts.delete(client, batch.draft_media_id)
        except Refused:
            pass  # Gone already: a person deleted it in the console.
        except WeChatError:
            return 0
        leftovers().filter(pk=batch.pk).update(draft_media_id="")
    return len(unused)


def leftovers() -> BrandScopedQuerySet:
    """Return the batches that ended without a send and have a draft at WeChat."""
    ended = [Batch.State.REJECTED, Batch.State.CANCELLED, Batch.State.EXPIRED]
    return Batch.objects.filter(state__in=ended).exclude(draft_media_id="")


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
