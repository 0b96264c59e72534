"""What every account may do, in one table; and the three types side by side, for who has to pick one."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts import verification
from accounts.capabilities import RULES, can
from accounts.clock import database_now, in_world_of
from accounts.models import OfficialAccount
from wxportal.shell.pages import page


@login_required
def matrix(request: HttpRequest) -> HttpResponse:
    """Show every family of interfaces for every account the person works with."""
    now = database_now()
    accounts = list(OfficialAccount.objects.visible_to(request.user).select_related("brand"))
    moments = {account.pk: in_world_of(account, now) for account in accounts}
    columns = [
        {"account": account, "verification": verification.state(account, moments[account.pk])} for account in accounts
    ]
    rows = [
        {"rule": rule, "verdicts": [can(account, capability, moments[account.pk]) for account in accounts]}
        for capability, rule in RULES.items()
    ]
    context = {"columns": columns, "rows": rows}
    return page(request, "accounts/matrix.html", context, title=_("What the accounts may do"))


@login_required
def types(request: HttpRequest) -> HttpResponse:
    """Explain the three types side by side."""
    # The table of §11 from right to left: what a verified service account has comes first.
    lines = [{"rule": rule, "letters": [rule.columns[column] for column in (3, 2, 1, 0)]} for rule in RULES.values()]
    return page(request, "accounts/types.html", {"lines": lines}, title=_("The three types of account"))
