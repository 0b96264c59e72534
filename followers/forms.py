"""The shape of what people type about followers; what it means, the rules check."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wxportal.shell.forms import dress


class TagForm(forms.Form):
    """A new tag."""

    name = forms.CharField(
        label=_("Name"),
        max_length=30,
        help_text=_("Up to 10 Chinese or 30 Latin characters. Everybody of the team sees it, followers do not."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)
