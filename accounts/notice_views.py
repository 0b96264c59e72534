"""What the portal told a person, and the mailbox in which administrators see every mail."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import audit, outbox, tasks, verification
from accounts.clock import database_now
from accounts.models import Notice, OutboxMail
from wxportal.nudges import nudge
from wxportal.shell.pages import page

SHOWN = 100
BADGES = {
    OutboxMail.State.PENDING: "quiet",
    OutboxMail.State.SENDING: "sending",
    OutboxMail.State.SENT: "ok",
    OutboxMail.State.UNCLEAR: "needs-decision",
    OutboxMail.State.FAILED: "bad",
    OutboxMail.State.KEPT: "quiet",
}
# Only what is over may be sent again, and only by a person's decision.
MAY_GO_AGAIN = (OutboxMail.State.UNCLEAR, OutboxMail.State.FAILED, OutboxMail.State.KEPT)


@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """Show what this person was told, the newest first, and what became of the mails."""
    rows = Notice.objects.visible_to(request.user).filter(person=request.user)
    found = rows.select_related("official_account__brand", "mail")[:SHOWN]
    return page(request, "accounts/notices.html", {"rows": [_row(each) for each in found]}, title=_("Notices"))


@require_POST
@login_required
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the person has read a notice; it leaves Today."""
    mine = Notice.objects.visible_to(request.user).filter(person=request.user)
    notice = get_object_or_404(mine, pk=pk)
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=database_now())
    return redirect("accounts:notices")


@login_required
def mailbox(request: HttpRequest) -> HttpResponse:
    """Show administrators every mail with its text and its fate."""
    _administrators_only(request)
    mails = OutboxMail.objects.select_related("notice__official_account__brand")[:SHOWN]
    rows = [
        {"mail": mail, "badge": BADGES[OutboxMail.State(mail.state)], "again": mail.state in MAY_GO_AGAIN}
        for mail in mails
    ]
    context = {"rows": rows, "mail_is_set": bool(settings.EMAIL_URL)}
    return page(request, "accounts/mailbox.html", context, title=_("Mailbox"))


@require_POST
@login_required
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one mail leave again, because a person looked and decided."""
    _administrators_only(request)
    mail = get_object_or_404(OutboxMail.objects.select_related("notice__official_account__brand"), pk=pk)
    if outbox.send_again(mail.pk, database_now()):
        audit.record(request, "mail.again", mail, brand=mail.notice.official_account.brand)
        nudge(tasks.send_mails)
        messages.success(request, _("It waits to be sent again."))
    return redirect("accounts:mailbox")


def _administrators_only(request: HttpRequest) -> None:
    if not (request.user.is_superuser and request.user.is_active):
        raise PermissionDenied("mailbox")


def _row(notice: Notice) -> dict[str, Any]:
    mail: OutboxMail | None = getattr(notice, "mail", None)
    return {
        "notice": notice,
        "last_day": verification.last_day(notice.until),
        "mail": mail,
        "badge": BADGES[OutboxMail.State(mail.state)] if mail else "",
    }
