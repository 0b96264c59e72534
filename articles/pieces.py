"""What the editor fetches while somebody writes: checks and phone, pictures in and out."""

import io
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST
from PIL import Image

from accounts.models import OfficialAccount, User
from accounts.policies import require
from articles import checks, composing, images
from articles.forms import ArticleForm
from articles.models import Article, MediaFile

# An article's frame: nothing runs, nothing comes from elsewhere. It keeps our origin (which is harmless only because
# scripts are off), for without it the browser would not send the cookie that the pictures behind the brand wall need.
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'"
)
FRAME_POLICY = f"{CONTENT_POLICY}; frame-ancestors 'self'; sandbox allow-same-origin"
PICTURE_POLICY = "default-src 'none'; sandbox"
PICTURE_CACHE = "private, max-age=31536000, immutable"  # named by its content: it never changes
SMALL_EDGE = 320  # pixels; for lists, twice what is shown


@require_POST
@login_required
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """Return phone and checks for what stands in the form now; nothing is saved."""
    article = visible_article(request, pk)
    require(request.user, "article.write", article.official_account.brand)
    form = ArticleForm(request.POST, article=article, user=person(request))
    return render(request, "articles/_aside.html", aside(form.as_typed()))


@require_GET
@login_required
@xframe_options_sameorigin
def frame(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the saved article as the phone shows it, as a page of its own under the strict policy."""
    article = visible_article(request, pk)
    response = HttpResponse(_screen(article, composing.pictures_of(article.official_account, [article.body])))
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response


@require_POST
@login_required
def upload(request: HttpRequest, official_account: int) -> JsonResponse:
    """Keep one picture and return its address, or say why it cannot be one (400)."""
    accounts = OfficialAccount.objects.visible_to(request.user).select_related("brand")
    account: OfficialAccount = get_object_or_404(accounts, pk=official_account)
    require(request.user, "article.write", account.brand)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise images.PictureRefused(images.no_file())
        media, remarks = images.keep(account, file, by=person(request))
    except images.PictureRefused as exc:
        return JsonResponse({"error": str(exc)}, status=400)
    return JsonResponse({"sha256": media.sha256, "url": media.get_absolute_url(), "remarks": remarks}, status=201)


@require_GET
@login_required
def media(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """Return a picture, or a small copy of it with ``?small``; it exists only for people of its brand."""
    known = MediaFile.objects.visible_to(request.user).filter(sha256=sha256).order_by("pk")[:1]
    picture: MediaFile = get_object_or_404(known)
    try:
        content = _small(picture) if "small" in request.GET else picture.file.open("rb")
    except FileNotFoundError as exc:
        # The row outlived its file: a database restored without its folder.
        raise Http404 from exc
    response = FileResponse(content, content_type="image/jpeg" if "small" in request.GET else picture.content_type)
    response.headers["Cache-Control"] = PICTURE_CACHE
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    return response


def person(request: HttpRequest) -> User:
    """Return who is logged in; for views behind ``login_required``."""
    assert request.user.is_authenticated
    return request.user


def visible_article(request: HttpRequest, pk: int) -> Article:
    """Return the article, or 404 where it belongs to a brand the person does not work for."""
    related = ("official_account__brand", "cover", "updated_by")
    article: Article = get_object_or_404(Article.objects.visible_to(request.user).select_related(*related), pk=pk)
    return article


def aside(text: Article) -> dict[str, Any]:
    """Return what stands beside a text: its checks and the phone with it."""
    pictures = composing.pictures_of(text.official_account, [text.body])
    rendered = composing.for_wechat(text.body, pictures)
    found = checks.of_rendered(text, rendered)
    return {
        "frame": _screen(text, pictures),
        "rendered": rendered,
        "checks": sorted(found, key=lambda check: -checks.WEIGHT[check.level]),
        "stops": len(checks.stops(found)),
        "warnings": len(checks.warnings(found)),
        "account_name": text.official_account.name,
    }


def _screen(text: Article, pictures: composing.Pictures) -> str:
    """Return the document inside the phone: the bytes WeChat gets, with our own pictures in them."""
    content = composing.for_screen(text.body, pictures).html
    context = {"text": text, "content": content, "account": text.official_account, "policy": CONTENT_POLICY}
    return render_to_string("articles/frame.html", context)


def _small(picture: MediaFile) -> io.BytesIO:
    with picture.file.open("rb") as file, Image.open(file) as image:
        image.draft("RGB", (SMALL_EDGE, SMALL_EDGE))
        small = image.convert("RGB")
    small.thumbnail((SMALL_EDGE, SMALL_EDGE))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    out.seek(0)
    return out
