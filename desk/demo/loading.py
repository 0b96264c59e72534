"""Load the demo: brands, people, accounts, followers, articles, campaigns. Run again, it adds what is missing."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from accounts import connection
from accounts.clock import database_now
from accounts.models import Brand, OfficialAccount
from campaigns.models import Campaign
from campaigns.sending import incarnation
from desk import forgetting
from desk.demo import articles, campaigns, connecting, followers, people
from desk.demo.content import ACCOUNTS, DemoAccount
from wxportal.celery import app
from wxportal.sandbox.control import Control, ControlError
from wxportal.shell.clocks import BEIJING
from wxportal.wechat.errors import WeChatError

Say = Callable[[str], Any]
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class NotHere(Exception):
    """This installation can be reached by others, and everybody can read the demo's password."""


class InUse(Exception):
    """The demo cannot be removed now; the text says why."""


def load(say: Say, *, anywhere: bool = False) -> None:
    """Load what is missing. Raises NotHere, people.PeopleExist."""
    if not anywhere and urlsplit(settings.PUBLIC_BASE_URL).hostname not in LOOPBACK:
        raise NotHere
    brands = people.make_brands()
    staff = people.make_people(brands)
    control = sandbox()
    say("people and brands" if control else "people and brands; no sandbox answers, so the accounts are rows only")
    accounts = {each.key: _connect(control, brands[each.key], each) for each in ACCOUNTS}
    texts = articles.make_articles(accounts, staff)
    say(f"{len(texts)} articles")
    for each in ACCOUNTS:
        _fill(control, accounts[each.key], each, say)
    cast = campaigns.Cast(accounts, texts, staff)
    say(f"{campaigns.make_campaigns(cast, live=control is not None)} campaigns")


def remove(say: Say) -> None:
    """Remove the demo's accounts and brands, with everything done in them. Raises InUse.

    The diary of calls gets shorter by it, which to every worker is a restored
    backup; so none may run, and the database gets a new number afterwards.
    """
    if _workers_answer():
        raise InUse("A worker runs. Stop the portal, then remove the demo.")
    demo = [appid_of(each) for each in ACCOUNTS]
    if Campaign.objects.exclude(official_account__appid__in=demo).exists():
        raise InUse("Other accounts have campaigns, and their history must not be doubted. Remove the demo by hand.")
    for each in ACCOUNTS:
        brand = Brand.objects.filter(name=each.name, official_accounts__appid=appid_of(each)).first()
        if brand is not None:
            forgetting.forget_brand(brand)
            say(f"{each.name} removed")
    incarnation.accept(database_now(), "load_demo --reset")


def _workers_answer() -> bool:
    try:
        return bool(app.control.ping(timeout=2.0))
    except (RedisError, OperationalError, OSError):
        return False


def sandbox() -> Control | None:
    """Return the sandbox of this installation, or None where none answers."""
    if not settings.SANDBOX_URL:
        return None
    control = Control(settings.SANDBOX_URL)
    try:
        control.wait_ready(timeout=5)
    except (ControlError, requests.RequestException):
        return None
    return control


def appid_of(each: DemoAccount) -> str:
    """Return the app id of a demo account: always the same, so that loading again finds it."""
    return "wx" + hashlib.sha256(f"wxportal demo {each.key}".encode()).hexdigest()[:16]


def _connect(control: Control | None, brand: Brand, each: DemoAccount) -> OfficialAccount:
    until = _end_of_day(database_now() + timedelta(days=each.verified_days))
    known: OfficialAccount | None = OfficialAccount.objects.filter(appid=appid_of(each)).first()
    if control is not None:
        spec = {"appid": appid_of(each), "type": each.type, "followers": each.followers}
        until = known.verified_until if known and known.verified_until else until
        return connecting.connect(control, brand, each.name, verified_until=until, subject=each.subject, **spec)
    if known is not None:
        return known
    facts = {"brand": brand, "name": each.name, "type": each.type, "subject": each.subject}
    account: OfficialAccount = OfficialAccount.objects.create(appid=appid_of(each), is_rehearsal=True, **facts)
    connecting.end_verification(account, until)
    return account


def _end_of_day(moment: datetime) -> datetime:
    """Return the end of that Beijing day, when a verification ends."""
    local = moment.astimezone(BEIJING) + timedelta(days=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _fill(control: Control | None, account: OfficialAccount, each: DemoAccount, say: Say) -> None:
    """Bring the account's followers, and let the sandbox and us know each other."""
    if control is None:
        followers.invent(account, each)
        return
    try:
        connection.test(account, database_now())
        followers.read_from_sandbox(account, each)
    except WeChatError as exc:
        say(f"{account.name}: followers are not there yet ({exc})")
        return
    reason = connecting.set_callback(control, account)
    say(f"{account.name}: {each.followers:,} followers" + (f"; callback not set yet: {reason}" if reason else ""))
