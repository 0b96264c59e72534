"""Uploads as WeChat reads them: strict where WeChat is, and that is in the file's name.

A part is a file only when it says ``filename=``. HTTP libraries write
``filename*=`` for a name that is not ASCII, and WeChat does not see the file (§4.1).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_NAME = re.compile(rb'\bname="([^"]*)"')
_FILENAME = re.compile(rb'\bfilename="([^"]*)"')  # never filename*=


@dataclass(frozen=True)
class Part:
    name: str
    filename: str | None
    content: bytes


def parts(headers: Mapping[str, str], body: bytes) -> dict[str, Part]:
    """The parts of a multipart body by field name; empty when it is no multipart body."""
    found = _BOUNDARY.search(headers.get("content-type", ""))
    if not found or not headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return {}
    delimiter = b"\r\n--" + found[1].encode("latin-1")
    pieces = (b"\r\n" + body).split(delimiter)[1:]
    parsed = (_part(piece) for piece in pieces if not piece.startswith(b"--"))
    return {part.name: part for part in parsed if part}


def _part(piece: bytes) -> Part | None:
    head, blank, content = piece.partition(b"\r\n\r\n")
    name, filename = _NAME.search(head), _FILENAME.search(head)
    if not blank or not name:
        return None
    shown = filename[1].decode("utf-8", "replace") if filename else None
    return Part(name[1].decode("utf-8", "replace"), shown, content)
