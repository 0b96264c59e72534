"""What people enter about a verification, and its timeline."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts import audit, verification, verification_log
from accounts.clock import now_for
from accounts.models import OfficialAccount, VerificationRecord
from accounts.policies import require
from accounts.verification import State
from accounts.verification_forms import STEPS
from accounts.verification_log import MOST_CORRECTIONS, Kind, Source
from wxportal.shell.pages import page

SHOWN_RECORDS = 30
# What a manager is offered first in each state; the contact and the real end make sense in all.
OFFERED: dict[State, tuple[str, ...]] = {
    State.UNVERIFIED: ("application", "completion"),
    State.IN_REVIEW: ("completion", "correction", "refusal"),
    State.VERIFIED: ("end",),
    State.RENEWAL_OPEN: ("application", "completion", "end"),
    State.ENDING_SOON: ("application", "completion", "end"),
    State.LAPSED: ("application", "completion"),
    State.UNKNOWN_DATE: ("end",),
}
WHILE_IN_REVIEW = ("completion", "correction", "refusal")


@login_required
def enter(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Record one step of an account's verification."""
    account = get_object_or_404(OfficialAccount.objects.visible_to(request.user).select_related("brand"), pk=pk)
    require(request.user, "account.change", account.brand)
    if step not in STEPS:
        raise Http404
    now = now_for(account)
    form = STEPS[step](request.POST or None, official_account=account, now=now)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            added = _record(request, account, form.kind, moment=form.moment(), now=now, **form.facts())
            audit.record(request, "account.verification", account, brand=account.brand, after=_audited(account, added))
        messages.success(request, _("Recorded."))
        return redirect(account)
    context = {"form": form, "official_account": account}
    return page(request, "accounts/change.html", context, title=f"{account.name}: {form.title}")


def enter_end(request: HttpRequest, account: OfficialAccount, until: datetime | None) -> None:
    """Record the end somebody typed on another form, where it is another than we know."""
    if until == account.verified_until:
        return
    now = now_for(account)
    kind = Kind.END_ENTERED if until else Kind.CLEARED
    _record(request, account, kind, moment=now, now=now, expires_at=until)


def timeline(account: OfficialAccount) -> dict[str, Any]:
    """Return the newest records, who answers the telephone, and how many corrections are used."""
    records = list(account.verification_records.all())
    contacts = [record.contact for record in records if record.contact]
    return {
        "records": records[:SHOWN_RECORDS],
        "contact": contacts[0] if contacts else "",
        "corrections": verification_log.corrections_used(reversed(records)),
        "most_corrections": MOST_CORRECTIONS,
    }


def offered(account: OfficialAccount, now: datetime) -> list[tuple[str, Promise]]:
    """Return the steps that make sense now: the name in the address, and the words on the button."""
    found = verification.state(account, now)
    names = WHILE_IN_REVIEW if found.in_review else OFFERED[found.state]
    return [(name, STEPS[name].title) for name in (*names, "contact")]


def _record(
    request: HttpRequest,
    account: OfficialAccount,
    kind: VerificationRecord.Kind,
    *,
    moment: datetime,
    now: datetime,
    **facts: Any,
) -> VerificationRecord:
    person = {"person": request.user, "person_name": request.user.get_username()}
    return verification_log.record(account, kind, Source.PERSON, moment=moment, now=now, **person, **facts)


def _audited(account: OfficialAccount, added: VerificationRecord) -> dict[str, Any]:
    return {"kind": added.kind, "verified_until": str(account.verified_until or "")}
