"""Tell people in time: 90, 60, 30, 14, 7 and 1 days before a verification ends, and when it lapsed.

A notice and its mail are written in one transaction under the account's lock,
and a unique key says what was told already. So it does not matter how often,
by how many workers, or after what crash this runs.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import translation

from accounts import verification
from accounts.clock import in_world_of
from accounts.models import Membership, Notice, OfficialAccount, OutboxMail, User
from accounts.verification import State

REMINDERS = (90, 60, 30, 14, 7, 1)  # days before the end (official-account.md §10.2)
ROLES = (Membership.Role.MANAGER, Membership.Role.APPROVER)


def remind(now: datetime) -> int:
    """Write every notice that is due at the database's time ``now``; return how many."""
    accounts = OfficialAccount.objects.exclude(verified_until=None).filter(verification_undated=False)
    return sum(remind_of(account, in_world_of(account, now)) for account in accounts.select_related("brand"))


def remind_of(official_account: OfficialAccount, now: datetime) -> int:
    """Write the notices that are due for one account, for everybody who has none yet; return how many."""
    days = due(official_account, now)
    if days is None or not _missing(official_account, days):
        return 0
    with transaction.atomic():
        locked = (
            OfficialAccount.objects.select_for_update(of=("self",)).select_related("brand").get(pk=official_account.pk)
        )
        # Asked again under the lock: the end may have moved, another worker may have been faster.
        days = due(locked, now)
        people = [] if days is None else _missing(locked, days)
        for person in people:
            assert days is not None
            _tell(locked, person, days, now)
    return len(people)


def due(official_account: OfficialAccount, now: datetime) -> int | None:
    """Return which reminder holds at ``now``, 0 for the lapse, None for none.

    Only the latest: whoever connects an account 20 days before its end is told once, not three times.
    """
    found, until = verification.state(official_account, now), official_account.verified_until
    if until is None or found.state == State.UNKNOWN_DATE:
        return None
    if found.has_lapsed:
        return 0
    passed = [days for days in REMINDERS if now >= verification.days_before(until, days)]
    return min(passed) if passed else None


def key_of(official_account: OfficialAccount, days: int) -> str:
    """Return what makes a reminder the same: the account, the last day, and how long before it."""
    return f"verification:{official_account.pk}:{verification.last_day(official_account.verified_until)}:{days}"


def unread(person: User) -> QuerySet[Notice]:
    """Return what this person was told and has not read, as long as it is about a brand they work for."""
    rows = Notice.objects.visible_to(person).filter(person=person, read_at=None)
    return rows.select_related("official_account__brand")


def _recipients(official_account: OfficialAccount) -> list[User]:
    """Return the managers and approvers of the brand; the administrators where it has none."""
    of_brand = User.objects.filter(
        is_active=True, memberships__brand=official_account.brand_id, memberships__role__in=ROLES
    )
    return list(of_brand.order_by("pk")) or list(User.objects.filter(is_active=True, is_superuser=True).order_by("pk"))


def _missing(official_account: OfficialAccount, days: int) -> list[User]:
    """Return who was not told yet."""
    told = set(Notice.objects.filter(key=key_of(official_account, days)).values_list("person_id", flat=True))
    return [person for person in _recipients(official_account) if person.pk not in told]


def _tell(official_account: OfficialAccount, person: User, days: int, now: datetime) -> None:
    """Write the notice, and the mail where the person has an address."""
    assert official_account.verified_until is not None  # otherwise nothing were due
    kind = Notice.Kind.VERIFICATION_ENDS if days else Notice.Kind.VERIFICATION_LAPSED
    notice = Notice.objects.create(
        official_account=official_account,
        person=person,
        kind=kind,
        key=key_of(official_account, days),
        days=days,
        until=official_account.verified_until,
        created_at=now,
    )
    if person.email:
        language = person.language or settings.LANGUAGE_CODE
        subject, body = _letter(notice, language)
        OutboxMail.objects.create(
            notice=notice, address=person.email, language=language, subject=subject, body=body, created_at=now
        )


def _letter(notice: Notice, language: str) -> tuple[str, str]:
    """Return subject and text in the person's language; the template's first line is the subject."""
    account = notice.official_account
    context = {
        "notice": notice,
        "account": account,
        "last_day": verification.last_day(notice.until),
        "address": f"{settings.PUBLIC_BASE_URL}{account.get_absolute_url()}",
    }
    with translation.override(language):
        text = render_to_string(f"accounts/mail/{notice.kind}.txt", context)
    subject, _blank, body = text.strip().partition("\n")
    return subject.strip()[:200], body.strip() + "\n"
