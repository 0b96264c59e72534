"""Bring articles into WeChat's draft box. Nobody is notified and no quota is used.

Each picture goes to WeChat once per account and use: pictures of a text by
``uploadimg``, covers as permanent material. What was stored stays stored, so a
push that broke off in the middle goes on where it stopped. Nothing here may
run inside a transaction: every step is a call to WeChat.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.clock import now_for
from accounts.models import OfficialAccount, User
from articles import composing
from articles.composing import Pictures
from articles.models import DraftPush, MediaFile, Revision
from articles.models.media import HOME_LENGTH
from articles.themes import CALM
from wxportal.wechat import drafts, media
from wxportal.wechat.client import Client
from wxportal.wechat.drafts import ArticlePayload
from wxportal.wechat.errors import Refused

UNKNOWN_MEDIA = 40007  # the errcode of a media_id that is gone: a used draft, a cover deleted in the console


class NotReady(ValueError):
    """An article lacks what WeChat asks for; the checks beside the editor say what."""


@dataclass(frozen=True)
class Copies:
    """What WeChat has of these revisions' pictures: those of the texts by digest, covers by primary key."""

    pictures: Pictures
    covers: Mapping[int, MediaFile]


def make_draft(client: Client, official_account: OfficialAccount, revisions: Sequence[Revision]) -> str:
    """Make a draft of one to eight revisions, in this order, and return its media_id.

    Uploads what WeChat does not have yet. Raises NotReady, WeChatError. A call whose outcome is unknown
    may have left a draft; nobody sees it.
    """
    try:
        return drafts.add(client, article_payloads(client, official_account, revisions))
    except Refused as exc:
        if exc.errcode != UNKNOWN_MEDIA:
            raise
    # Somebody deleted a cover in WeChat's console: our copy is still here, so it goes up once more.
    _forget_covers(revisions)
    return drafts.add(client, article_payloads(client, official_account, revisions))


def push_draft(client: Client, revision: Revision, *, by: User | None = None) -> DraftPush:
    """Put one article into the draft box, over the draft it already has there, and note where.

    Raises NotReady, WeChatError.
    """
    account = revision.article.official_account
    known = DraftPush.objects.filter(article=revision.article).first()
    media_id = known.media_id if known and _replaced(client, known.media_id, revision) else ""
    media_id = media_id or make_draft(client, account, [revision])
    noted = {"revision": revision, "media_id": media_id, "pushed_at": now_for(account), "pushed_by": by}
    push, _made = DraftPush.objects.update_or_create(article=revision.article, defaults=noted)
    return push


def article_payloads(
    client: Client, official_account: OfficialAccount, revisions: Sequence[Revision]
) -> list[ArticlePayload]:
    """Return the articles as WeChat takes them, after uploading their pictures. Raises NotReady, WeChatError."""
    if any(revision.article.official_account_id != official_account.pk for revision in revisions):
        raise ValueError("an article goes out through its own account only")
    copies = ensure_pictures(client, official_account, revisions)
    return [_payload(revision, copies) for revision in revisions]


def ensure_pictures(client: Client, official_account: OfficialAccount, revisions: Sequence[Revision]) -> Copies:
    """Upload the pictures WeChat does not have yet, each once, and return all of them. Raises WeChatError."""
    _forget_copies_elsewhere(official_account)
    pictures = composing.pictures_of(official_account, [revision.body for revision in revisions])
    covers = MediaFile.objects.in_bulk({revision.cover_id for revision in revisions if revision.cover_id})
    for picture in pictures.values():
        if not picture.wechat_url:
            picture.wechat_url = media.upload_article_image(client, _filename(picture), _content(picture))
            picture.save(update_fields=["wechat_url"])
    for cover in covers.values():
        if not cover.wechat_media_id:
            cover.wechat_media_id = media.add_material(client, "image", _filename(cover), _content(cover)).media_id
            cover.save(update_fields=["wechat_media_id"])
    return Copies(pictures, covers)


def content_fingerprint(revisions: Sequence[Revision]) -> str:
    """Return the digest of what these revisions say and show; it changes with any word, picture, option or the theme.

    No id of WeChat and none of ours goes in, so a draft made again, or a restored database, gives the same.
    """
    content = [CALM.digest, *(_said(revision) for revision in revisions)]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _said(revision: Revision) -> dict[str, str | bool]:
    return {
        "title": revision.title,
        "author": revision.author,
        "digest": revision.digest,
        "body": revision.body,
        "cover": revision.cover.sha256 if revision.cover else "",
        "source_url": revision.source_url,
        "need_open_comment": revision.need_open_comment,
        "only_fans_can_comment": revision.only_fans_can_comment,
    }


def _payload(revision: Revision, copies: Copies) -> ArticlePayload:
    content = composing.for_wechat(revision.body, copies.pictures).html
    cover = copies.covers.get(revision.cover_id or 0)
    if cover is None or not content or not revision.title.strip():
        raise NotReady(f"revision {revision.pk} lacks a title, a text or a cover")
    return ArticlePayload(
        title=revision.title,
        content=content,
        thumb_media_id=cover.wechat_media_id,
        author=revision.author,
        digest=revision.digest,
        content_source_url=revision.source_url,
        need_open_comment=revision.need_open_comment,
        only_fans_can_comment=revision.only_fans_can_comment,
    )


def _replaced(client: Client, media_id: str, revision: Revision) -> bool:
    """Write ``revision`` over the draft; False where the draft is gone: sent, published or deleted."""
    (payload,) = article_payloads(client, revision.article.official_account, [revision])
    try:
        drafts.update(client, media_id, 0, payload)
    except Refused as exc:
        if exc.errcode != UNKNOWN_MEDIA:
            raise
        return False
    return True


def _forget_covers(revisions: Sequence[Revision]) -> None:
    covers = {revision.cover_id for revision in revisions if revision.cover_id}
    MediaFile.objects.filter(pk__in=covers).update(wechat_media_id="")


def _forget_copies_elsewhere(official_account: OfficialAccount) -> None:
    """Forget addresses and ids that another WeChat gave: the sandbox's mean nothing to the real one."""
    where = f"{official_account.base_url} {official_account.appid}"
    home = hashlib.sha256(where.encode()).hexdigest()[:HOME_LENGTH]
    strangers = MediaFile.objects.filter(official_account=official_account).exclude(wechat_home=home)
    strangers.update(wechat_url="", wechat_media_id="", wechat_home=home)


def _filename(picture: MediaFile) -> str:
    """Return a plain ASCII name with the right ending: WeChat looks at both."""
    return f"{picture.sha256[:16]}.{'png' if picture.content_type == 'image/png' else 'jpg'}"


def _content(picture: MediaFile) -> bytes:
    with picture.file.open("rb") as file:
        content: bytes = file.read()
    return content
