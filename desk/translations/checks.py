"""What makes a catalogue incomplete: a text without translation, a doubtful one, a lost placeholder."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import polib

from desk.translations.catalogues import Catalogue
from desk.translations.extraction import Found, Key, key_of

# %(name)s, %s, {name}, {{ name }} and the tags of markup must survive translation, each as often as it stood.
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+[^>]*>|&\w+;")
DATE_FORMAT_CONTEXT = "date format"  # the letters of a date format are not placeholders


def problems(catalogue: Catalogue, wanted: Iterable[Key]) -> Iterator[str]:
    """Yield one sentence for each thing that keeps ``catalogue`` from being complete."""
    entries = {key_of(entry): entry for entry in catalogue.entries() if not entry.obsolete}
    wanted = list(wanted)
    for key in wanted:
        if key not in entries:
            yield f"{catalogue.language}: not collected yet: {key.text!r}"
    for key, entry in entries.items():
        yield from (f"{catalogue.language}: {what}: {key.text!r}" for what in _faults(entry))


def _faults(entry: polib.POEntry) -> Iterator[str]:
    texts = list(entry.msgstr_plural.values()) or [entry.msgstr]
    if not all(texts):
        yield "not translated"
        return
    if entry.fuzzy:
        yield "marked as doubtful"
    if (entry.msgctxt or "").startswith(DATE_FORMAT_CONTEXT):
        return
    for text in texts:
        if _placeholders(text) not in (_placeholders(entry.msgid), _placeholders(entry.msgid_plural or entry.msgid)):
            yield "placeholders differ"
        if (entry.msgid[:1] == "\n") != (text[:1] == "\n") or (entry.msgid[-1:] == "\n") != (text[-1:] == "\n"):
            yield "line breaks at its ends differ"


def _placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


def merge(catalogue: Catalogue, found: Found) -> tuple[int, int]:
    """Add what the sources say now, drop what they say no more; return how many were added and dropped."""
    book = catalogue.entries()
    known = {key_of(entry): entry for entry in book if not entry.obsolete}
    gone = [entry for key, entry in known.items() if key not in found.places]
    new = [key for key in found.places if key not in known]
    kept: list[polib.POEntry] = [known.get(key) or _blank(key) for key in found.places]
    for entry in kept:
        entry.occurrences = [(place, "") for place in found.places[key_of(entry)]]
    book[:] = sorted(kept, key=lambda entry: (entry.occurrences[0][0], entry.msgid))
    catalogue.path.parent.mkdir(parents=True, exist_ok=True)
    book.save(str(catalogue.path))
    return len(new), len(gone)


def _blank(key: Key) -> polib.POEntry:
    plural = {"msgid_plural": key.plural, "msgstr_plural": {0: ""}} if key.plural else {}
    return polib.POEntry(msgid=key.text, msgctxt=key.context, msgstr="", **plural)
