"""The editor's own words, by the English ones its wheel and our script ask for."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Promise] = {
    "Heading": _("Heading"),
    "Smaller heading": _("Smaller heading"),
    "Paragraph": _("Paragraph"),
    "List": _("List"),
    "Numbered list": _("Numbered list"),
    "Quote": _("Quote"),
    "Separator": _("Separator"),
    "Bold": _("Bold"),
    "Italic": _("Italic"),
    "Underline": _("Underline"),
    "Strike through": _("Strike through"),
    "Link": _("Link"),
    "Edit Link": _("Edit the link"),
    "Remove the link": _("Remove the link"),
    "URL": _("Address"),
    "Title": _("Title"),
    "Table": _("Table"),
    "Insert Table": _("Insert the table"),
    "Table Properties": _("Table"),
    "Rows": _("Rows"),
    "Columns": _("Columns"),
    "Include header row": _("With a row of headings"),
    "Add a column": _("Add a column"),
    "Delete the column": _("Delete the column"),
    "Add a row": _("Add a row"),
    "Delete the row": _("Delete the row"),
    "Merge cells": _("Merge cells"),
    "Split the cell": _("Split the cell"),
    "Heading cell": _("Heading cell"),
    "Delete the table": _("Delete the table"),
    "Undo": _("Undo"),
    "Redo": _("Redo"),
    "Whole screen": _("Whole screen"),
    "Toggle fullscreen": _("Whole screen"),
    "Update": _("Done"),
    "Cancel": _("Cancel"),
    "Done": _("Done"),
    "Picture": _("Picture"),
    "Describe the picture": _("Describe the picture"),
    "Description for people who cannot see it": _("Description for people who cannot see it"),
    "Caption": _("Caption"),
    "Add caption": _("Add a caption"),
    "Remove caption": _("Remove the caption"),
    "Reading above the characters": _("Reading above the characters"),
    "Write here, or paste from anywhere.": _("Write here, or paste from anywhere."),
    "This file is too large.": _("This file is too large."),
    "The picture did not arrive. Try again.": _("The picture did not arrive. Try again."),
}


def translated() -> dict[str, str]:
    """Return the words in the reader's language."""
    return {english: str(word) for english, word in WORDS.items()}
