"""The pages of followers: the list of an account, and one person."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.models import OfficialAccount
from accounts.policies import may
from followers import browsing, panel
from followers.browsing import Filter
from followers.models import Follower, Tag
from wxportal.shell.pages import page


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Show the followers of one account: the one the address names, else the person's first."""
    accounts = list(OfficialAccount.objects.visible_to(request.user).select_related("brand"))
    account = _chosen(request, accounts)
    if account is None:
        return page(request, "followers/no_account.html", title=_("Followers"))
    context = {**frame(request, account), "accounts": accounts, **_shown(account, Filter.of(request.GET))}
    return page(request, "followers/list.html", context, title=_("Followers"))


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what we know about one follower."""
    followers = Follower.objects.visible_to(request.user).select_related("official_account__brand")
    follower: Follower = get_object_or_404(followers, pk=pk)
    account = follower.official_account
    tags = list(Tag.objects.current(account))
    context = {
        "official_account": account,
        "follower": follower,
        "tags": [tag for tag in tags if tag.wechat_id in follower.tag_ids],
        "other_tags": [tag for tag in tags if tag.wechat_id not in follower.tag_ids],
        "may_tag": may(request.user, "tag.change", account.brand) and follower.subscribed,
    }
    return page(request, "followers/detail.html", context, title=str(follower))


def account_or_404(request: HttpRequest, pk: int) -> OfficialAccount:
    """Return the account, or 404 where it belongs to a brand the person does not work for."""
    accounts = OfficialAccount.objects.visible_to(request.user).select_related("brand")
    account: OfficialAccount = get_object_or_404(accounts, pk=pk)
    return account


def frame(request: HttpRequest, account: OfficialAccount) -> dict[str, Any]:
    """Return what every page about an account's followers shows: whose they are, and how their sync stands."""
    return {
        "official_account": account,
        "panel": panel.of(account),
        "may_sync": may(request.user, "follower.sync", account.brand),
        "may_tag": may(request.user, "tag.change", account.brand),
    }


def _chosen(request: HttpRequest, accounts: list[OfficialAccount]) -> OfficialAccount | None:
    """Return the account the address names (404 for a stranger's), else the first, None where there is none."""
    wanted = request.GET.get("account", "")
    if not wanted:
        return accounts[0] if accounts else None
    found = next((account for account in accounts if str(account.pk) == wanted), None)
    if found is None:
        raise Http404
    return found


def _shown(account: OfficialAccount, wanted: Filter) -> dict[str, Any]:
    """Return one page of the list with its total. Nothing here counts the whole table."""
    tags = list(Tag.objects.current(account))
    names = {tag.wechat_id: tag.name for tag in tags}
    found = browsing.slice_of(wanted, account)
    rows = [
        {"follower": follower, "tags": [names[number] for number in follower.tag_ids if number in names]}
        for follower in found.rows
    ]
    return {
        "filter": wanted,
        "rows": rows,
        "tags": tags,
        "total": wanted.rows(account).counted(),
        "first_page": wanted.address(account),
        "next_page": wanted.address(account, found.next_place) if found.next_place else "",
    }
