"""The pages of the Official Accounts: board, one account, connect, change, test, callback, pause."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import (
    audit,
    capabilities,
    connection,
    consequences,
    gateway,
    health,
    rehearsal,
    verification,
    verification_views,
)
from accounts.clock import database_now, in_world_of
from accounts.forms import ChangeForm, ConnectForm, RehearsalForm, brands_to_connect
from accounts.models import InboundEvent, OfficialAccount
from accounts.models.official_account import new_callback_secrets
from accounts.policies import may, require
from wxportal.shell.pages import page

SHOWN_PUSHES = 10
# What may stand in the audit trail; secrets never do.
AUDITED = ("name", "type", "subject", "original_id", "callback_mode", "verified_until")


@login_required
def board(request: HttpRequest) -> HttpResponse:
    """Show every account the person works with, and how each one stands."""
    now = database_now()
    accounts = list(OfficialAccount.objects.visible_to(request.user).select_related("brand"))
    affected = consequences.at_risk_of(accounts, now)
    rows = [
        {
            "account": account,
            "verification": verification.state(account, in_world_of(account, now)),
            "at_risk": affected[account.pk],
            "connection": health.of_connection(account),
            "callback": health.of_callback(account),
        }
        for account in accounts
    ]
    context = {
        "rows": sorted(rows, key=_risk),
        "is_administrator": request.user.is_superuser,
        "may_connect": bool(brands_to_connect(request.user)),
        "has_sandbox": bool(settings.SANDBOX_URL),
    }
    return page(request, "accounts/board.html", context, title=_("Official Accounts"))


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what one account is, whether it is connected, and what it may do."""
    account, database_time = _visible(request, pk), database_now()
    now = in_world_of(account, database_time)
    context = {
        "official_account": account,
        "verification": verification.state(account, now),
        "timeline": verification_views.timeline(account),
        "steps": verification_views.offered(account, now),
        "at_risk": consequences.at_risk(account, database_time),
        "capabilities": capabilities.overview(account, now),
        "connection": health.of_connection(account),
        "lines": connection.last_lines(account),
        "tested_at": health.tested_at(account),
        "callback": health.of_callback(account),
        "refused_at": health.refused_at(account),
        "pushes": _last_pushes(account),
        "may_change": may(request.user, "account.change", account.brand),
        "may_test": may(request.user, "account.test", account.brand),
    }
    return page(request, "accounts/detail.html", context, title=account.name)


@login_required
def connect(request: HttpRequest) -> HttpResponse:
    """Connect an account to a brand, and test the connection at once."""
    if not brands_to_connect(request.user):
        raise PermissionDenied("account.connect")
    form = ConnectForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        account = _connect(request, form)
        if account is not None:
            return _tested(request, account)
    context = {"form": form, "has_sandbox": bool(settings.SANDBOX_URL)}
    return page(request, "accounts/connect.html", context, title=_("Connect an Official Account"))


@login_required
def rehearse(request: HttpRequest) -> HttpResponse:
    """Make an account in the sandbox and connect it, with its callback."""
    if not settings.SANDBOX_URL:
        raise Http404
    if not brands_to_connect(request.user):
        raise PermissionDenied("account.connect")
    form = RehearsalForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        account = _rehearse(request, form)
        if account is not None:
            return _tested(request, account)
    return page(request, "accounts/rehearse.html", {"form": form}, title=_("Make a rehearsal account"))


@login_required
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is known of an account; secrets can be replaced, never read."""
    account = _visible(request, pk)
    require(request.user, "account.change", account.brand)
    before = _audited(account)
    form = ChangeForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            verification_views.enter_end(request, account, form.cleaned_data["verified_until"])
            audit.record(
                request, "account.change", account, brand=account.brand, before=before, after=_changed(form, account)
            )
        if form.cleaned_data["secret"]:
            _forget_token(account)
        messages.success(request, _("Saved."))
        return redirect(account)
    # A refused form must not put what was typed into the page's heading.
    account.refresh_from_db()
    context = {"form": form, "official_account": account}
    return page(request, "accounts/change.html", context, title=_("Change %(name)s") % {"name": account.name})


@require_POST
@login_required
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask WeChat a few harmless questions and show what it answered."""
    account = _visible(request, pk)
    require(request.user, "account.test", account.brand)
    audit.record(request, "account.test", account, brand=account.brand)
    return _tested(request, account)


@require_POST
@login_required
@never_cache
def callback_secrets(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a new Token and EncodingAESKey and show them this once."""
    account = _visible(request, pk)
    require(request.user, "account.change", account.brand)
    token, aes_key = new_callback_secrets()
    with transaction.atomic():
        locked = OfficialAccount.objects.select_for_update(of=("self",)).get(pk=account.pk)
        locked.set_callback_secrets(token, aes_key)
        locked.save(update_fields=locked.CALLBACK_SECRET_FIELDS)
        audit.record(request, "account.callback_secrets", account, brand=account.brand)
    # Nobody can type into a sandbox's console: it is told by us.
    entered = rehearsal.lives_here(locked) and rehearsal.enter_callback(locked)
    context = {"official_account": account, "token": token, "aes_key": aes_key, "entered": entered}
    return page(request, "accounts/callback_secrets.html", context, title=_("Callback of %(name)s") % {"name": account})


@require_POST
@login_required
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Let nothing be sent from this account until somebody resumes it."""
    return _set_paused(request, pk, paused=True)


@require_POST
@login_required
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the account send again."""
    return _set_paused(request, pk, paused=False)


def _risk(row: dict[str, Any]) -> tuple[int, int, float, str]:
    """Order the board: what stops work first, then what would, then whose end is nearest."""
    found: verification.Verification = row["verification"]
    end = found.until.timestamp() if found.until else float("inf")
    return verification.RISK[found.state], -len(row["at_risk"]), end, row["account"].name


def _visible(request: HttpRequest, pk: int) -> OfficialAccount:
    """Return the account, or 404 where it belongs to a brand the person does not work for."""
    accounts = OfficialAccount.objects.visible_to(request.user).select_related("brand")
    account: OfficialAccount = get_object_or_404(accounts, pk=pk)
    return account


def _last_pushes(account: OfficialAccount) -> list[InboundEvent]:
    """Return the newest pushes without what they say."""
    wanted = ("official_account", "kind", "signed", "received_at", "delivered_at", "parked_at")
    return list(account.inbound_events.only(*wanted)[:SHOWN_PUSHES])


def _connect(request: HttpRequest, form: ConnectForm) -> OfficialAccount | None:
    """Save the new account; None, with the reason in the form, where a double click was faster."""
    require(request.user, "account.connect", form.cleaned_data["brand"])
    try:
        with transaction.atomic():
            account = form.save()
            verification_views.enter_end(request, account, form.cleaned_data["verified_until"])
            audit.record(request, "account.connect", account, brand=account.brand, after=_audited(account))
    except IntegrityError:
        form.add_error("appid", _("This account was connected a moment ago."))
        return None
    return account


def _rehearse(request: HttpRequest, form: RehearsalForm) -> OfficialAccount | None:
    """Make and connect the account; None, with the reason in the form, where the sandbox does not answer."""
    asked = form.cleaned_data
    require(request.user, "account.connect", asked["brand"])
    try:
        account = rehearsal.connect(
            asked["brand"], asked["name"], kind=asked["type"], followers=asked["followers"], now=database_now()
        )
    except rehearsal.NoSandbox as exc:
        form.add_error(None, _("The sandbox does not answer: %(reason)s") % {"reason": exc})
        return None
    audit.record(request, "account.connect", account, brand=account.brand, after=_audited(account))
    return account


def _tested(request: HttpRequest, account: OfficialAccount) -> HttpResponse:
    """Test the connection, outside any transaction, and lead to the account's page."""
    lines = connection.test(account, database_now())
    failed = [line for line in lines if line.status == connection.BAD]
    if failed:
        messages.warning(request, f"{failed[0].title}: {failed[0].text} {failed[0].way_out}")
    else:
        messages.success(request, _("WeChat answered as it should."))
    return redirect(account)


def _set_paused(request: HttpRequest, pk: int, *, paused: bool) -> HttpResponse:
    account = _visible(request, pk)
    require(request.user, "account.change", account.brand)
    with transaction.atomic():
        moved = OfficialAccount.objects.filter(pk=pk, paused_at__isnull=paused).update(
            paused_at=database_now() if paused else None
        )
        if moved:
            audit.record(request, "account.pause" if paused else "account.resume", account, brand=account.brand)
    return redirect(account)


def _forget_token(account: OfficialAccount) -> None:
    """Make the next call fetch a token with the new secret; a dead Redis keeps the old one until it ends."""
    try:
        gateway.tokens_of(account).forget()
    except (gateway.TokenStoreDown, ValueError):
        return


def _audited(account: OfficialAccount) -> dict[str, Any]:
    return {name: str(getattr(account, name) or "") for name in AUDITED}


def _changed(form: "ModelForm[OfficialAccount]", account: OfficialAccount) -> dict[str, Any]:
    """Return the audited values now; that a secret was replaced is said, the secret is not."""
    return {**_audited(account), "secret_replaced": bool(form.cleaned_data["secret"])}
