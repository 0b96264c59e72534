"""Connect and change an Official Account: the shape of what people type, and what to say when it is wrong."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import policies
from accounts.models import Brand, OfficialAccount, User
from accounts.models.official_account import APPID, ORIGINAL_ID
from accounts.verification import end_of_day, last_day
from wxportal.shell.forms import dress

SECRET = re.compile(r"[0-9a-zA-Z]{32}")
OFFERED_TYPES = [(kind.value, kind.label) for kind in (OfficialAccount.Type.SERVICE, OfficialAccount.Type.SUBSCRIPTION)]
FURTHEST_END = timedelta(days=3 * 366)  # a verification holds one year; more than three ahead is a typing error


class _AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # django-stubs wants the model; it is named below
    """What connecting and changing have in common."""

    type = forms.ChoiceField(label=_("Type"), choices=OFFERED_TYPES)
    secret = forms.CharField(
        label=_("App secret"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    original_id = forms.CharField(
        label=_("Original id"),
        max_length=60,
        required=False,
        help_text=_("In WeChat's console under 公众号设置: gh_ and 12 more. May be left empty for now."),
        validators=[ORIGINAL_ID],
    )
    verified_until = forms.DateField(
        label=_("Verified until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The day WeChat's console shows under 微信认证. Empty: not verified."),
    )  # No field of the row: the views record it, and the row follows from the records.

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["verified_until"] = last_day(self.instance.verified_until)
        dress(self)

    def clean_secret(self) -> str:
        secret = str(self.cleaned_data["secret"])
        if secret and not SECRET.fullmatch(secret):
            raise ValidationError(
                _("An app secret has 32 letters and digits, without blanks or line breaks. Copy it again.")
            )
        return secret

    def clean_verified_until(self) -> datetime | None:
        """Return the end of that day in Beijing."""
        day: date | None = self.cleaned_data["verified_until"]
        if day is None:
            return None
        if day > date.today() + FURTHEST_END:
            raise ValidationError(_("A verification holds one year. Look at the year again."))
        return end_of_day(day)


class ConnectForm(_AccountForm):
    """Connect an account to a brand of the person's own."""

    class Meta:
        model = OfficialAccount
        fields = (
            "brand",
            "name",
            "type",
            "subject",
            "appid",
            "secret",
            "original_id",
            "is_rehearsal",
        )

    def __init__(self, *args: Any, user: User | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["brand"] = _brand_field(brands_to_connect(user))
        # Our own messages say more than the model's.
        self.fields["appid"] = forms.CharField(
            label=_("App id"), max_length=60, help_text=_("In WeChat's console under 基本配置 → 开发者ID(AppID).")
        )
        self.fields["is_rehearsal"].label = _(
            "Rehearsal: this account lives in the sandbox, no real follower is reached"
        )
        if not settings.SANDBOX_URL:
            del self.fields["is_rehearsal"]
        dress(self)

    def clean_appid(self) -> str:
        appid = str(self.cleaned_data["appid"])
        if not APPID.regex.match(appid):  # type: ignore[union-attr]  # compiled in its constructor
            raise ValidationError(_what_it_is_instead(appid))
        if OfficialAccount.objects.filter(appid=appid).exists():
            raise ValidationError(
                _("This account is connected already. If you do not see it, it belongs to a brand you do not work for.")
            )
        return appid

    def save(self, commit: bool = True) -> OfficialAccount:
        """Save the account and seal its secret, which needs the row's key; call it in a transaction."""
        account: OfficialAccount = super().save(commit=False)
        if account.is_rehearsal:
            account.api_base_url = settings.SANDBOX_URL
        account.save()
        account.set_secret(self.cleaned_data["secret"])
        account.save(update_fields=["sealed_secret"])
        return account


class ChangeForm(_AccountForm):
    """Change what is known of an account. Brand and app id stay: followers and campaigns hang on them."""

    class Meta:
        model = OfficialAccount
        fields = ("name", "type", "subject", "secret", "original_id", "callback_mode")
        help_texts = {
            "callback_mode": _("As in WeChat's console. Choose the secure mode wherever you can: plain is not signed."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].required = False
        self.fields["secret"].help_text = _("Empty: the present one stays. It is never shown.")

    def save(self, commit: bool = True) -> OfficialAccount:
        """Save these fields and no others; an empty secret keeps the one it has."""
        account: OfficialAccount = super().save(commit=False)
        if self.cleaned_data["secret"]:
            account.set_secret(self.cleaned_data["secret"])
        account.save(update_fields=[*(set(self.fields) - {"secret", "verified_until"}), "sealed_secret"])
        return account


class RehearsalForm(forms.Form):
    """Make an account in the sandbox and connect it: nothing to look up in any console."""

    name = forms.CharField(label=_("Name"), max_length=60, initial=_("Rehearsal"))
    type = forms.ChoiceField(label=_("Type"), choices=OFFERED_TYPES)
    followers = forms.TypedChoiceField(
        label=_("Followers"),
        choices=[(count, f"{count:,}") for count in (200, 2_000, 20_000)],
        coerce=int,
        initial=2_000,
    )

    def __init__(self, *args: Any, user: User | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"brand": _brand_field(brands_to_connect(user)), **self.fields}
        dress(self)


def _brand_field(brands: list[Brand]) -> "forms.ModelChoiceField[Brand]":
    """Offer these brands; where there is only one, it is chosen already."""
    return forms.ModelChoiceField(
        Brand.objects.filter(pk__in=[brand.pk for brand in brands]),
        label=_("Brand"),
        initial=brands[0] if len(brands) == 1 else None,
    )


def brands_to_connect(user: User | AnonymousUser) -> list[Brand]:
    """Return the brands in which ``user`` may connect an account."""
    return [brand for brand in Brand.objects.visible_to(user) if policies.may(user, "account.connect", brand)]


def _what_it_is_instead(typed: str) -> str:
    """Return why ``typed`` is no app id, naming what people mix it up with."""
    if typed.startswith("gh_"):
        return str(_("That is an original id. The app id begins with wx: 基本配置 → 开发者ID(AppID)."))
    if re.fullmatch(r"ww[0-9a-f]{16}", typed):
        return str(_("That is the id of an enterprise account (企业微信); these cannot be connected yet."))
    if SECRET.fullmatch(typed):
        return str(_("That looks like an app secret. The app id begins with wx."))
    return str(_("An app id is wx followed by 16 digits or letters a to f, for example wx0123456789abcdef."))
