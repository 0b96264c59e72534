"""From an HTTP answer to a value or an error: WeChat's yes, its no, and what is neither.

Success is "no errcode, or errcode 0"; HTTP says nothing about it. The declared
charset is wrong at times: bodies are UTF-8. What must be there and is not
makes the answer unreadable, and an unreadable answer is no "no".
"""

import json
from collections.abc import Mapping
from typing import Any

from wxportal.wechat.errors import ServerTrouble, UnreadableAnswer, error_for
from wxportal.wechat.transport import Answer

Payload = dict[str, Any]


def payload_of(answer: Answer, api_path: str) -> Payload:
    """Return the JSON object of a successful answer. Raises ApiError, ServerTrouble, UnreadableAnswer."""
    check_status(answer)
    payload = json_object(answer.body)
    if payload is None:
        raise UnreadableAnswer(f"HTTP {answer.status} without a JSON object")
    check_errcode(payload, api_path)
    return payload


def check_status(answer: Answer) -> None:
    """Raise ServerTrouble for 5xx and UnreadableAnswer for redirects: WeChat's own failures come with 200."""
    if answer.status >= 500:
        raise ServerTrouble(answer.status)
    if 300 <= answer.status < 400:
        raise UnreadableAnswer(f"HTTP {answer.status}: a redirect is not followed")


def json_object(body: bytes) -> Payload | None:
    """Return the JSON object in ``body``, None when there is none. Integers keep all their digits."""
    try:
        # Control characters and half characters inside texts were seen; they must not hide an errcode.
        value = json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def check_errcode(payload: Payload, api_path: str) -> None:
    """Raise the ApiError of a refusal. The errcode may be a text of digits."""
    if "errcode" not in payload:
        return
    errcode = _integer(payload["errcode"])
    if errcode is None:
        raise UnreadableAnswer("an errcode that is no number")
    if errcode != 0:
        raise error_for(errcode, str(payload.get("errmsg", "")), api_path, payload)


def text(payload: Mapping[str, Any], name: str) -> str:
    """Return a text that must be there and not be empty. Raises UnreadableAnswer."""
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableAnswer(f"an answer without {name}")
    return value


def text_or_empty(payload: Mapping[str, Any], name: str) -> str:
    """Return a text, empty where there is none."""
    value = payload.get(name)
    return "" if value is None else str(value)


def number(payload: Mapping[str, Any], name: str) -> int:
    """Return an integer that must be there, possibly as a text of digits. Raises UnreadableAnswer."""
    value = _integer(payload.get(name))
    if value is None:
        raise UnreadableAnswer(f"an answer without {name}")
    return value


def number_or_none(payload: Mapping[str, Any], name: str) -> int | None:
    """Return an integer, None where there is none."""
    return _integer(payload.get(name))


def number_or_zero(payload: Mapping[str, Any], name: str) -> int:
    """Return an integer, 0 where there is none."""
    return _integer(payload.get(name)) or 0


def inner(payload: Mapping[str, Any], name: str) -> Payload:
    """Return an object inside the answer, an empty one where there is none."""
    value = payload.get(name)
    return value if isinstance(value, dict) else {}


def objects(payload: Mapping[str, Any], name: str) -> list[Payload]:
    """Return a list of objects, an empty one where there is none."""
    value = payload.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(payload: Mapping[str, Any], name: str) -> list[str]:
    """Return a list of texts, an empty one where there is none."""
    value = payload.get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def numbers(payload: Mapping[str, Any], name: str) -> list[int]:
    """Return a list of integers, an empty one where there is none."""
    value = payload.get(name)
    return [one for one in map(_integer, value) if one is not None] if isinstance(value, list) else []


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) <= 20:
        return int(value)
    return None
