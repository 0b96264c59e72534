"""What WeChat would refuse or drop, said while the text is being written.

A check that stops is one WeChat answers with an errcode or by dropping
something silently; a warning is a matter of taste or of readers. Limits come
from ``wxportal.wechat.limits``. Characters are code points, as WeChat's pages
count them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import OfficialAccount
from articles import composing
from articles.models.article import ArticleText
from articles.rendering import Trouble, WeChatHtml
from articles.sanitising import is_web_address
from wxportal.wechat import limits

COVER_WIDTH = 900  # pixels; WeChat shows covers at 2.35 : 1, about 900 × 383
NEARLY_FULL = 0.9  # of WeChat's limit: from here on a writer is warned
SHOWN_SUBJECTS = 3  # addresses named in one line


class Level(StrEnum):
    """How much a check matters."""

    OK = "ok"
    WARN = "warn"
    STOP = "stop"


WEIGHT = {Level.OK: 0, Level.WARN: 1, Level.STOP: 2}


@dataclass(frozen=True)
class Check:
    """One line of the list: ``key`` names the field it is about, ``fix`` the way out."""

    key: str
    level: Level
    text: str
    fix: str = ""


def of(text: ArticleText, official_account: OfficialAccount) -> list[Check]:
    """Return every check of an article or a revision; reads the account's pictures."""
    pictures = composing.pictures_of(official_account, [text.body])
    return of_rendered(text, composing.for_wechat(text.body, pictures))


def of_rendered(text: ArticleText, rendered: WeChatHtml) -> list[Check]:
    """Return every check of ``text``, which was rendered as ``rendered``; no query but for the cover."""
    return [
        _title(text.title),
        _author(text.author),
        _digest(text.digest),
        *_content(rendered),
        _cover(text),
        *_pictures(rendered),
        *_links(rendered),
        *_source(text.source_url),
        *_comments(text),
    ]


def stops(checks: Sequence[Check]) -> list[Check]:
    """Return what has to change before WeChat may see the article."""
    return [check for check in checks if check.level is Level.STOP]


def warnings(checks: Sequence[Check]) -> list[Check]:
    """Return what a writer should look at."""
    return [check for check in checks if check.level is Level.WARN]


def _title(title: str) -> Check:
    if not title.strip():
        return Check("title", Level.STOP, _("The title is empty."), _("WeChat takes no article without one."))
    return _counted("title", _("Title"), len(title), limits.TITLE_CHARACTERS)


def _author(author: str) -> Check:
    if not author:
        return Check("author", Level.OK, _("No author is shown."))
    return _counted("author", _("Author"), len(author), limits.AUTHOR_CHARACTERS)


def _digest(digest: str) -> Check:
    if not digest.strip():
        taken = {"count": limits.DIGEST_TAKEN_FROM_TEXT}
        text = _("No digest: WeChat shows the first %(count)d characters of the text.") % taken
        return Check("digest", Level.WARN, text, _("One sentence that makes people open the article."))
    return _counted("digest", _("Digest"), len(digest), limits.DIGEST_CHARACTERS)


def _counted(key: str, name: str, count: int, most: int) -> Check:
    numbers = {"name": name, "count": f"{count:,}", "most": f"{most:,}"}
    text = _("%(name)s: %(count)s of %(most)s characters.") % numbers
    if count <= most:
        return Check(key, Level.OK, text)
    over = count - most
    fix = ngettext("Shorten it by %(over)s character.", "Shorten it by %(over)s characters.", over)
    return Check(key, Level.STOP, text, fix % {"over": f"{over:,}"})


def _content(rendered: WeChatHtml) -> Iterator[Check]:
    if not rendered.html:
        yield Check("body", Level.STOP, _("The text is empty."), _("WeChat takes no article without text."))
        return
    size = _counted("body", _("Text with its markup"), rendered.characters, limits.CONTENT_CHARACTERS)
    if size.level is Level.OK and rendered.characters > limits.CONTENT_CHARACTERS * NEARLY_FULL:
        size = Check(size.key, Level.WARN, size.text, _("Nearly full: tables and long lists cost the most."))
    yield size
    # Four bytes a character at most: only a text that is too long already can be too large.
    if rendered.bytes > limits.CONTENT_BYTES:
        yield Check("body", Level.STOP, _("The text is larger than 1 MB."), _("Shorten it."))


def _cover(text: ArticleText) -> Check:
    if text.cover is None:
        return Check("cover", Level.STOP, _("There is no cover."), _("Choose a picture; WeChat asks for one."))
    if text.cover.width < COVER_WIDTH:
        size = {"width": text.cover.width, "wanted": COVER_WIDTH}
        words = _("The cover is %(width)d pixels wide and will look soft.") % size
        return Check("cover", Level.WARN, words, _("%(wanted)d pixels or more look sharp.") % size)
    return Check("cover", Level.OK, _("The cover is there."))


def _pictures(rendered: WeChatHtml) -> Iterator[Check]:
    if foreign := _subjects(rendered, Trouble.EXTERNAL_PICTURE):
        count = len(foreign)
        words = ngettext("%(count)d picture lies elsewhere", "%(count)d pictures lie elsewhere", count)
        fix = _("WeChat drops it without a word. Save the picture and put it in here.")
        yield Check("body", Level.STOP, f"{words % {'count': count}}: {_named(foreign)}", fix)
    if lost := _subjects(rendered, Trouble.UNKNOWN_PICTURE):
        words = ngettext("%(count)d picture is not there.", "%(count)d pictures are not there.", len(lost))
        fix = _("It belongs to another account, or it was removed. Put it in again.")
        yield Check("body", Level.STOP, words % {"count": len(lost)}, fix)
    if bare := _subjects(rendered, Trouble.NO_ALT):
        words = ngettext("%(count)d picture has no description.", "%(count)d pictures have no description.", len(bare))
        yield Check("body", Level.WARN, words % {"count": len(bare)}, _("People who cannot see it hear that instead."))
    if rendered.pictures and not (foreign or lost):
        count = len(rendered.pictures)
        words = ngettext("%(count)d picture, ready for WeChat.", "%(count)d pictures, ready for WeChat.", count)
        yield Check("body", Level.OK, words % {"count": count})


def _links(rendered: WeChatHtml) -> Iterator[Check]:
    if outside := _subjects(rendered, Trouble.EXTERNAL_LINK):
        words = ngettext("%(count)d link leads out of WeChat", "%(count)d links lead out of WeChat", len(outside))
        fix = _("Its words stay, the link goes: WeChat allows links to its own articles only. Use “read original”.")
        yield Check("body", Level.WARN, f"{words % {'count': len(outside)}}: {_named(outside)}", fix)


def _source(address: str) -> Iterator[Check]:
    if not address:
        return
    if not is_web_address(address):
        words = _("“Read original” is no web address.")
        yield Check("source_url", Level.STOP, words, _("It begins with https:// or http://."))
    elif len(address.encode()) > limits.SOURCE_URL_BYTES:
        words = _("“Read original” is longer than 1,024 bytes.")
        yield Check("source_url", Level.STOP, words, _("Use a shorter address."))
    else:
        yield Check("source_url", Level.OK, _("“Read original” leads to a web page."))


def _comments(text: ArticleText) -> Iterator[Check]:
    if text.only_fans_can_comment and not text.need_open_comment:
        words = _("Only followers may comment, but comments are closed.")
        yield Check("need_open_comment", Level.WARN, words, _("Open them, or leave both off."))


def _subjects(rendered: WeChatHtml, trouble: Trouble) -> list[str]:
    return [problem.subject for problem in rendered.problems if problem.trouble is trouble]


def _named(subjects: Sequence[str]) -> str:
    shown = ", ".join(subject[:80] for subject in subjects[:SHOWN_SUBJECTS])
    return shown if len(subjects) <= SHOWN_SUBJECTS else f"{shown}, …"
