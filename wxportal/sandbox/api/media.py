"""Temporary media and pictures inside articles (§4.2, §4.4)."""

from typing import Any

from wxportal.sandbox import pictures, shapes
from wxportal.sandbox.account import TEMPORARY_LIFE, Media
from wxportal.sandbox.calls import Call, Refused, Result, api
from wxportal.sandbox.multipart import Part, parts
from wxportal.sandbox.wire import Answer

PICTURE_HOST = "http://mmbiz.qpic.cn"  # WeChat's own; the sandbox shows these pictures under /_sandbox/mmbiz/


@api("POST", "/cgi-bin/media/upload", daily=100_000)
def upload(call: Call) -> dict[str, Any]:
    kind, part = call.request.query.get("type", ""), file_part(call)
    pictures.check(kind, part.content, pictures.TEMPORARY)
    media = add(call, "temporary", kind, part)
    key = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, key: media["media_id"], "created_at": int(call.now)}


@api("GET", "/cgi-bin/media/get", daily=200_000)
def download(call: Call) -> Result:
    """The bytes; JSON for a video and for an error, with status 200 in every case."""
    media = call.account.media.get(call.request.query.get("media_id", ""))
    if "media_id" not in call.request.query:
        raise Refused(41006)
    if media is None or media.life != "temporary" or media.created + TEMPORARY_LIFE <= call.now:
        raise Refused(40007)
    if media.type == "video":
        return {"video_url": f"{call.request.base}/_sandbox/blob/{media.blob}"}
    return binary(call, media)


@api("POST", "/cgi-bin/media/uploadimg")
def upload_inline(call: Call) -> dict[str, Any]:
    """A picture for an article: jpg or png below 1 MB; no media_id, only an address on WeChat's host."""
    part = file_part(call)
    form = pictures.check_inline(part.content)
    return {"url": add(call, "inline", "image", part, form)["url"]}


def file_part(call: Call) -> Part:
    """The part ``media``. Raises Refused 41005 when there is none with a ``filename=``."""
    part = parts(call.request.headers, call.request.body).get("media")
    if part is None or not part.filename:
        raise Refused(41005)
    return part


def add(call: Call, life: str, kind: str, part: Part, form: str = "", **more: str) -> dict[str, Any]:
    """Keep an upload; pictures that may appear in articles (``form`` is given) get an address."""
    url = f"{PICTURE_HOST}/mmbiz_{form}/{shapes.article_key()}/0" if form else ""
    media = {
        "media_id": shapes.media_id(),
        "life": life,
        "type": kind,
        "blob": call.world.keep(part.content),
        "name": part.filename,
        "size": len(part.content),
        "url": url,
        "created": call.now,
        **more,
    }
    call.record("media.added", media=media)
    return media


def binary(call: Call, media: Media) -> Answer:
    content = call.world.blob(media.blob)
    form = pictures.format_of(content)
    name = f"{media.media_id}.{'jpg' if form == 'jpeg' else form}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Answer(content, type=pictures.content_type(content), headers=disposition)
