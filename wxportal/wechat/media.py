"""Pictures, recordings and videos: for three days, for good, or inside an article.

File names never matter to readers and always go out in plain ASCII.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from wxportal.wechat import answers, limits
from wxportal.wechat.client import Client, Download

Kind = Literal["image", "voice", "video", "thumb"]
ListedKind = Literal["image", "voice", "video", "news"]


@dataclass(frozen=True)
class TemporaryMedia:
    """A file WeChat keeps for 72 hours from ``created_at`` (unix seconds). Not for drafts or mass sends."""

    media_id: str
    kind: str
    created_at: int


@dataclass(frozen=True)
class Material:
    """A permanent file; ``url`` only for pictures, and only good inside WeChat."""

    media_id: str
    url: str = ""


@dataclass(frozen=True)
class MaterialCount:
    """How much the library holds, what people uploaded in the console included."""

    voice: int
    video: int
    image: int
    news: int


@dataclass(frozen=True)
class ListedMaterial:
    """A line of the library; ``update_time`` is unix seconds, ``raw`` the whole of it."""

    media_id: str
    name: str
    update_time: int
    url: str
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class MaterialPage:
    """Some lines of the library; ``total`` is all there are."""

    total: int
    items: list[ListedMaterial]


def upload_temporary(client: Client, kind: Kind, filename: str, content: bytes) -> TemporaryMedia:
    """Upload a file for three days; 5,000 calls a day (a newer page: 100,000).

    Raises Refused (40004, 40005 format, 40006, 40009, 45001 size, 44001 empty, 41005), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/material/temporary/api_uploadtempmedia.html
    """
    _check_size(content, limits.TEMPORARY_MEDIA_BYTES[kind])
    payload = client.upload("/cgi-bin/media/upload", filename, content, query={"type": kind})
    # A thumb's id comes under a name of its own.
    name = "thumb_media_id" if "thumb_media_id" in payload else "media_id"
    return TemporaryMedia(answers.text(payload, name), kind, answers.number_or_zero(payload, "created_at"))


def download_temporary(client: Client, media_id: str) -> Download:
    """Fetch a temporary file, also a follower's; for a video ``payload["video_url"]``. 10,000 calls a day.

    Raises Refused (40007 gone or unknown, 41006), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/material/temporary/api_getmedia.html
    """
    return client.download("/cgi-bin/media/get", {"media_id": media_id})


def add_material(
    client: Client, kind: Kind, filename: str, content: bytes, *, title: str = "", introduction: str = ""
) -> Material:
    """Put a file into the library for good; ``title`` and ``introduction`` are a video's.

    Raises Refused (40004, 40005, 40006, 40009, 45001), OperatorNeeded (45034, 45074 library full),
    WeChatError, ValueError. A call whose outcome is unknown may have left a copy.

    Source: developers.weixin.qq.com/doc/subscription/api/material/permanent/api_addmaterial.html
    """
    _check_size(content, limits.MATERIAL_BYTES[kind])
    description = json.dumps({"title": title, "introduction": introduction}, ensure_ascii=False)
    fields = {"description": description} if kind == "video" else None
    payload = client.upload("/cgi-bin/material/add_material", filename, content, query={"type": kind}, fields=fields)
    return Material(answers.text(payload, "media_id"), answers.text_or_empty(payload, "url"))


def download_material(client: Client, media_id: str) -> Download:
    """Fetch a permanent file; for news and videos the ``payload``. Raises Refused (40007), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/material/permanent/api_getmaterial.html
    """
    return client.download("/cgi-bin/material/get_material", json={"media_id": media_id})


def delete_material(client: Client, media_id: str) -> None:
    """Delete a permanent file. Raises Refused (40007 unknown, 48005 and 45060 in use), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/material/permanent/api_delmaterial.html
    """
    client.post("/cgi-bin/material/del_material", {"media_id": media_id})


def material_count(client: Client) -> MaterialCount:
    """Return how much the library holds. Raises WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/material/permanent/api_getmaterialcount.html
    """
    payload = client.get("/cgi-bin/material/get_materialcount")
    counts = [answers.number_or_zero(payload, f"{kind}_count") for kind in ("voice", "video", "image", "news")]
    return MaterialCount(*counts)


def list_material(client: Client, kind: ListedKind, offset: int = 0, count: int = limits.LIST_PAGE) -> MaterialPage:
    """Return 1 to 20 lines of the library from ``offset`` (0 is the newest). Raises WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/material/permanent/api_batchgetmaterial.html
    """
    if offset < 0 or not 1 <= count <= limits.LIST_PAGE:
        raise ValueError(f"a page has 1 to {limits.LIST_PAGE} lines, from 0 on")
    request = {"type": kind, "offset": offset, "count": count}
    payload = client.post("/cgi-bin/material/batchget_material", request)
    items = [_listed(one) for one in answers.objects(payload, "item")]
    return MaterialPage(answers.number(payload, "total_count"), items)


def upload_article_image(client: Client, filename: str, content: bytes) -> str:
    """Upload a jpg or png below 1 MB for the inside of an article and return its URL.

    Only such pictures survive in an article. The URL comes with http:// as
    WeChat gives it. Takes no room in the library.

    Raises Refused (40005 format, 40009 size), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/material/permanent/api_uploadimage.html
    """
    _check_size(content, limits.ARTICLE_IMAGE_BYTES)
    return answers.text(client.upload("/cgi-bin/media/uploadimg", filename, content), "url")


def _check_size(content: bytes, most: int) -> None:
    if len(content) > most:
        raise ValueError(f"the file has more than {most} bytes")


def _listed(payload: Mapping[str, Any]) -> ListedMaterial:
    return ListedMaterial(
        media_id=answers.text(payload, "media_id"),
        name=answers.text_or_empty(payload, "name"),
        update_time=answers.number_or_zero(payload, "update_time"),
        url=answers.text_or_empty(payload, "url"),
        raw=payload,
    )
