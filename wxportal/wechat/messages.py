"""What can be sent to many: each message as the JSON object WeChat wants.

The key of the object differs from the msgtype for pictures, and again between
a mass send (`images`, several) and a preview (`image`, one).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wxportal.wechat import limits


class Message(Protocol):
    """Anything that can be sent to many."""

    def payload(self) -> dict[str, Any]:
        """Return msgtype and object for a mass send."""

    def preview_payload(self) -> dict[str, Any]:
        """Return msgtype and object for a preview."""


@dataclass(frozen=True)
class Mpnews:
    """The articles of a draft. A successful send uses the draft up; a preview does not."""

    media_id: str

    def payload(self) -> dict[str, Any]:
        """Return the object for a mass send. Raises ValueError without an id."""
        return {"msgtype": "mpnews", "mpnews": {"media_id": _id(self.media_id)}}

    def preview_payload(self) -> dict[str, Any]:
        """Return the object for a preview: the same."""
        return self.payload()


@dataclass(frozen=True)
class Text:
    """Plain text; links (``<a href>``) are allowed."""

    content: str

    def payload(self) -> dict[str, Any]:
        """Return the object for a mass send. Raises ValueError for an empty text."""
        if not self.content.strip():
            raise ValueError("the text is empty")
        return {"msgtype": "text", "text": {"content": self.content}}

    def preview_payload(self) -> dict[str, Any]:
        """Return the object for a preview: the same."""
        return self.payload()


@dataclass(frozen=True)
class Voice:
    """A permanent recording."""

    media_id: str

    def payload(self) -> dict[str, Any]:
        """Return the object for a mass send. Raises ValueError without an id."""
        return {"msgtype": "voice", "voice": {"media_id": _id(self.media_id)}}

    def preview_payload(self) -> dict[str, Any]:
        """Return the object for a preview: the same."""
        return self.payload()


@dataclass(frozen=True)
class Images:
    """1 to 20 permanent pictures, with a recommendation and a title."""

    media_ids: Sequence[str]
    recommend: str = ""
    title: str = ""
    need_open_comment: bool = False
    only_fans_can_comment: bool = False

    def payload(self) -> dict[str, Any]:
        """Return the object for a mass send: msgtype ``image``, object ``images``. Raises ValueError."""
        optional = {"recommend": self.recommend, "title": self.title}
        images = {
            "media_ids": self._checked_ids(),
            **{name: value for name, value in optional.items() if value},
            "need_open_comment": int(self.need_open_comment),
            "only_fans_can_comment": int(self.only_fans_can_comment),
        }
        return {"msgtype": "image", "images": images}

    def preview_payload(self) -> dict[str, Any]:
        """Return the object for a preview, which shows the first picture only: object ``image``. Raises ValueError."""
        return {"msgtype": "image", "image": {"media_id": self._checked_ids()[0]}}

    def _checked_ids(self) -> list[str]:
        if isinstance(self.media_ids, str) or not 1 <= len(self.media_ids) <= limits.MASS_PICTURES:
            raise ValueError(f"1 to {limits.MASS_PICTURES} pictures are needed")
        return [_id(media_id) for media_id in self.media_ids]


def _id(media_id: str) -> str:
    if not isinstance(media_id, str) or not media_id:
        raise ValueError("a media_id is needed")
    return media_id
