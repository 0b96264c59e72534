"""Lists of openids: their shape, checked before anything is sent, and the pages WeChat gives of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wxportal.wechat import answers


@dataclass(frozen=True)
class FollowerPage:
    """One page. ``total`` is all there are, ``count`` what WeChat says is here, ``next_openid`` where the next begins.

    The list ends when ``count`` is 0 or ``next_openid`` is empty. WeChat gives
    no order and no snapshot: expect doubles and gaps.
    """

    total: int
    count: int
    openids: list[str]
    next_openid: str


def page_of(payload: Mapping[str, Any]) -> FollowerPage:
    """Return the page in an answer. ``data`` is absent in an empty page."""
    openids = answers.texts(answers.inner(payload, "data"), "openid")
    count = answers.number(payload, "count")
    next_openid = answers.text_or_empty(payload, "next_openid")
    return FollowerPage(answers.number_or_zero(payload, "total"), count, openids, next_openid)


def checked(openids: Sequence[str], *, most: int, least: int = 1) -> list[str]:
    """Return the list. Raises ValueError when it is too short or long, TypeError when it is no list of texts."""
    if isinstance(openids, str) or not all(isinstance(openid, str) and openid for openid in openids):
        raise TypeError("a list of openids is needed")
    if not least <= len(openids) <= most:
        raise ValueError(f"{least} to {most} openids are needed, not {len(openids)}")
    return list(openids)
