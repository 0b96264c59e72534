"""Where the end of a verification is unknown, ask WeChat once a week whether it holds.

One cheap question that only verified accounts may ask: an answer or 48001
(official-account.md §10.3).
"""

from datetime import datetime, timedelta

from django.db.models import Q

from accounts import gateway, verification
from accounts.clock import database_now, in_world_of
from accounts.models import OfficialAccount, VerificationRecord
from accounts.verification_log import Kind, Source, record
from wxportal.wechat import tags
from wxportal.wechat.errors import ApiError, WeChatError

EVERY = timedelta(days=7)
API_UNAUTHORIZED = 48001


def probe_next(now: datetime) -> bool:
    """Probe one account whose turn it is; return whether there was one. Call it outside a transaction."""
    account = _claim(now)
    if account is None:
        return False
    answer = _ask(account)
    if answer is not None and _says_something_new(account, answer):
        moment = in_world_of(account, database_now())
        record(account, answer, Source.PROBE, moment=moment, now=moment)
    return True


def _claim(now: datetime) -> OfficialAccount | None:
    """Take an account nobody asked about for a week; the conditional UPDATE lets one worker ask."""
    not_lately = Q(probed_at=None) | Q(probed_at__lt=now - EVERY)
    connected = OfficialAccount.objects.exclude(sealed_secret="").exclude(type=OfficialAccount.Type.ENTERPRISE)
    candidates = connected.exclude(subject=OfficialAccount.Subject.PERSONAL).filter(not_lately, paused_at=None)
    account: OfficialAccount
    for account in candidates.order_by("pk"):
        if verification.end_is_known(account, in_world_of(account, now)):
            continue
        if OfficialAccount.objects.filter(not_lately, pk=account.pk).update(probed_at=now):
            return account
    return None


def _ask(account: OfficialAccount) -> VerificationRecord.Kind | None:
    """Return what WeChat's answer means; None where it says nothing about the verification."""
    try:
        tags.list_all(gateway.client_for(account))
    except ApiError as exc:
        return Kind.PROBE_REFUSED if exc.errcode == API_UNAUTHORIZED else None
    except (WeChatError, ValueError):
        return None
    return Kind.PROBE_ANSWERED


def _says_something_new(account: OfficialAccount, answer: VerificationRecord.Kind) -> bool:
    """Tell whether the answer differs from what we believe; the same "no" every week would bury the timeline."""
    return (answer == Kind.PROBE_ANSWERED) != account.verification_undated
