"""The pages of the articles: list, new, editor, preview, and the push to WeChat's drafts."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts import audit
from accounts.gateway import client_for
from accounts.models import OfficialAccount
from accounts.policies import may, require
from articles import checks, editor_words, explanations, merging, publishing, writing
from articles.forms import ArticleForm, NewArticleForm, writes_for_any_brand
from articles.models import Article, DraftPush
from articles.pieces import aside, person, visible_article
from wxportal.shell.pages import page
from wxportal.wechat import limits
from wxportal.wechat.errors import WeChatError

PAGE = 30  # articles
SHOWN_REVISIONS = 10
COUNTERS = {
    "title": limits.TITLE_CHARACTERS,
    "author": limits.AUTHOR_CHARACTERS,
    "digest": limits.DIGEST_CHARACTERS,
}


@login_required
def article_list(request: HttpRequest) -> HttpResponse:
    """Show the articles of every account the person works with, or of one, the newest first."""
    accounts = list(OfficialAccount.objects.visible_to(request.user).select_related("brand"))
    chosen = next((account for account in accounts if str(account.pk) == request.GET.get("account")), None)
    related = ("official_account__brand", "cover", "updated_by")
    articles = Article.objects.visible_to(request.user).select_related(*related).defer("body")
    if chosen is not None:
        articles = articles.filter(official_account=chosen)
    context = {
        "articles": Paginator(articles, PAGE).get_page(request.GET.get("page")),
        "accounts": accounts,
        "chosen": chosen,
        "writable": {account.brand_id for account in accounts if may(request.user, "article.write", account.brand)},
    }
    return page(request, "articles/list.html", context, title=_("Articles"))


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Begin an article: which account, which title; the rest happens in the editor."""
    if not writes_for_any_brand(person(request)):
        raise PermissionDenied("article.write")
    initial = {"official_account": request.GET.get("account")}
    form = NewArticleForm(request.POST or None, user=person(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        account, title = form.cleaned_data["official_account"], form.cleaned_data["title"]
        return redirect(writing.create(account, by=person(request), request=request, title=title))
    return page(request, "articles/new.html", {"form": form}, title=_("New article"))


@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write an article. A save over a version somebody else replaced shows both texts and writes nothing."""
    article = visible_article(request, pk)
    require(request.user, "article.write", article.official_account.brand)
    form = ArticleForm(request.POST or None, request.FILES or None, article=article, user=person(request))
    if request.method == "POST" and form.is_valid():
        return _saved(request, article, form)
    return _editor(request, article, form, status=400 if form.is_bound else 200)


@login_required
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the saved article on the phone, its checks and its revisions; for everybody of the brand."""
    article = visible_article(request, pk)
    brand = article.official_account.brand
    context = {
        **aside(article),
        **_frame_of(article),
        "frame_url": reverse("articles:frame", args=[article.pk]),
        "revisions": article.revisions.select_related("created_by").defer("body")[:SHOWN_REVISIONS],
        "may_write": may(request.user, "article.write", brand),
        "may_push": may(request.user, "article.push", brand),
    }
    return page(request, "articles/preview.html", context, title=article.title)


@require_POST
@login_required
def push(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the saved article into WeChat's draft box, and tell what came of it."""
    article = visible_article(request, pk)
    require(request.user, "article.push", article.official_account.brand)
    _push(request, article)
    return redirect("articles:preview", article.pk)


def _saved(request: HttpRequest, article: Article, form: ArticleForm) -> HttpResponse:
    """Save what was typed, then go where the pressed button leads."""
    fields, version = form.fields_to_write(), form.cleaned_data["version"]
    try:
        revision = writing.save(article, fields, version=version, by=person(request), request=request)
    except writing.Stale as exc:
        return _both_texts(request, article, exc, fields)
    for remark in form.remarks:
        messages.info(request, remark)
    if revision or "push" not in request.POST:
        messages.success(request, _("Saved.") if revision else _("Nothing had changed."))
    if "push" in request.POST:
        return push(request, article.pk)
    return redirect(article)


def _both_texts(request: HttpRequest, article: Article, stale: writing.Stale, fields: dict[str, Any]) -> HttpResponse:
    """Show what the other person saved, with the writer's own text still in the form (409)."""
    merge = merging.merge(stale.base, stale.theirs, fields)
    article.refresh_from_db(fields=["version", "updated_at", "updated_by"])
    cover = merge.fields["cover"]
    initial = {**merge.fields, "cover": cover.sha256 if cover else "", "version": stale.theirs.number}
    form = ArticleForm(article=article, user=person(request), initial=initial)
    context = {"theirs": stale.theirs, "differences": merge.differences, "cover": cover, "unsaved": True}
    typed = Article(official_account=article.official_account, **merge.fields)
    return _editor(request, article, form, typed=typed, status=409, **context)


def _editor(
    request: HttpRequest, article: Article, form: ArticleForm, *, typed: Article | None = None, status: int, **more: Any
) -> HttpResponse:
    shown = typed or (form.as_typed() if form.is_bound else article)
    context = {
        **aside(shown),
        **_frame_of(article),
        "form": form,
        "cover": shown.cover,
        "counters": COUNTERS,
        "words": editor_words.translated(),
        "unsaved": form.is_bound,
        **more,
    }
    return page(request, "articles/edit.html", context, title=article.title, status=status)


def _frame_of(article: Article) -> dict[str, Any]:
    """Return what the heading of every page about one article needs."""
    draft = DraftPush.objects.filter(article=article).select_related("revision").first()
    return {"article": article, "official_account": article.official_account, "draft": draft}


def _push(request: HttpRequest, article: Article) -> None:
    """Push the newest revision; what WeChat would refuse is refused here, with the reason."""
    revision = article.latest_revision()
    revision.article = article
    if found := checks.stops(checks.of(revision, article.official_account)):
        words = ngettext("%(count)d thing to fix before WeChat:", "%(count)d things to fix before WeChat:", len(found))
        messages.error(request, f"{words % {'count': len(found)}} {found[0].text} {found[0].fix}")
        return
    try:
        pushed = publishing.push_draft(client_for(article.official_account), revision, by=person(request))
    except WeChatError as exc:
        messages.error(request, explanations.of_failure(exc))
        return
    except ValueError:
        messages.error(request, _("The account's interface address is neither https nor on this machine. Correct it."))
        return
    audit.record(
        request, "article.push", article, brand=article.official_account.brand, after={"revision": revision.number}
    )
    messages.success(
        request,
        _("In WeChat's draft box (%(media_id)s…). Nobody was notified and no quota was used.")
        % {"media_id": pushed.media_id[:12]},
    )
