"""The Official Accounts: everybody of the brand reads, writers test, managers connect and change."""

from typing import Any

from django.utils import timezone

from accounts.models import Notice, OutboxMail, User
from tests.permissions.table import Row, World, the_account


def another_account(world: World) -> dict[str, Any]:
    return {
        "brand": world.tea_brand.pk,
        "name": "抹茶日和",
        "type": "subscription",
        "subject": "overseas",
        "appid": "wxfedcba9876543210",
        "secret": "ffeeddccbbaa99887766554433221100",
    }


def a_new_name(world: World) -> dict[str, Any]:
    return {"name": "茶の間 本店", "type": "service", "subject": "overseas", "callback_mode": "secure"}


def the_contact(world: World) -> tuple[Any, ...]:
    return (world.official_account.pk, "contact")


def a_name(world: World) -> dict[str, Any]:
    return {"contact": "Sato, +81 3 0000 0000"}


def a_step_nobody_knows(world: World) -> tuple[Any, ...]:
    return (world.official_account.pk, "nonsense")


def a_notice(world: World) -> tuple[Any, ...]:
    """Return a notice to somebody else of the brand: a notice is its reader's alone."""
    person, _made = User.objects.get_or_create(username="reader")
    notice = Notice.objects.create(
        official_account=world.official_account,
        person=person,
        kind="verification_ends",
        key="x",
        until=timezone.now(),
        created_at=timezone.now(),
    )
    return (notice.pk,)


def a_mail(world: World) -> tuple[Any, ...]:
    (notice,) = a_notice(world)
    mail = OutboxMail.objects.create(
        notice_id=notice, address="reader@example.com", language="en", subject="x", body="x", created_at=timezone.now()
    )
    return (mail.pk,)


NOBODY: dict[str, int] = {"viewer": 403, "editor": 403, "manager": 403, "stranger": 403}

ROWS = [
    Row("accounts:list", stranger=200),
    Row("accounts:connect", viewer=403, editor=403, stranger=200),
    # Charlie manages a brand of his own: for him the tea brand is no valid choice, and the form says so.
    Row("accounts:connect", "post", data=another_account, viewer=403, editor=403, manager=302, stranger=200),
    # Without a sandbox there is nothing to rehearse in; with one: tests/accounts/test_rehearsal.py.
    Row("accounts:rehearse", viewer=404, editor=404, manager=404, stranger=404),
    Row("accounts:detail", args=the_account),
    Row("accounts:change", args=the_account, viewer=403, editor=403),
    Row("accounts:change", "post", args=the_account, data=a_new_name, viewer=403, editor=403, manager=302),
    Row("accounts:verification", args=the_contact, viewer=403, editor=403),
    Row("accounts:verification", "post", args=the_contact, data=a_name, viewer=403, editor=403, manager=302),
    Row("accounts:verification", args=a_step_nobody_knows, viewer=403, editor=403, manager=404),
    Row("accounts:matrix", stranger=200),
    Row("accounts:types", stranger=200),
    Row("accounts:notices", stranger=200),
    Row("accounts:notice_read", "post", args=a_notice, viewer=404, editor=404, manager=404),
    Row("accounts:mailbox", **NOBODY),
    Row("accounts:mail_again", "post", args=a_mail, **NOBODY),
    *(
        Row(name, args=args, anonymous=405, viewer=405, editor=405, manager=405, stranger=405)
        for name, args in (("accounts:notice_read", a_notice), ("accounts:mail_again", a_mail))
    ),
    Row("accounts:test", "post", args=the_account, viewer=403, editor=302, manager=302),
    Row("accounts:callback_secrets", "post", args=the_account, viewer=403, editor=403),
    Row("accounts:pause", "post", args=the_account, viewer=403, editor=403, manager=302),
    Row("accounts:resume", "post", args=the_account, viewer=403, editor=403, manager=302),
    # An act is a POST; a link that somebody is lured to does nothing.
    *(
        Row(name, args=the_account, anonymous=405, viewer=405, editor=405, manager=405, stranger=405)
        for name in ("accounts:test", "accounts:callback_secrets", "accounts:pause", "accounts:resume")
    ),
]
