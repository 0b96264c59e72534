"""Freeze the audience and cut it into batches, once, shortly before the moment (DISPATCH §1)."""

import base64
import hashlib
import json

from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.models import Site
from campaigns.models import Batch, Campaign
from campaigns.planning import audience, quota
from campaigns.planning.audience import Audience
from campaigns.sending.constants import seconds, times
from campaigns.sending.crashpoints import crashpoint
from campaigns.sending.guards import wait_for
from campaigns.sending.moments import world_now
from wxportal.wechat import limits

NOBODY = gettext_noop("Nobody is left in the audience. Choose another one in a new campaign.")


def freeze_due() -> int:
    """Freeze every scheduled campaign whose moment is near; return how many."""
    waiting = Campaign.objects.filter(
        status=Campaign.Status.SCHEDULED,
        frozen_at=None,
        quarantined_at=None,
        scheduled_at__lte=world_now() + seconds(times().freeze_ahead),
    )
    return sum(freeze(pk, account) for pk, account in waiting.values_list("pk", "official_account_id"))


def freeze(campaign_id: int, official_account_id: int) -> bool:
    """Cut one campaign into batches; False where somebody else was faster or it was called off."""
    with transaction.atomic():
        # Before the campaign's lock, as everybody takes them: two campaigns never count on one last slot.
        wait_for(official_account_id)
        campaign = (
            Campaign.objects.select_for_update(of=("self",))
            .select_related("official_account", "tag")
            .filter(pk=campaign_id, status=Campaign.Status.SCHEDULED, frozen_at=None, quarantined_at=None)
            .annotate(world_now=world_now())
            .first()
        )
        if campaign is None:
            return False
        target = audience.of(campaign)
        _cut(campaign, target)
        frozen = {"frozen_at": campaign.world_now, "audience_count": target.people}
        Campaign.objects.filter(pk=campaign.pk).update(**frozen)
        crashpoint("before_freeze_commit")
    crashpoint("after_freeze")
    return True


def clientmsgid(campaign: Campaign, seq: int, recipients: str) -> str:
    """Return the key WeChat honours for 24 hours: the same for every attempt of this intent, and for no other.

    No id of WeChat goes in: a draft dies and is made again.
    Source of the length: official-account.md §6.3.
    """
    parts = [
        str(Site.current().site_id),
        campaign.official_account.appid,
        str(campaign.uuid),
        campaign.send_number,
        seq,
        campaign.content_fingerprint,
        campaign.ignore_reprint,
        recipients,
    ]
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return base64.b32encode(digest).decode()[: limits.CLIENTMSGID_BYTES]


def _cut(campaign: Campaign, target: Audience) -> Batch:
    """Make the one batch a send to all or to a tag needs, and hand it the campaign's slots."""
    assert campaign.scheduled_at is not None
    batch: Batch = Batch.objects.create(
        campaign=campaign,
        official_account=campaign.official_account,
        send_number=campaign.send_number,
        seq=1,
        route=target.route,
        tag_id=target.tag_id,
        recipient_count=target.people,
        clientmsgid=clientmsgid(campaign, 1, target.route if target.tag_id is None else f"tag {target.tag_id}"),
        not_before=campaign.scheduled_at,
        **({} if target.people else {"state": Batch.State.BLOCKED, "needs_person": True, "last_answer": NOBODY}),
    )
    quota.give_to(batch)
    return batch
