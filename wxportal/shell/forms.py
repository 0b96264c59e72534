"""Log in, profile, first administrator."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from wxportal.shell.clocks import ZONE_CHOICES


class LoginForm(AuthenticationForm):
    """Every member logs in here, not only staff."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # django-stubs wants the model; it is named below
    """Name, language and zone of the person who is logged in."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=ZONE_CHOICES)

    class Meta:
        model = get_user_model()
        fields = ("first_name", "last_name", "email", "language", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Who never chose sees what holds now, not the first entry of the list.
        self.initial["language"] = self.initial.get("language") or get_language()
        self.initial["time_zone"] = self.initial.get("time_zone") or settings.TIME_ZONE
        dress(self)


class FirstAdministratorForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """The first person of an installation without demo data."""

    class Meta:
        model = get_user_model()
        fields = ("username", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


def dress(form: forms.BaseForm) -> None:
    """Give every field of ``form`` the shell's look (classes of ``shell.css``)."""
    for field in form.fields.values():
        kind = "check" if isinstance(field.widget, forms.CheckboxInput) else "input"
        known = field.widget.attrs.get("class", "")
        field.widget.attrs["class"] = f"{known} wx-{kind}".strip()
