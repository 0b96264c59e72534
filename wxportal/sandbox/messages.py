"""The body of a mass message: what may be sent, and what the follower will see of it (§6.2, §6.5)."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from wxportal.sandbox.account import Media
from wxportal.sandbox.api.drafts import draft_of
from wxportal.sandbox.api.material import permanent
from wxportal.sandbox.calls import Call, Need, Refused

TEXT_BYTES = 2048  # not published for mass texts; the customer-service limit
MOST_PICTURES = 20
RETIRED = {"wxcard": 45113, "mpvideo": 48022, "video": 48022, "music": 45052}


@dataclass(frozen=True)
class Message:
    """``digest`` is the same for the same content, also when its draft was made anew."""

    summary: dict[str, Any]
    articles: list[dict[str, Any]]
    digest: str
    media_id: str = ""


def checked(call: Call, data: dict[str, Any], *, preview: bool = False) -> Message:
    """The message of a request. Raises Refused with WeChat's code for what cannot be sent."""
    kind = data.get("msgtype")
    if kind in RETIRED:
        raise Refused(RETIRED[kind])
    part = data.get("images" if kind == "image" and not preview else str(kind))
    if kind not in ("mpnews", "text", "voice", "image") or not isinstance(part, dict):
        raise Refused(40008)
    if kind == "mpnews":
        return _news(call, part)
    if kind == "text":
        return _text(part)
    if kind == "voice":
        return _pictured("voice", [_media(call, part.get("media_id"), "voice")], {})
    return _images(call, {"media_ids": [part.get("media_id")]} if preview else part)


def _news(call: Call, part: dict[str, Any]) -> Message:
    if not Need.NOT_LAPSED.met(call.account, call.now):
        raise Refused(48001)
    draft = draft_of(call, part.get("media_id"))
    articles = [_seen(call, article) for article in draft.articles]
    # Without the ids of covers: the same words are the same content, also after another upload.
    words = [[article[key] for key in ("title", "author", "digest", "content")] for article in articles]
    return Message({"kind": "mpnews", "title": articles[0]["title"]}, articles, _digest(words), draft.media_id)


def _seen(call: Call, article: dict[str, Any]) -> dict[str, Any]:
    """What a follower sees of an article; it stays readable after draft and cover are gone."""
    cover_id = article.get("thumb_media_id") or article["image_info"]["image_list"][0]["image_media_id"]
    cover = call.account.media.get(cover_id)
    pictures = [
        call.account.media[picture["image_media_id"]].url
        for picture in article.get("image_info", {}).get("image_list", [])
        if picture["image_media_id"] in call.account.media
    ]
    kept = {key: article.get(key, "") for key in ("title", "author", "digest", "content", "content_source_url")}
    return {**kept, "cover": cover.url if cover else "", "pictures": pictures}


def _text(part: dict[str, Any]) -> Message:
    content = part.get("content")
    if not isinstance(content, str) or not content.strip():
        raise Refused(44004)
    if len(content.encode()) > TEXT_BYTES:
        raise Refused(45002)
    return Message({"kind": "text", "title": content}, [], _digest(content))


def _images(call: Call, part: dict[str, Any]) -> Message:
    ids = part.get("media_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_PICTURES:
        raise Refused(40215)
    return _pictured("image", [_media(call, media_id, "image") for media_id in ids], part)


def _pictured(kind: str, media: list[Media], part: dict[str, Any]) -> Message:
    summary = {
        "kind": kind,
        "title": str(part.get("title") or part.get("recommend") or ""),
        "pictures": [m.url for m in media if kind == "image"],
        "voice": media[0].blob if kind == "voice" else "",
    }
    return Message(summary, [], _digest([m.blob for m in media]))


def _media(call: Call, media_id: Any, kind: str) -> Media:
    """Raises Refused 40128 for temporary media, 40007 unknown, 40121 another kind."""
    known = call.account.media.get(str(media_id))
    if known is not None and known.life == "temporary":
        raise Refused(40128)
    media = permanent(call, media_id)
    if media.type != kind:
        raise Refused(40121)
    return media


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
