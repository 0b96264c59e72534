"""Today: what needs you, what goes out next, what is left to send."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.clock import database_now
from accounts.models import Brand, OfficialAccount
from desk import agenda, first_steps, left_to_send, needs
from desk.agenda import SHOWN_NEXT
from followers.models import SyncRun
from wxportal.shell.pages import page


@login_required
def today(request: HttpRequest) -> HttpResponse:
    """Show what the person has to look at, over all accounts or those of one brand."""
    brands = list(Brand.objects.visible_to(request.user))
    chosen = next((brand for brand in brands if str(brand.pk) == request.GET.get("brand")), None)
    return page(request, "desk/today.html", _context(request.user, brands, chosen), title=_("Today"))


def _accounts(user: Any, brand: Brand | None, now: datetime) -> list[OfficialAccount]:
    rows = OfficialAccount.objects.visible_to(user).select_related("brand").prefetch_related(left_to_send.since(now))
    return list(rows.filter(brand=brand) if brand else rows)


def _context(user: Any, brands: list[Brand], chosen: Brand | None) -> dict[str, Any]:
    now = database_now()
    accounts, runs = _accounts(user, chosen, now), _latest_runs(user)
    shown = agenda.of(user, accounts, now)
    found = [
        *needs.of_installation(),
        *needs.of_campaigns(user, shown, now),
        *needs.of_notices(user),
        *needs.of_accounts(user, accounts, now),
        *needs.of_syncs(user, runs, accounts),
    ]
    return {
        "brands": brands,
        "chosen": chosen,
        "accounts": accounts,
        "needs": sorted(found, key=lambda need: need.rank),
        "coming": shown.coming[:SHOWN_NEXT],
        "more_coming": max(len(shown.coming) - SHOWN_NEXT, 0),
        "ended": shown.ended,
        "allowances": left_to_send.of(accounts, runs, now),
        "steps": first_steps.of(user, brands, accounts, runs),
        "now": now,
    }


def _latest_runs(user: Any) -> dict[int, SyncRun]:
    """Return the newest sync of each account."""
    rows = SyncRun.objects.visible_to(user).order_by("official_account_id", "-started_at")
    return {run.official_account_id: run for run in rows.distinct("official_account_id")}
