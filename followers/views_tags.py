"""WeChat's tags of an account, and the tags of one person."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import audit
from accounts.models import OfficialAccount
from accounts.policies import require
from followers import tagging, words
from followers.forms import TagForm
from followers.models import Follower, Tag
from followers.views import account_or_404, frame
from wxportal.shell.pages import page
from wxportal.wechat import limits
from wxportal.wechat.errors import WeChatError


@login_required
def index(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the account's tags with WeChat's counts; a POST makes a new one."""
    account = account_or_404(request, pk)
    if request.method == "POST":
        require(request.user, "tag.change", account.brand)
    form = TagForm(request.POST or None)
    if form.is_valid() and _made(request, account, form):
        return redirect("followers:tags", account.pk)
    tags = list(Tag.objects.current(account))
    own = sum(not tag.is_system for tag in tags)
    context = {**frame(request, account), "form": form, "tags": tags, "own": own, "most": limits.TAGS_PER_ACCOUNT}
    return page(request, "followers/tags.html", context, title=_("Tags"))


@require_POST
@login_required
def change_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a tag on one follower, or take it off, in WeChat and here."""
    followers = Follower.objects.visible_to(request.user).select_related("official_account__brand")
    follower: Follower = get_object_or_404(followers, pk=pk)
    account = follower.official_account
    require(request.user, "tag.change", account.brand)
    tags = Tag.objects.current(account).filter(pk=_number(request.POST.get("tag", "")))
    _change(request, follower, get_object_or_404(tags), off=request.POST.get("act") == "untag")
    return redirect(follower)


def _made(request: HttpRequest, account: OfficialAccount, form: TagForm) -> bool:
    """Make the tag in WeChat; a refusal goes into the form, which keeps what was typed."""
    try:
        tag = tagging.create(account, form.cleaned_data["name"])
    except tagging.TagRefused as exc:
        form.add_error("name", str(exc.reason))
        return False
    except (WeChatError, ValueError) as exc:
        form.add_error(None, words.of_failure(exc))
        return False
    audit.record(request, "tag.create", tag, brand=account.brand, after={"name": tag.name})
    messages.success(request, _("The tag “%(name)s” was made in WeChat.") % {"name": tag.name})
    return True


def _change(request: HttpRequest, follower: Follower, tag: Tag, *, off: bool) -> None:
    account = follower.official_account
    act = tagging.untag if off else tagging.tag
    try:
        result = act(account, tag, [follower.openid])
    except (WeChatError, ValueError) as exc:
        messages.error(request, words.of_failure(exc))
        return
    if result.refused:
        messages.error(request, _("WeChat refused it: the follower has left, or carries 20 tags already."))
        return
    done = "follower.untag" if off else "follower.tag"
    audit.record(request, done, follower, brand=account.brand, after={"tag": tag.name})


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
