"""Read who came a moment ago: an event tells only that somebody follows."""

import logging
from datetime import timedelta

from accounts.clock import database_now
from accounts.models import OfficialAccount
from followers.models import Follower, SyncRun
from followers.sync.steps import complete
from wxportal.wechat.errors import WeChatError

logger = logging.getLogger(__name__)

# Whoever could not be read within the hour waits for the next sync: an account that lost the right to
# read profiles is not asked for every fifteen seconds for ever.
STAYS_DUE = timedelta(hours=1)
AT_ONCE = 1_000  # followers of one account in one go


def look() -> None:
    """Read the profiles that are due, account by account; a sync under way does it for its own."""
    recent = Follower.objects.filter(profile_due_since__gt=database_now() - STAYS_DUE)
    running = SyncRun.objects.filter(state=SyncRun.State.RUNNING).values("official_account")
    accounts = recent.exclude(official_account__in=running).values_list("official_account", flat=True).distinct()
    for account_id in accounts:
        openids = recent.filter(official_account=account_id).values_list("openid", flat=True)
        _complete(account_id, list(openids[:AT_ONCE]))


def _complete(account_id: int, openids: list[str]) -> None:
    account = OfficialAccount.objects.select_related("brand").get(pk=account_id)
    try:
        complete(account, openids)
    except (WeChatError, ValueError) as exc:
        # Beat looks again; the page of the person says that the profile is not there yet.
        logger.info("profiles of account %s not read: %s", account_id, type(exc).__name__)
