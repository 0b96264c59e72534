"""Find every text that people see: in Python by its syntax tree, in templates by Django's own reading of them.

The syntax tree also sees the calls inside an f-string, which a reader of tokens
misses. Django turns a template into calls with everything else blotted out.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import django
import polib
import unfold
from django.utils.translation.template import templatize

from desk.translations.catalogues import BASE_DIR, LANGUAGES

PORTAL_ROOMS = ("wxportal", "accounts", "followers", "articles", "campaigns", "desk", "templates")
# The sandbox is a program of its own and speaks its own three languages.
FOREIGN_ROOMS = ("wxportal/sandbox/", "wxportal/wechat/", "wxportal/local/")
SHELL_ROOM = Path(unfold.__file__).parent
# What the wheel brings for other packages, which we do not install.
SHELL_ROOMS_CLOSED = {"contrib", "unfold_crispy", "import_export", "simple_history", "guardian", "constance"}
DJANGO_ROOM = Path(django.__file__).parent
DJANGO_CATALOGUES = ("conf", "contrib/admin", "contrib/auth", "contrib/contenttypes", "contrib/sessions")

CALLS = {"_", "gettext", "ngettext", "pgettext", "npgettext", "gettext_noop"}
CALLS |= {f"{call}_lazy" for call in CALLS}
LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL_IN_TEMPLATE = re.compile(rf"\b(_|n?p?gettext)\(\s*((?:{LITERAL}\s*,?\s*)+)")


@dataclass(frozen=True)
class Key:
    """What makes a text one entry: its context, the text, and its plural."""

    text: str
    plural: str = ""
    context: str | None = None


def key_of(entry: polib.POEntry) -> Key:
    """Return what the sources call this entry."""
    return Key(entry.msgid, entry.msgid_plural or "", entry.msgctxt)


@dataclass
class Found:
    """The texts of some sources, each with the files it stands in."""

    places: dict[Key, list[str]] = field(default_factory=dict)

    def add(self, key: Key, place: str) -> None:
        """Remember that ``key`` stands in ``place``."""
        known = self.places.setdefault(key, [])
        if place not in known:
            known.append(place)


def portal_texts() -> Found:
    """Return every text of our own sources."""
    found = Found()
    for path in _sources(BASE_DIR / room for room in PORTAL_ROOMS):
        place = path.relative_to(BASE_DIR).as_posix()
        if not place.startswith(FOREIGN_ROOMS):
            read_source(path, place, found)
    return found


def shell_texts() -> Found:
    """Return the texts of the shell's wheel that Django's own catalogues do not cover already."""
    found = Found()
    for path in _sources([SHELL_ROOM]):
        if set(path.parts) & SHELL_ROOMS_CLOSED:
            continue
        read_source(path, f"unfold/{path.relative_to(SHELL_ROOM).as_posix()}", found)
    known = _texts_django_translates()
    return Found({key: places for key, places in found.places.items() if key not in known})


def _texts_django_translates() -> set[Key]:
    """Return what Django translates into every language of ours by itself."""
    return set.intersection(*(_texts_django_has(language) for language in LANGUAGES))


def _texts_django_has(language: str) -> set[Key]:
    books = [DJANGO_ROOM / room / "locale" / language / "LC_MESSAGES" / "django.mo" for room in DJANGO_CATALOGUES]
    entries = (entry for book in books if book.is_file() for entry in polib.mofile(str(book)))
    return {key_of(entry) for entry in entries if entry.msgstr or any(entry.msgstr_plural.values())}


def _sources(rooms: Iterable[Path]) -> Iterator[Path]:
    for room in rooms:
        for path in sorted(room.rglob("*")):
            if path.suffix in (".py", ".html", ".txt") and "migrations" not in path.parts:
                yield path


def read_source(path: Path, place: str, found: Found) -> None:
    """Add to ``found`` every text of one Python file or template."""
    source = path.read_text(encoding="utf-8")
    calls = _calls_in_python(source) if path.suffix == ".py" else _calls_in_template(source)
    for call, arguments in calls:
        if key := _key(call, arguments):
            found.add(key, place)


def _calls_in_python(source: str) -> Iterator[tuple[str, list[str | None]]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (name := _name(node.func)) in CALLS:
            yield name, [_constant(argument) for argument in node.args]


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", "") or getattr(function, "id", "")


def _constant(argument: ast.expr) -> str | None:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _calls_in_template(source: str) -> Iterator[tuple[str, list[str | None]]]:
    for call, arguments in CALL_IN_TEMPLATE.findall(templatize(source)):
        yield call, list(ast.literal_eval(f"({arguments.rstrip().rstrip(',')},)"))


def _key(call: str, arguments: list[str | None]) -> Key | None:
    """Return the entry a call asks for (context first, plural last), or None where its text is no constant."""
    contextual, counted = "pgettext" in call, call.startswith("n")
    context, *texts = arguments if contextual else [None, *arguments]
    if not texts or not texts[0] or (contextual and not context):
        return None
    plural = texts[1] if counted and len(texts) > 1 else None
    return Key(texts[0], plural or "", context)
