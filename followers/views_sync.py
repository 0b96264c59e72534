"""Start, stop and watch the reading of an account's followers."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import audit
from accounts.models import OfficialAccount
from accounts.policies import require
from followers import panel, sync
from followers.models import SyncRun
from followers.tasks import sync_followers
from followers.views import account_or_404, frame
from wxportal.nudges import nudge
from wxportal.shell.pages import page

SHOWN_RUNS = 30


@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the account's runs, newest first, and what each one changed."""
    account = account_or_404(request, pk)
    # The one under way stands in the panel, which is alive.
    ended = SyncRun.objects.filter(official_account=account).exclude(state=SyncRun.State.RUNNING)
    runs = ended.select_related("started_by")
    context = {**frame(request, account), "runs": [(run, panel.BADGES[run.state]) for run in runs[:SHOWN_RUNS]]}
    return page(request, "followers/runs.html", context, title=_("Syncs"))


@login_required
@never_cache
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the panel alone, every two seconds; when the run has ended, let the page be loaded anew."""
    account = account_or_404(request, pk)
    context = frame(request, account)
    response = render(request, "followers/_sync.html", context)
    if not context["panel"].is_running:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@login_required
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin to read the account's followers; a second click finds the first one's run."""
    account = account_or_404(request, pk)
    require(request.user, "follower.sync", account.brand)
    try:
        with transaction.atomic():
            run = sync.start(account, by=request.user)  # type: ignore[arg-type]  # login_required
            audit.record(request, "follower.sync", run, brand=account.brand)
    except sync.CannotSync as exc:
        messages.error(request, f"{exc.verdict.reason} {exc.verdict.way_out}")
    else:
        nudge(sync_followers, run.pk)
    return _back(account)


@require_POST
@login_required
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a run; what it has read stays."""
    run = _run_or_404(request, pk)
    require(request.user, "follower.sync", run.official_account.brand)
    with transaction.atomic():
        if sync.stop(run):
            audit.record(request, "follower.sync_stop", run, brand=run.official_account.brand)
    return _back(run.official_account)


@require_POST
@login_required
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a stopped run go on where it was."""
    run = _run_or_404(request, pk)
    require(request.user, "follower.sync", run.official_account.brand)
    try:
        with transaction.atomic():
            resumed = sync.resume(run)
            if resumed:
                audit.record(request, "follower.sync_resume", run, brand=run.official_account.brand)
    except sync.Busy:
        messages.warning(request, _("Another sync of this account is under way."))
    else:
        if resumed:
            nudge(sync_followers, run.pk)
    return _back(run.official_account)


def _run_or_404(request: HttpRequest, pk: int) -> SyncRun:
    runs = SyncRun.objects.visible_to(request.user).select_related("official_account__brand")
    run: SyncRun = get_object_or_404(runs, pk=pk)
    return run


def _back(account: OfficialAccount) -> HttpResponse:
    return redirect("followers:runs", account.pk)
