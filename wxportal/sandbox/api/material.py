"""Permanent material: the library of an account (§4.3)."""

import json
from typing import Any

from wxportal.sandbox import pictures
from wxportal.sandbox.account import Media
from wxportal.sandbox.api.media import add, binary, file_part
from wxportal.sandbox.calls import Call, Refused, Result, api, integer, ok
from wxportal.sandbox.multipart import parts

KINDS = ("image", "voice", "video", "news")
MOST_ON_A_PAGE = 20


@api("POST", "/cgi-bin/material/add_material")
def add_material(call: Call) -> dict[str, Any]:
    """An image also gets an address, which articles may use."""
    kind, part = call.request.query.get("type", ""), file_part(call)
    form = pictures.check(kind, part.content, pictures.PERMANENT)
    words = _video_words(call) if kind == "video" else {}
    media = add(call, "permanent", kind, part, form if kind in ("image", "thumb") else "", **words)
    return {"media_id": media["media_id"], **({"url": media["url"]} if media["url"] else {}), "item": []}


def _video_words(call: Call) -> dict[str, str]:
    """Title and introduction from the form field ``description``. Raises Refused 47001."""
    part = parts(call.request.headers, call.request.body).get("description")
    try:
        words = json.loads(part.content) if part else {}
    except ValueError:
        raise Refused(47001) from None
    return {key: str(words.get(key, "")) for key in ("title", "introduction")}


@api("POST", "/cgi-bin/material/get_material")
def get(call: Call) -> Result:
    wanted = str(call.data().get("media_id", ""))
    if draft := call.account.drafts.get(wanted):
        return {"news_item": draft.articles, "create_time": int(draft.created), "update_time": int(draft.updated)}
    media = permanent(call, wanted)
    if media.type == "video":
        url = f"{call.request.base}/_sandbox/blob/{media.blob}"
        return {"title": media.title, "description": media.introduction, "down_url": url}
    return binary(call, media)


@api("POST", "/cgi-bin/material/del_material")
def delete(call: Call) -> dict[str, Any]:
    call.record("media.deleted", media_id=permanent(call, call.data().get("media_id")).media_id)
    return ok()


@api("GET", "/cgi-bin/material/get_materialcount")
def count(call: Call) -> dict[str, Any]:
    numbers = {f"{kind}_count": len(_library(call, kind)) for kind in ("voice", "video", "image")}
    return {**numbers, "news_count": 0}


@api("POST", "/cgi-bin/material/batchget_material")
def list_page(call: Call) -> dict[str, Any]:
    data = call.data()
    if data.get("type") not in KINDS:
        raise Refused(40004)
    library = _library(call, data["type"])
    offset, size = page_bounds(data)
    shown = library[offset : offset + size]
    items = [
        {"media_id": m.media_id, "name": m.name, "update_time": int(m.created), **({"url": m.url} if m.url else {})}
        for m in shown
    ]
    return {"total_count": len(library), "item_count": len(items), "item": items}


def page_bounds(data: dict[str, Any]) -> tuple[int, int]:
    """Offset and count of a page. Raises Refused 40097 outside 0… and 1…20."""
    offset, size = integer(data.get("offset"), 40097), integer(data.get("count"), 40097)
    if offset < 0 or not 1 <= size <= MOST_ON_A_PAGE:
        raise Refused(40097)
    return offset, size


def permanent(call: Call, media_id: Any) -> Media:
    """Raises Refused 40007 for what is not in this account's library."""
    media = call.account.media.get(str(media_id))
    if media is None or media.life != "permanent":
        raise Refused(40007)
    return media


def _library(call: Call, kind: str) -> list[Media]:
    """The newest first."""
    return [m for m in reversed(call.account.media.values()) if m.life == "permanent" and m.type == kind]
