"""Request bodies: JSON as WeChat reads it, and its multipart uploads."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

JSON = "application/json; charset=utf-8"

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# How a file begins -> its type and the ending WeChat expects.
_BEGINNINGS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", "jpg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", "png"),
    (re.compile(rb"GIF8[79]a"), "image/gif", "gif"),
    (re.compile(rb"BM"), "image/bmp", "bmp"),
    (re.compile(rb"#!AMR"), "audio/amr", "amr"),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), "audio/mpeg", "mp3"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav", "wav"),
    (re.compile(rb"....ftyp", re.DOTALL), "video/mp4", "mp4"),
)


def encoded(value: Mapping[str, Any]) -> bytes:
    r"""Return raw UTF-8 JSON: WeChat does not decode ``\uXXXX`` reliably. Raises ValueError, TypeError."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def upload(filename: str, content: bytes, fields: Mapping[str, str] | None = None) -> tuple[bytes, str]:
    """Return the body and content type of an upload: the file in ``media``, texts in ``fields``.

    The file's name is always plain ASCII: for another one HTTP libraries write
    ``filename*=``, which WeChat does not read (41005). Raises ValueError for an
    empty file.
    """
    if not content:
        raise ValueError("the file is empty")
    kind, ending = kind_of(content)
    name = filename if _PLAIN_NAME.fullmatch(filename) else f"media.{ending}"
    boundary = secrets.token_hex(16)  # 128 random bits: no file contains it
    parts = [_part(boundary, f'name="{key}"', value.encode()) for key, value in (fields or {}).items()]
    parts.append(_part(boundary, f'name="media"; filename="{name}"', content, kind))
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def kind_of(content: bytes) -> tuple[str, str]:
    """Return the content type and the name's ending, by how the file begins."""
    for beginning, kind, ending in _BEGINNINGS:
        if beginning.match(content):
            return kind, ending
    return "application/octet-stream", "bin"


def _part(boundary: str, disposition: str, content: bytes, kind: str = "") -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n"
    if kind:
        head += f"Content-Type: {kind}\r\n"
    return f"{head}\r\n".encode() + content + b"\r\n"
