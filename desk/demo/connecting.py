"""Connect the demo's accounts to the sandbox, the same ones on every run."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.clock import database_now
from accounts.models import Brand, OfficialAccount
from accounts.models.official_account import new_callback_secrets
from accounts.verification_log import Kind, Source, record
from wxportal.sandbox.control import Control


def connect(
    control: Control, brand: Brand, name: str, *, verified_until: datetime, subject: str = "overseas", **spec: Any
) -> OfficialAccount:
    """Make an account in the sandbox and connect it to ``brand``; one that is there already is brought up to date.

    ``spec`` goes to ``Control.create_account``: type, followers, appid, … Raises ControlError.
    """
    made = control.create_account(name=name, verified_until=verified_until.timestamp(), **spec)
    facts = {
        "brand": brand,
        "name": name,
        "type": made["type"],
        "subject": subject,
        "original_id": made["original_id"],
        "api_base_url": settings.SANDBOX_URL,
        "is_rehearsal": True,
    }
    with transaction.atomic():
        account, _made = OfficialAccount.objects.update_or_create(appid=made["appid"], defaults=facts)
        account.set_secret(made["secret"])
        account.save(update_fields=["sealed_secret"])
        end_verification(account, datetime.fromtimestamp(made["verified_until"], tz=verified_until.tzinfo))
    return account


def end_verification(account: OfficialAccount, until: datetime) -> None:
    """Record the end the sandbox names, unless it is known already."""
    if account.verified_until != until:
        now = database_now()
        record(account, Kind.END_ENTERED, Source.SANDBOX, moment=now, now=now, expires_at=until)


def set_callback(control: Control, account: OfficialAccount) -> str:
    """Make callback secrets and enter them in the sandbox's console; return why it refused them, or an empty text.

    The sandbox asks our web server at once, as WeChat does. Raises ControlError.
    """
    if not account.callback_is_set:
        account.set_callback_secrets(*new_callback_secrets())
        account.save(update_fields=account.CALLBACK_SECRET_FIELDS)
    answer = control.set_callback(account.appid, account.callback_url, account.callback_token(), account.aes_key())
    account.refresh_from_db(fields=["callback_verified_at"])
    return "" if answer["ok"] else str(answer["reason"])
