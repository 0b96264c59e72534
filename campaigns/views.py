"""The pages of campaigns: list, plan, one campaign, and what people order about it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import audit
from accounts.clock import database_now, in_world_of
from accounts.models import OfficialAccount
from accounts.policies import may, require
from campaigns import decisions, lifecycle, showing
from campaigns.forms import CampaignForm, DecisionForm
from campaigns.lifecycle import IllegalMove
from campaigns.models import Batch, Campaign
from campaigns.planning import audience, preflight, quota
from campaigns.tasks import look_for_due_batches
from wxportal.nudges import nudge
from wxportal.shell.pages import page

PER_PAGE = 30


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Show the campaigns the person may see, newest moment first, of one account where the address names it."""
    accounts = list(OfficialAccount.objects.visible_to(request.user).select_related("brand"))
    chosen = _chosen(request, accounts)
    found = Campaign.objects.visible_to(request.user).select_related("official_account__brand", "tag")
    if chosen is not None:
        found = found.filter(official_account=chosen)
    pages = Paginator(found.prefetch_related(Prefetch("batches", showing.light(Batch.objects.all()))), PER_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    now = database_now()
    context = {
        "accounts": accounts,
        "chosen": chosen,
        "shown": shown,
        "rows": [_row(campaign, in_world_of(campaign.official_account, now)) for campaign in shown],
        "may_plan": any(may(request.user, "campaign.write", account.brand) for account in accounts),
    }
    return page(request, "campaigns/list.html", context, title=_("Campaigns"))


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Plan a campaign: first choose the account, then fill in the rest."""
    visible = OfficialAccount.objects.visible_to(request.user).select_related("brand")
    accounts = [account for account in visible if may(request.user, "campaign.write", account.brand)]
    if not accounts:
        raise PermissionDenied("campaign.write")
    chosen = _chosen(request, accounts) or (accounts[0] if len(accounts) == 1 else None)
    if chosen is None:
        return page(request, "campaigns/choose_account.html", {"accounts": accounts}, title=_("Plan a campaign"))
    campaign = Campaign(official_account=chosen, created_by_id=request.user.pk)
    return _plan(request, campaign, _("Plan a campaign"))


@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the plan of a draft."""
    campaign = _visible(request, pk)
    require(request.user, "campaign.write", campaign.official_account.brand)
    if campaign.status != Campaign.Status.DRAFT:
        messages.warning(request, _("A released campaign cannot be changed. Withdraw it first."))
        return redirect(campaign)
    return _plan(request, campaign, _("Change %(name)s") % {"name": campaign.name})


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one campaign: who gets it, what it says, what speaks against it, how it goes, what became of it."""
    campaign = _visible(request, pk)
    shown = showing.of(campaign)
    target = audience.of(campaign)
    before = campaign.frozen_at is None and campaign.status != Campaign.Status.CANCELLED
    lines = preflight.run(campaign, target, shown.now) if before else []
    context = {
        **_live(request, shown),
        "places": campaign.places.select_related("article", "revision"),
        "target": target,
        "people": target.people if campaign.audience_count is None else campaign.audience_count,
        "lines": lines,
        "stops": preflight.stops(lines),
        "near_midnight": campaign.scheduled_at is not None and quota.near_midnight(campaign.scheduled_at),
    }
    return page(request, "campaigns/detail.html", context, title=campaign.name)


@login_required
def sending(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the live part of a campaign's page; htmx asks for it every two seconds."""
    return render(request, "campaigns/_live.html", _live(request, showing.of(_visible(request, pk))))


@require_POST
@login_required
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Schedule the campaign, if nothing red speaks against it."""
    campaign = _visible(request, pk)
    require(request.user, "campaign.release", campaign.official_account.brand)
    target = audience.of(campaign)
    now = showing.of(campaign).now
    if campaign.status == Campaign.Status.DRAFT and (red := preflight.stops(preflight.run(campaign, target, now))):
        messages.error(request, " ".join(str(part) for part in (red[0].text, red[0].way_out) if part))
        return redirect(campaign)
    seen = request.POST.get("version", "")
    version = int(seen) if seen.isascii() and seen.isdigit() else 0
    return _ordered(
        request,
        campaign,
        "campaign.release",
        lambda: lifecycle.release(campaign, by=request.user, version=version),
        _("Released. It goes out at its moment."),
    )


@require_POST
@login_required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a scheduled campaign a draft again."""
    return _order(request, pk, "campaign.write", lifecycle.withdraw, _("A draft again: nothing is held any more."))


@require_POST
@login_required
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call the campaign off before anything went out."""
    return _order(request, pk, "campaign.stop", lifecycle.cancel, _("Cancelled. Nothing was sent."))


@require_POST
@login_required
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Let no new call begin."""
    return _order(request, pk, "campaign.stop", lifecycle.pause, _("Paused: no new call begins."))


@require_POST
@login_required
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on."""
    return _order(request, pk, "campaign.release", lifecycle.resume, _("It goes on."))


@require_POST
@login_required
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Let no call begin any more, for good."""
    return _order(request, pk, "campaign.stop", lifecycle.stop, _("Stopping: no call begins any more."))


@require_POST
@login_required
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what a person saw about a call nobody answered; ``pk`` is the batch's."""
    batches = Batch.objects.visible_to(request.user).select_related("campaign", "official_account__brand")
    batch: Batch = get_object_or_404(batches, pk=pk)
    require(request.user, "campaign.resolve", batch.official_account.brand)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say whether it went out, and what you saw."))
        return redirect(batch.campaign)
    said = form.cleaned_data
    return _ordered(
        request,
        batch.campaign,
        "campaign.decide",
        lambda: decisions.decide(batch, sent=said["sent"], reason=said["reason"], by=request.user),
        _("Your decision is recorded."),
    )


def _visible(request: HttpRequest, pk: int) -> Campaign:
    """Return the campaign, or 404 where it belongs to a brand the person does not work for."""
    campaigns = Campaign.objects.visible_to(request.user).select_related(
        "official_account__brand", "tag", "released_by"
    )
    campaign: Campaign = get_object_or_404(campaigns, pk=pk)
    return campaign


def _chosen(request: HttpRequest, accounts: list[OfficialAccount]) -> OfficialAccount | None:
    """Return the account the address names, 404 where it is none of these."""
    wanted = request.GET.get("account", "")
    if not wanted:
        return None
    found = next((account for account in accounts if str(account.pk) == wanted), None)
    if found is None:
        raise Http404
    return found


def _row(campaign: Campaign, now: Any) -> dict[str, Any]:
    batches = [batch for batch in campaign.batches.all() if batch.send_number == campaign.send_number]
    word = lifecycle.word_for(campaign, batches, now)
    return {"campaign": campaign, "word": word, "result": showing.result_of(batches), "batches": batches}


def _plan(request: HttpRequest, campaign: Campaign, title: str) -> HttpResponse:
    account = campaign.official_account
    form = CampaignForm(request.POST or None, instance=campaign, official_account=account)
    if request.method == "POST" and form.is_valid():
        action = "campaign.save" if campaign.pk else "campaign.create"
        try:
            with transaction.atomic():
                saved = form.save()
                audit.record(request, action, saved, brand=account.brand, after={"version": saved.version})
            return redirect(saved)
        except IllegalMove as exc:
            form.add_error(None, str(exc))
    tags = [(tag.pk, tag.count) for tag in form.fields["tag"].queryset]  # type: ignore[attr-defined]
    everybody = audience.reached_by(account, None).counted()
    context = {"form": form, "official_account": account, "everybody": everybody, "tag_counts": tags}
    return page(request, "campaigns/plan.html", context, title=title)


def _live(request: HttpRequest, shown: showing.Shown) -> dict[str, Any]:
    return {
        "official_account": shown.campaign.official_account,
        "campaign": shown.campaign,
        "shown": shown,
        "may": showing.orders(request.user, shown),
        "decision": DecisionForm(),
    }


def _order(request: HttpRequest, pk: int, action: str, rule: Callable[..., Campaign], said: str) -> HttpResponse:
    campaign = _visible(request, pk)
    require(request.user, action, campaign.official_account.brand)
    name = f"campaign.{rule.__name__}"
    return _ordered(request, campaign, name, lambda: rule(campaign, by=request.user), said)


def _ordered(
    request: HttpRequest, campaign: Campaign, action: str, order: Callable[[], object], said: str
) -> HttpResponse:
    """Give the order, say what became of it, and lead back to the campaign."""
    try:
        with transaction.atomic():
            order()
            audit.record(request, action, campaign, brand=campaign.official_account.brand)
    except IllegalMove as exc:
        messages.warning(request, str(exc))
    except quota.NoRoom as exc:
        text = _("WeChat's limit leaves no room: %(counter)s Choose another day, or cancel what holds it.")
        messages.error(request, text % {"counter": preflight.left(exc.hold)})
    else:
        messages.success(request, said)
        nudge(look_for_due_batches)  # a dead Redis costs a second, never a 500
    return redirect(campaign)
