"""Requests and answers as values; `server` turns them into sockets and back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json; encoding=utf-8"  # WeChat's own odd spelling: clients must not trust the charset
OCTETS = "application/octet-stream"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    peer: str  # the caller's address
    base: str = ""  # scheme://host:port the caller used


@dataclass
class Answer:
    body: bytes
    status: int = 200
    type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    # What a fault does to the connection: "" sends the answer, "hang_up" closes without it, "cut" sends half of it.
    ending: str = ""
    trickle: float = 0.0  # seconds over which the body is spread


def json_answer(data: Any, status: int = 200) -> Answer:
    """A JSON answer as WeChat writes it: UTF-8, nothing escaped, big ids as plain numbers."""
    return Answer(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(), status)
