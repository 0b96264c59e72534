"""The draft box (§5.1, §5.2)."""

from typing import Any

from wxportal.sandbox import content, shapes
from wxportal.sandbox.account import Draft
from wxportal.sandbox.api.material import page_bounds, permanent
from wxportal.sandbox.calls import Call, Need, Refused, api, integer, ok

MOST_ARTICLES = 8
MOST_PICTURES = 20  # of a picture message
TITLE, DIGEST = 32, 128  # characters
SOURCE_URL_BYTES = 1024
KEPT = ("author", "content_source_url", "need_open_comment", "only_fans_can_comment", "pic_crop_235_1", "pic_crop_1_1")


@api("POST", "/cgi-bin/draft/add", need=Need.NOT_LAPSED, daily=1_000)
def add(call: Call) -> dict[str, Any]:
    articles = call.data().get("articles")
    if not isinstance(articles, list) or not articles:
        raise Refused(44003)
    if len(articles) > MOST_ARTICLES:
        raise Refused(45008)
    kept = [_article(call, article, alone=len(articles) == 1) for article in articles]
    media_id = shapes.media_id()
    call.record("draft.saved", media_id=media_id, articles=kept)
    return {"media_id": media_id}


@api("POST", "/cgi-bin/draft/update", need=Need.NOT_LAPSED, daily=1_000)
def update(call: Call) -> dict[str, Any]:
    """``articles`` is one object here, and ``index`` counts from 0."""
    data = call.data()
    draft = draft_of(call, data.get("media_id"))
    index = integer(data.get("index", 0), 40114)
    if not 0 <= index < len(draft.articles):
        raise Refused(40114)
    changed = list(draft.articles)
    changed[index] = _article(call, data.get("articles"), alone=len(changed) == 1)
    call.record("draft.saved", media_id=draft.media_id, articles=changed)
    return ok()


@api("POST", "/cgi-bin/draft/get", need=Need.NOT_LAPSED, daily=500)
def get(call: Call) -> dict[str, Any]:
    return _content(call, draft_of(call, call.data().get("media_id")))


@api("POST", "/cgi-bin/draft/delete", need=Need.NOT_LAPSED, daily=1_000)
def delete(call: Call) -> dict[str, Any]:
    call.record("draft.deleted", media_id=draft_of(call, call.data().get("media_id")).media_id)
    return ok()


@api("GET", "/cgi-bin/draft/count", need=Need.NOT_LAPSED, daily=1_000)
def count(call: Call) -> dict[str, Any]:
    return {"total_count": len(call.account.drafts)}


@api("POST", "/cgi-bin/draft/batchget", need=Need.NOT_LAPSED, daily=1_000)
def list_page(call: Call) -> dict[str, Any]:
    data = call.data()
    offset, size = page_bounds(data)
    bare = data.get("no_content") == 1
    shown = list(reversed(call.account.drafts.values()))[offset : offset + size]
    items = [
        {"media_id": d.media_id, "content": _content(call, d, bare=bare), "update_time": int(d.updated)} for d in shown
    ]
    return {"total_count": len(call.account.drafts), "item_count": len(items), "item": items}


def draft_of(call: Call, media_id: Any) -> Draft:
    """Raises Refused 40007 for a draft that is unknown, foreign, deleted or already sent."""
    draft = call.account.drafts.get(str(media_id))
    if draft is None:
        raise Refused(40007)
    return draft


def _content(call: Call, draft: Draft, *, bare: bool = False) -> dict[str, Any]:
    items = []
    for index, article in enumerate(draft.articles):
        shown = {key: value for key, value in article.items() if not (bare and key == "content")}
        cover = call.account.media.get(article.get("thumb_media_id", ""))
        # WeChat's link is a temporary preview on its own host; the sandbox's copy is /_sandbox/draft/<id>/<index>.
        url = f"https://mp.weixin.qq.com/s?tempkey={draft.media_id}_{index}"
        items.append({**shown, "thumb_url": cover.url if cover else "", "url": url})
    return {"news_item": items, "create_time": int(draft.created), "update_time": int(draft.updated)}


def _article(call: Call, article: Any, *, alone: bool) -> dict[str, Any]:
    """One article as WeChat keeps it, or Refused with the code of its first fault."""
    if not isinstance(article, dict):
        raise Refused(44003)
    _check_words(call, article)
    kept = {key: article[key] for key in KEPT if key in article}
    kept |= {"article_type": article.get("article_type", "news"), "title": article["title"]}
    if kept["article_type"] == "newspic":
        return {**kept, "content": article.get("content", ""), "image_info": _pictures(call, article)}
    if kept["article_type"] != "news":
        raise Refused(40008)
    cover = article.get("thumb_media_id")
    if not cover:
        raise Refused(40229)
    if permanent(call, cover).type not in ("image", "thumb"):
        raise Refused(40007)
    text = content.stripped(article["content"])
    digest = article.get("digest") or (content.first_words(text) if alone else "")
    return {**kept, "digest": digest, "content": text, "thumb_media_id": cover, "show_cover_pic": 0}


def _check_words(call: Call, article: dict[str, Any]) -> None:
    """Raises Refused 45003 title, 45110 author, 45004 digest, 44003 no content, 45002 content, 41039 source."""
    texts = {key: article.get(key) or "" for key in ("title", "author", "digest", "content", "content_source_url")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise Refused(47001)
    if not 0 < len(texts["title"].strip()) <= len(texts["title"]) <= TITLE:
        raise Refused(45003)
    if len(texts["author"]) > call.account.manner.author_limit:
        raise Refused(45110)
    if len(texts["digest"]) > DIGEST:
        raise Refused(45004)
    if not texts["content"].strip() and article.get("article_type") != "newspic":
        raise Refused(44003)
    if len(texts["content"]) >= content.MOST_CHARACTERS or len(texts["content"].encode()) >= content.MOST_BYTES:
        raise Refused(45002)
    source = texts["content_source_url"]
    if source and (not source.startswith(("http://", "https://")) or len(source.encode()) > SOURCE_URL_BYTES):
        raise Refused(41039)


def _pictures(call: Call, article: dict[str, Any]) -> dict[str, Any]:
    """The pictures of a picture message. Raises Refused 40215 (none or more than 20), 40007."""
    info = article.get("image_info")
    listed = info.get("image_list") if isinstance(info, dict) else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_PICTURES:
        raise Refused(40215)
    for picture in listed:
        permanent(call, picture.get("image_media_id") if isinstance(picture, dict) else None)
    return {"image_list": [{"image_media_id": picture["image_media_id"]} for picture in listed]}
