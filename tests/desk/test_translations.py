"""The catalogues: what counts as a text, what counts as a hole, and how a hole is found."""

from pathlib import Path

import polib
import pytest

from desk.translations.catalogues import Catalogue, compile_all
from desk.translations.checks import merge, problems
from desk.translations.extraction import Found, Key, read_source

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext
def words(n):
    counted = ngettext("%(n)d call", "%(n)d calls", n)
    return [_("Send"), _(n), counted, pgettext("month", "May"), _("two " "halves"), f"{_('Inside')} x"]
"""
TEMPLATE = """
  <p title="{% translate "Don't" %}">{{ _("Stop")|upper }}</p>
    {% blocktranslate trimmed count n=batches %}
      {{ n }} batch
    {% plural %}
      {{ n }} batches
    {% endblocktranslate %}
{% badge _("Ready") "ok" %} <b>it's</b>
"""


def read(tmp_path: Path, name: str, text: str) -> set[Key]:
    source, found = tmp_path / name, Found()
    source.write_text(text, encoding="utf-8")
    read_source(source, name, found)
    return set(found.places)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path, "ja")


def say(catalogue: Catalogue, **translations: str) -> list[str]:
    """Collect the texts, translate them, and return what the check complains about."""
    found = Found({Key(text): ["a.py"] for text in translations})
    merge(catalogue, found)
    book = catalogue.entries()
    for entry in book:
        entry.msgstr = translations[entry.msgid]
    book.save(str(catalogue.path))
    return list(problems(catalogue, found.places))


def test_texts_are_found_in_python(tmp_path: Path) -> None:
    assert read(tmp_path, "a.py", PYTHON) == {
        Key("Send"),
        Key("%(n)d call", "%(n)d calls"),
        Key("May", context="month"),
        Key("two halves"),
        Key("Inside"),
    }


def test_texts_are_found_in_templates(tmp_path: Path) -> None:
    wanted = {Key("Don't"), Key("Stop"), Key("%(n)s batch", "%(n)s batches"), Key("Ready")}
    assert read(tmp_path, "a.html", TEMPLATE) == wanted


def test_a_complete_catalogue_has_no_problem(catalogue: Catalogue) -> None:
    assert say(catalogue, Send="配信する") == []


def test_a_text_without_translation_is_a_problem(catalogue: Catalogue) -> None:
    assert say(catalogue, Send="") == ["ja: not translated: 'Send'"]


def test_a_text_nobody_collected_is_a_problem(catalogue: Catalogue) -> None:
    say(catalogue, Send="配信する")
    assert list(problems(catalogue, [Key("Send"), Key("New")])) == ["ja: not collected yet: 'New'"]


@pytest.mark.parametrize(
    ("text", "translation"),
    [("%(n)s left", "残り"), ("{count} of {all}", "{count}"), ("<b>Now</b>", "<b>今"), ("%d%%", "%s%%")],
)
def test_a_lost_placeholder_is_a_problem(catalogue: Catalogue, text: str, translation: str) -> None:
    assert say(catalogue, **{text: translation}) == [f"ja: placeholders differ: {text!r}"]


def test_placeholders_may_change_places(catalogue: Catalogue) -> None:
    assert say(catalogue, **{"%(part)s of %(whole)s": "%(whole)s中%(part)s"}) == []


def test_a_doubtful_translation_is_a_problem(catalogue: Catalogue) -> None:
    say(catalogue, Send="配信する")
    book = catalogue.entries()
    book[0].flags.append("fuzzy")
    book.save(str(catalogue.path))
    assert list(problems(catalogue, [Key("Send")])) == ["ja: marked as doubtful: 'Send'"]


def test_collecting_keeps_what_was_translated_and_drops_what_is_gone(catalogue: Catalogue) -> None:
    say(catalogue, Send="配信する", Old="旧")
    assert merge(catalogue, Found({Key("Send"): ["a.py"], Key("New"): ["a.py"]})) == (1, 1)
    assert {entry.msgid: entry.msgstr for entry in catalogue.entries()} == {"Send": "配信する", "New": ""}


def test_compiled_catalogues_are_read_back(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    say(catalogue, Send="配信する")
    monkeypatch.setattr("desk.translations.catalogues.PORTAL", (catalogue,))
    monkeypatch.setattr("desk.translations.catalogues.SHELL", ())
    assert compile_all() == [catalogue.compiled]
    assert [entry.msgstr for entry in polib.mofile(str(catalogue.compiled))] == ["配信する"]
    assert compile_all() == []
