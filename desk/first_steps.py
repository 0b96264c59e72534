"""The way from an empty installation to a first result, shown on Today until it was walked once."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.forms import brands_to_connect
from accounts.models import Brand, OfficialAccount
from articles.models import Article
from campaigns.models import Campaign
from followers.models import SyncRun


@dataclass(frozen=True)
class Step:
    """One step: what to do, why, where; ``url`` is empty where the person's role does not allow it."""

    title: str
    why: str
    done: bool
    url: str


def of(user: Any, brands: list[Brand], accounts: list[OfficialAccount], runs: dict[int, SyncRun]) -> list[Step]:
    """Return the steps, or nothing once all of them were done."""
    steps = [
        _brand(user, brands),
        _connect(user, accounts),
        _followers(accounts, runs),
        _article(user),
        _campaign(user),
    ]
    return [] if all(step.done for step in steps) else steps


def _brand(user: Any, brands: list[Brand]) -> Step:
    why = _("A brand is the company whose accounts these are. People see only the brands they work for.")
    url = reverse("admin:accounts_brand_add") if user.is_superuser else ""
    return Step(_("Name the first brand"), why, bool(brands), url)


def _connect(user: Any, accounts: list[OfficialAccount]) -> Step:
    why = _("App id and secret from WeChat's console; a test says at once whether WeChat lets us in.")
    url = reverse("accounts:connect") if brands_to_connect(user) else ""
    return Step(_("Connect an Official Account"), why, bool(accounts), url)


def _followers(accounts: list[OfficialAccount], runs: dict[int, SyncRun]) -> Step:
    why = _("The portal reads who follows, page by page; you can stop and go on at any time.")
    done = any(run.state == SyncRun.State.FINISHED for run in runs.values())
    return Step(_("Read the followers"), why, done, reverse("followers:list") if accounts else "")


def _article(user: Any) -> Step:
    why = _("Write it beside the phone that shows it; what WeChat would refuse is said while you type.")
    return Step(_("Write an article"), why, Article.objects.visible_to(user).exists(), reverse("articles:list"))


def _campaign(user: Any) -> Step:
    why = _("Choose who gets it and when. Nothing goes out before somebody releases it.")
    done = Campaign.objects.visible_to(user).exclude(status=Campaign.Status.DRAFT).exists()
    return Step(_("Plan a campaign and release it"), why, done, reverse("campaigns:list"))
