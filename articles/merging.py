"""Two people wrote at once: what each changed, and a text that loses neither.

Fields only one of them touched are merged; where both touched the same field
the writer's own words stay in the form and the other's are shown beside it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from articles.models import Revision
from articles.models.article import TEXT_FIELDS, ArticleText

BLOCK_END = re.compile(r"</(?:p|h[2-4]|li|blockquote|pre|figure|figcaption|tr)>|<(?:hr|br)>")
PICTURE = re.compile(r"<img[^>]*>")
ANY_TAG = re.compile(r"<[^>]*>")
PICTURE_WORD: Promise = _("[picture]")


@dataclass(frozen=True)
class Line:
    """One paragraph of a comparison; ``kind`` is same, added or removed."""

    kind: str
    text: str


@dataclass(frozen=True)
class Difference:
    """What the other person changed in one field; ``both`` when the writer changed it too."""

    label: str
    both: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Merge:
    """``fields`` is what to put back into the form: the writer's own, and the other's where only they changed it."""

    fields: dict[str, Any]
    differences: tuple[Difference, ...]


def merge(base: Revision | None, theirs: Revision, mine: Mapping[str, Any]) -> Merge:
    """Compare what the writer wants to save with what was saved meanwhile; without a base, everything differs."""
    fields, differences = dict(mine), []
    for name in TEXT_FIELDS:
        before, now, wanted = getattr(base, name, None), getattr(theirs, name), mine.get(name)
        if now in (before, wanted):
            continue
        both = wanted != before
        if not both:
            fields[name] = now
        differences.append(Difference(_label(name), both, tuple(_compared(name, before, now))))
    return Merge(fields, tuple(differences))


def _label(name: str) -> str:
    return str(ArticleText._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a column, no relation


def _compared(name: str, before: Any, now: Any) -> Iterator[Line]:
    old, new = _paragraphs(name, before), _paragraphs(name, now)
    for word, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if word == "equal":
            continue
        yield from (Line("removed", text) for text in old[old_start:old_end])
        yield from (Line("added", text) for text in new[new_start:new_end])


def _paragraphs(name: str, value: Any) -> list[str]:
    """Return the text of a field as people read it, a line for each paragraph."""
    if value in (None, "", False):
        return []
    if name != "body":
        return [str(value)] if value is not True else [str(_("yes"))]
    words = PICTURE.sub(str(PICTURE_WORD), BLOCK_END.sub("\n", value))
    lines = (unescape(ANY_TAG.sub("", line)).strip() for line in words.split("\n"))
    return [line for line in lines if line]
