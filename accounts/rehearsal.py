"""Rehearsal accounts: real rows here, a sandbox WeChat on the other side, no real follower anywhere.

A rehearsal account lives in the sandbox's time: its clock can be moved to try
tomorrow's send today, and our rules follow it.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import requests
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import Brand, OfficialAccount
from accounts.models.official_account import new_callback_secrets
from accounts.verification_log import Kind, Source, record
from wxportal.sandbox.control import Control, ControlError

logger = logging.getLogger(__name__)

VERIFIED_FOR = timedelta(days=300)  # a rehearsal account comes verified, with most of its year left
CLOCK_GRAIN = timedelta(seconds=1)  # a smaller difference between two clocks is the answer's way here


class NoSandbox(Exception):
    """The sandbox does not answer, or refused; the text is its reason."""


def connect(brand: Brand, name: str, *, kind: str, followers: int, now: datetime) -> OfficialAccount:
    """Make an account in the sandbox, connect it to ``brand`` and let it verify our callback address.

    Call it outside a transaction. Raises NoSandbox; a callback the sandbox could
    not verify is told on the account's page, as it would be with WeChat.
    """
    control, verified_until = Control(settings.SANDBOX_URL), now + VERIFIED_FOR
    spec = {"name": name, "type": kind, "followers": followers, "verified_until": verified_until.timestamp()}
    made = _ask(lambda: control.create_account(**spec))
    account = _stored(brand, name, kind, made)
    record(account, Kind.END_ENTERED, Source.SANDBOX, moment=now, now=now, expires_at=verified_until)
    enter_callback(account)
    account.refresh_from_db()
    return account


def enter_callback(account: OfficialAccount) -> bool:
    """Enter address, Token and key in the sandbox, as a person does in WeChat's console; tell whether it took them.

    The sandbox verifies the address at once, as WeChat does: call it outside a
    transaction, or it is asked for a Token nobody can see yet.
    """
    control = Control(settings.SANDBOX_URL)
    try:
        answer = _ask(lambda: _set_callback(control, account))
    except NoSandbox as exc:
        logger.warning("the sandbox did not take the callback of official account %s: %s", account.pk, exc)
        return False
    return bool(answer["ok"])


def lives_here(account: OfficialAccount) -> bool:
    """Tell whether the account lives in the sandbox of this installation."""
    return bool(settings.SANDBOX_URL) and account.is_rehearsal and account.base_url == settings.SANDBOX_URL


def follow_sandbox_clock() -> int:
    """Take over the sandbox's clock for every account that lives there; return how many rows changed."""
    if not settings.SANDBOX_URL:
        return 0
    try:
        offset = timedelta(seconds=float(Control(settings.SANDBOX_URL).clock()["offset"]))
    except (requests.RequestException, ControlError, ValueError):
        # Not running just now: its clock stands where we saw it last.
        return 0
    living_there = OfficialAccount.objects.filter(is_rehearsal=True).filter(_in_sandbox())
    near = Q(clock_offset__gte=offset - CLOCK_GRAIN, clock_offset__lte=offset + CLOCK_GRAIN)
    return int(living_there.exclude(near, clock_offset__isnull=False).update(clock_offset=offset))


def _in_sandbox() -> Q:
    here = Q(api_base_url=settings.SANDBOX_URL)
    return here | Q(api_base_url="") if settings.WECHAT_API_BASE_URL == settings.SANDBOX_URL else here


def _stored(brand: Brand, name: str, kind: str, made: dict[str, Any]) -> OfficialAccount:
    """Write the account's row with its secrets."""
    with transaction.atomic():
        account = OfficialAccount.objects.create(
            brand=brand,
            name=name,
            type=kind,
            appid=made["appid"],
            original_id=made["original_id"],
            api_base_url=settings.SANDBOX_URL,
            is_rehearsal=True,
        )
        account.set_secret(made["secret"])
        account.set_callback_secrets(*new_callback_secrets())
        account.save()
    return account


def _set_callback(control: Control, account: OfficialAccount) -> dict[str, Any]:
    return control.set_callback(
        account.appid, account.callback_url, account.callback_token(), account.aes_key(), account.callback_mode
    )


def _ask(question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return question()
    except (requests.RequestException, ControlError) as exc:
        raise NoSandbox(str(exc) if isinstance(exc, ControlError) else type(exc).__name__) from exc
