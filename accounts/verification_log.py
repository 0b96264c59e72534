"""The verification's records, and what follows from them.

``record`` is the only writer: it adds a row, reads all rows of the account in
the order in which things happened, and writes the result on the account. So an
event that comes late finds its place, and one that comes twice changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import OfficialAccount, VerificationRecord

Kind, Source = VerificationRecord.Kind, VerificationRecord.Source

GRANTS = {Kind.QUALIFICATION_PASSED, Kind.COMPLETED, Kind.RENEWED}
UNDER_WAY = {
    Kind.APPLICATION,
    Kind.FEE_PAID,
    Kind.REVIEWER_ASSIGNED,
    Kind.CORRECTION_WANTED,
    Kind.CORRECTION_USED,
}
# The qualification's rights stay when only the name was refused (official-account.md §10.1).
OVER = {Kind.QUALIFICATION_FAILED, Kind.NAMING_FAILED, Kind.REFUSED}
SAME_YEAR = timedelta(days=180)  # two ends closer than this belong to one verification
MOST_CORRECTIONS = 3  # for each application (official-account.md §10.2)


@dataclass(frozen=True)
class Standing:
    """What the records add up to; ``granted_at`` is when the present end was given, ``named`` whether WeChat did."""

    until: datetime | None = None
    computed: bool = False
    in_review: bool = False
    undated: bool = False
    granted_at: datetime | None = None
    named: bool = False


NOTHING = Standing()


def record(
    official_account: OfficialAccount,
    kind: VerificationRecord.Kind,
    source: VerificationRecord.Source,
    *,
    moment: datetime,
    now: datetime,
    **facts: Any,
) -> VerificationRecord:
    """Add one record and write what follows on the account's row, and on ``official_account`` itself.

    ``facts`` are further columns of the record. Runs in a transaction of its own or the caller's.
    """
    with transaction.atomic():
        locked = OfficialAccount.objects.select_for_update(of=("self",)).get(pk=official_account.pk)
        added = VerificationRecord(
            official_account=official_account, kind=kind, source=source, moment=moment, recorded_at=now, **facts
        )
        before = list(locked.verification_records.order_by("moment", "pk")) or _take_over(locked, now)
        after = standing([*before, added])
        added.changed_something = after != standing(before)
        added.save()
        _write(locked, official_account, after)
    return added


def _take_over(locked: OfficialAccount, now: datetime) -> list[VerificationRecord]:
    """Give an account that has an end and no record its first: what somebody once entered must not get lost."""
    if locked.verified_until is None:
        return []
    first = VerificationRecord(
        official_account=locked,
        kind=Kind.END_ENTERED,
        source=Source.PERSON,
        moment=min(locked.created_at, now),
        recorded_at=now,
        expires_at=locked.verified_until,
    )
    first.save()
    return [first]


def standing(records: Iterable[VerificationRecord]) -> Standing:
    """Return what ``records`` add up to; of one moment, what was recorded first comes first."""
    found = NOTHING
    for each in sorted(records, key=_place):
        if each.believed:
            found = _after(found, each)
    return found


def corrections_used(records: Iterable[VerificationRecord]) -> int:
    """Return how many corrections the newest application of ``records``, oldest first, has used."""
    used = 0
    for each in records:
        if each.kind == Kind.APPLICATION:
            used = 0
        used += each.kind == Kind.CORRECTION_USED
    return used


def _place(each: VerificationRecord) -> datetime:
    """Return where a record stands among the others: when it happened.

    A person who enters a completion of last week corrects whatever was entered
    before, so theirs stands where it was written down.
    """
    return each.recorded_at if each.source == Source.PERSON and each.kind in GRANTS else each.moment


def _after(found: Standing, each: VerificationRecord) -> Standing:
    """Return the standing after one more record."""
    kind = Kind(each.kind)
    if kind in UNDER_WAY:
        return replace(found, in_review=True)
    if kind in OVER:
        return replace(found, in_review=False)
    if kind in GRANTS:
        return _completed(found, each)
    if kind == Kind.CLEARED:
        return NOTHING
    rule = {
        Kind.NAMING_PASSED: _named,
        Kind.END_ENTERED: _end_entered,
        Kind.ANNUAL_REVIEW_DUE: _due,
        Kind.EXPIRED: _expired,
        Kind.PROBE_ANSWERED: _answered,
        Kind.PROBE_REFUSED: _refused,
    }.get(kind)
    return rule(found, each) if rule else found


def _completed(found: Standing, each: VerificationRecord) -> Standing:
    """A year begins. An end that was only computed never replaces the one WeChat named for the same year."""
    same_year = found.named and found.until and each.expires_at and found.until > each.expires_at - SAME_YEAR
    return replace(found, in_review=False) if each.computed and same_year else _granted(each)


def _granted(each: VerificationRecord) -> Standing:
    named = each.expires_at is not None and not each.computed and each.source != Source.PERSON
    return Standing(
        each.expires_at, each.computed, undated=each.expires_at is None, granted_at=each.moment, named=named
    )


def _named(found: Standing, each: VerificationRecord) -> Standing:
    """The tick is shown. WeChat may name the end only now; one we computed never replaces another."""
    if each.computed and (found.until is not None and found.until > each.moment):
        return replace(found, in_review=False)
    return _granted(each)


def _end_entered(found: Standing, each: VerificationRecord) -> Standing:
    # A person reads the end off WeChat's console; the grant behind it stays where it was.
    return replace(found, until=each.expires_at, computed=False, undated=False, named=False)


def _due(found: Standing, each: VerificationRecord) -> Standing:
    """The yearly reminder names the end; a late one of the year before must not shorten what WeChat named since."""
    if each.expires_at is None or _is_of_an_earlier_year(found, each.expires_at):
        return found
    if found.named and found.until is not None and each.expires_at <= found.until:
        return found
    return replace(found, until=each.expires_at, computed=False, undated=False, named=True)


def _expired(found: Standing, each: VerificationRecord) -> Standing:
    ended = each.expires_at or each.moment
    if _is_of_an_earlier_year(found, ended):
        return found
    return replace(found, until=min(ended, each.moment), computed=False, undated=False, named=True)


def _is_of_an_earlier_year(found: Standing, end: datetime) -> bool:
    return found.granted_at is not None and end <= found.granted_at


def _answered(found: Standing, each: VerificationRecord) -> Standing:
    """WeChat answered what only verified accounts may ask: then it is verified, whatever we believed."""
    if found.until is not None and found.until > each.moment:
        return found
    return replace(found, undated=True)


def _refused(found: Standing, each: VerificationRecord) -> Standing:
    """WeChat refused: a verification whose end nobody knew has ended."""
    return replace(found, undated=False, until=found.until or each.moment) if found.undated else found


def _write(locked: OfficialAccount, shown: OfficialAccount, after: Standing) -> None:
    """Write the result on the row, and on the object the caller holds."""
    for account in (locked, shown):
        account.verified_until = after.until
        account.verification_computed = after.computed
        account.verification_in_review = after.in_review
        account.verification_undated = after.undated
    locked.save(update_fields=RESULT)


RESULT = ["verified_until", "verification_computed", "verification_in_review", "verification_undated"]
