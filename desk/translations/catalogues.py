"""Where the catalogues lie, and how a ``.po`` becomes the ``.mo`` that Django reads.

Needs neither Django nor gettext's tools, so that the test run can call it
before settings load. A ``.mo`` is never committed: it is made where it is used.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import polib

BASE_DIR = Path(__file__).resolve().parents[2]
LOCALE_DIR = BASE_DIR / "locale"
# Names of folders, as Django spells them; English is the language of the sources.
LANGUAGES = ("ja", "zh_Hans")
# Neither Japanese nor Chinese distinguishes one from many.
PLURAL_FORMS = "nplurals=1; plural=0;"


@dataclass(frozen=True)
class Catalogue:
    """One language of one root: ours (``locale/``), or the shell's that its wheel does not translate."""

    root: Path
    language: str

    @property
    def path(self) -> Path:
        """The text that people translate."""
        return self.root / self.language / "LC_MESSAGES" / "django.po"

    @property
    def compiled(self) -> Path:
        """The file that Django reads."""
        return self.path.with_suffix(".mo")

    def entries(self) -> polib.POFile:
        """Return the catalogue's entries; an empty catalogue where there is no file yet."""
        if self.path.is_file():
            return polib.pofile(str(self.path), wrapwidth=110)
        fresh = polib.POFile(wrapwidth=110)
        fresh.metadata = {
            "Language": self.language,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": PLURAL_FORMS,
        }
        return fresh


PORTAL = tuple(Catalogue(LOCALE_DIR, language) for language in LANGUAGES)
SHELL = tuple(Catalogue(LOCALE_DIR / "shell", language) for language in LANGUAGES)


def compile_all() -> list[Path]:
    """Compile every catalogue that changed since it was compiled last; return the files written."""
    stale = [catalogue for catalogue in PORTAL + SHELL if _is_stale(catalogue)]
    return [_compile(catalogue) for catalogue in stale]


def _is_stale(catalogue: Catalogue) -> bool:
    if not catalogue.path.is_file():
        return False
    return not catalogue.compiled.is_file() or catalogue.compiled.stat().st_mtime < catalogue.path.stat().st_mtime


def _compile(catalogue: Catalogue) -> Path:
    # Several test processes may compile at once: each writes its own file, and the last rename wins.
    half = catalogue.compiled.with_suffix(f".{os.getpid()}.mo")
    catalogue.entries().save_as_mofile(str(half))
    half.replace(catalogue.compiled)
    return catalogue.compiled
