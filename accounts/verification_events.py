"""WeChat's events about a verification, written down as records. Imported by ``AccountsConfig``.

Source: official-account.md §10.1; the names that begin with ``wx_`` are missing
from WeChat's guide, and users of official accounts reported them.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts import verification
from accounts.clock import in_world_of
from accounts.inbound import on
from accounts.models import InboundEvent, OfficialAccount, VerificationRecord
from accounts.verification_log import Kind, Source, record
from wxportal.wechat.inbound import Inbound

KINDS = {
    "qualification_verify_success": Kind.QUALIFICATION_PASSED,
    "qualification_verify_fail": Kind.QUALIFICATION_FAILED,
    "naming_verify_success": Kind.NAMING_PASSED,
    "naming_verify_fail": Kind.NAMING_FAILED,
    "annual_renew": Kind.ANNUAL_REVIEW_DUE,
    "verify_expired": Kind.EXPIRED,
    "wx_verify_pay_succ": Kind.FEE_PAID,
    "wx_verify_dispatch": Kind.REVIEWER_ASSIGNED,
    "wx_verify_refill": Kind.CORRECTION_WANTED,
    "wx_verify_fail": Kind.REFUSED,
}
GIVES_A_YEAR = {Kind.QUALIFICATION_PASSED, Kind.NAMING_PASSED}
# A verification holds one year; a named end further away than two is no end.
FURTHEST_END = timedelta(days=2 * 366)
REASON_LENGTH = 1_000  # characters kept of a reason


@on(*KINDS)
def verification_event(official_account: OfficialAccount, push: Inbound, row: InboundEvent) -> None:
    """Record the event once; what it names wrongly or not at all is computed and marked so."""
    kind = KINDS[push.event]
    record(
        official_account,
        kind,
        Source.EVENT,
        moment=row.created_at,
        now=in_world_of(official_account, row.received_at),
        event=row,
        believed=row.signed,
        reason=_text(push, "FailReason", "RefillReason")[:REASON_LENGTH],
        **_end(kind, push, row.created_at),
    )


def _end(kind: VerificationRecord.Kind, push: Inbound, moment: datetime) -> dict[str, Any]:
    """Return the end WeChat named; for a success without one, the computed end."""
    named = _moment(_text(push, "ExpiredTime"))
    if kind in GIVES_A_YEAR:
        if named is not None and moment < named <= moment + FURTHEST_END:
            return {"expires_at": named}
        return {"expires_at": verification.one_year_after(moment), "computed": True}
    if named is not None and named <= moment + FURTHEST_END:
        return {"expires_at": named}
    return {}


def _moment(text: str) -> datetime | None:
    """Return unix seconds as a moment, None where there are none PostgreSQL could keep."""
    try:
        return datetime.fromtimestamp(int(text), tz=UTC) if int(text) > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _text(push: Inbound, *names: str) -> str:
    return next((value for name in names if isinstance(value := push.raw.get(name), str)), "")
