"""Look now: ids in, thin, safe to run twice or never. The rules are in ``campaigns.sending``."""

import logging

from celery import shared_task
from celery.signals import worker_ready
from django.db import close_old_connections

from accounts.gateway import client_for
from accounts.models import OfficialAccount
from campaigns import lifecycle
from campaigns.planning import freezing
from campaigns.sending import dispatch, drafting, incarnation, polling, resolver
from wxportal.nudges import nudge
from wxportal.wechat.errors import WeChatError

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def look_for_due_batches() -> None:
    """Freeze what is near, expire what was missed, and nudge every account with due work; beat: every second."""
    freezing.freeze_due()
    lifecycle.expire_missed()
    for official_account_id in dispatch.accounts_with_due_work():
        nudge(send_due_batches, official_account_id)


@shared_task(ignore_result=True)
def send_due_batches(official_account_id: int) -> None:
    """Send this account's batches until none is due."""
    official_account = _account(official_account_id)
    dispatch.send_all(official_account, client_for(official_account))


@shared_task(ignore_result=True)
def reap_and_resolve() -> None:
    """Find out what became of calls nobody answered; beat: every fifteen seconds."""
    incarnation.check()
    lifecycle.sweep_stopped()
    for official_account_id in resolver.accounts_with_open_questions():
        official_account = _account(official_account_id)
        resolver.reap(official_account)
        resolver.give_up(official_account)
        resolver.match_reports(official_account)
        if resolver.has_work_at_wechat(official_account):
            nudge(resolve_account, official_account_id)


@shared_task(ignore_result=True)
def resolve_account(official_account_id: int) -> None:
    """Ask WeChat about this account's unknown calls: believe noted ids, repeat what is due."""
    official_account = _account(official_account_id)
    client = client_for(official_account)
    try:
        resolver.believe(official_account, client)
        resolver.replay_due(official_account, client)
    except WeChatError as exc:
        # No token to be had: the next pass comes in fifteen seconds.
        logger.warning("account %s: nothing could be asked: %s", official_account_id, type(exc).__name__)


@shared_task(ignore_result=True)
def poll_results() -> None:
    """Nudge every account with a late report, or a draft nobody needs; beat: every fifteen seconds."""
    unused = drafting.leftovers().order_by().values_list("official_account_id", flat=True).distinct()
    for official_account_id in {*polling.accounts_to_ask(), *unused}:
        nudge(poll_account, official_account_id)


@shared_task(ignore_result=True)
def poll_account(official_account_id: int) -> None:
    """Ask WeChat what became of this account's accepted sends, and tidy up its drafts."""
    official_account = _account(official_account_id)
    client = client_for(official_account)
    polling.poll(official_account, client)
    drafting.delete_leftovers(official_account, client)


@worker_ready.connect
def look_around(**kwargs: object) -> None:
    """Find out, before the first call, whether this is our database."""
    incarnation.check()
    close_old_connections()


def _account(official_account_id: int) -> OfficialAccount:
    official_account: OfficialAccount = OfficialAccount.objects.select_related("brand").get(pk=official_account_id)
    return official_account
