"""Take an Official Account and all that was done with it out of the database: a demo's, or a rehearsal's.

Never for an account with real followers: their history is what proves who got what.
"""

from django.db import transaction

from accounts.models import Brand, InboundEvent, OfficialAccount
from articles.models import Article, DraftPush, MediaFile, Revision
from campaigns.models import Bar, Batch, BatchLog, Campaign, CampaignArticle, HeldSlot, OrphanEvent, QuotaHold
from followers.models import Follower, ListedOpenid, SyncRun, Tag

# What refers to others comes before what it refers to; by the way each one reaches its account.
ROWS = (
    (BatchLog, "batch__official_account"),
    (HeldSlot, "hold__official_account"),
    (OrphanEvent, "official_account"),
    (Batch, "official_account"),
    (QuotaHold, "official_account"),
    (Bar, "official_account"),
    (CampaignArticle, "campaign__official_account"),
    (Campaign, "official_account"),
    (DraftPush, "article__official_account"),
    (Revision, "article__official_account"),
    (Article, "official_account"),
    (MediaFile, "official_account"),
    (ListedOpenid, "run__official_account"),
    (SyncRun, "official_account"),
    (Follower, "official_account"),
    (Tag, "official_account"),
    (InboundEvent, "official_account"),
)


class RealAccount(Exception):
    """The account is no rehearsal."""


def forget(official_account: OfficialAccount) -> None:
    """Delete a rehearsal account, everything that hangs on it, and its pictures. Raises RealAccount."""
    if not official_account.is_rehearsal:
        raise RealAccount(official_account.name)
    files = [media.file for media in MediaFile.objects.filter(official_account=official_account)]
    with transaction.atomic():
        for model, path in ROWS:
            model.objects.filter(**{path: official_account}).delete()
        official_account.delete()
    for file in files:
        file.storage.delete(file.name)


def forget_brand(brand: Brand) -> None:
    """Delete a brand whose accounts are all rehearsals, with its people's memberships. Raises RealAccount."""
    for account in brand.official_accounts.all():
        forget(account)
    brand.delete()


def empty(official_account: OfficialAccount) -> None:
    """Drop the bulk of a rehearsal account: followers, syncs and pushes. Raises RealAccount.

    Its campaigns and their diary stay: a diary of calls that gets shorter is, to the workers, a restored backup.
    """
    if not official_account.is_rehearsal:
        raise RealAccount(official_account.name)
    with transaction.atomic():
        ListedOpenid.objects.filter(run__official_account=official_account).delete()
        for model in (SyncRun, Follower, InboundEvent):
            model.objects.filter(official_account=official_account).delete()
