"""What a manager can enter about a verification: one small form for each step."""

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import verification_log
from accounts.models import OfficialAccount
from accounts.models.verification import VerificationRecord
from accounts.verification import end_of_day, last_day, same_day_next_year
from accounts.verification_log import MOST_CORRECTIONS
from wxportal.shell.clocks import BEIJING
from wxportal.shell.forms import dress

LONGEST = timedelta(days=2 * 366)  # WeChat grants one year; an end further away is a typing error
OLDEST = timedelta(days=3 * 366)  # nobody enters what happened longer ago than this; it is a typing error, too
Kind = VerificationRecord.Kind
CURRENCIES = [("CNY", "CNY"), ("USD", "USD"), ("JPY", "JPY"), ("EUR", "EUR")]
SUBJECT = OfficialAccount.Subject
FEES: dict[str, Promise] = {
    SUBJECT.MAINLAND: _("RMB 300 for each review, also for the yearly one, and not given back on a refusal."),
    SUBJECT.MEDIA: _("RMB 300 for each review, also for the yearly one, and not given back on a refusal."),
    SUBJECT.GOVERNMENT: _("Free for government bodies."),
    SUBJECT.OVERSEAS: _("Overseas companies pay a price of their own: enter what the console shows."),
    SUBJECT.PERSONAL: _("Accounts of a person cannot be verified."),
}


class StepForm(forms.Form):
    """One step. ``kind`` is the record's, ``facts`` its further columns; days are Beijing's."""

    title: ClassVar[Promise]
    kind: VerificationRecord.Kind

    def __init__(self, *args: Any, official_account: OfficialAccount, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.official_account, self.now = official_account, now
        self.today = now.astimezone(BEIJING).date()
        self.records = list(official_account.verification_records.order_by("moment", "pk"))
        dress(self)

    def moment(self) -> datetime:
        """Return when it happened: the day entered; for today, now."""
        day: date | None = self.cleaned_data.get("day")
        if day is None or day == self.today:
            return self.now
        return datetime.combine(day, time.min, tzinfo=BEIJING)

    def facts(self) -> dict[str, Any]:
        """Return the record's further columns."""
        return {name: value for name in ("contact", "reason", "document") if (value := self.cleaned_data.get(name))}

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day > self.today:
            raise ValidationError(_("This day has not come yet."))
        if day < self.today - OLDEST:
            raise ValidationError(_("This day is long ago. Look at the year again."))
        return day


def _day_field(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def _document() -> forms.CharField:
    help_text = _("Where the paper lies, for example the number of the order or a link to your own files.")
    return forms.CharField(label=_("Document"), max_length=200, required=False, help_text=help_text)


def _contact(*, required: bool) -> forms.CharField:
    help_text = _("Name and telephone of the person who answers when WeChat's auditor calls.")
    return forms.CharField(label=_("Contact for the auditor"), max_length=200, required=required, help_text=help_text)


class ApplicationForm(StepForm):
    """The papers were sent, for the first time or for the yearly review."""

    title = _("Record an application")
    kind = Kind.APPLICATION
    day = _day_field(_("Sent on"))
    fee = forms.DecimalField(label=_("Fee"), min_value=0, max_digits=9, decimal_places=2, required=False)
    fee_currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES)
    contact = _contact(required=False)
    document = _document()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fee"].help_text = str(FEES[self.official_account.subject])

    def clean(self) -> dict[str, Any]:
        if self.official_account.subject == SUBJECT.PERSONAL:
            raise ValidationError(_("An account of a person cannot be verified."))
        return self.cleaned_data

    def facts(self) -> dict[str, Any]:
        fee = self.cleaned_data["fee"]
        price = {} if fee is None else {"fee": fee, "fee_currency": self.cleaned_data["fee_currency"]}
        return {**super().facts(), **price}


class CompletionForm(StepForm):
    """WeChat said yes. Where its end is not known yet, it is computed and marked so."""

    title = _("Record a completion")
    day = _day_field(_("Completed on"))
    last_day = _day_field(
        _("Last day"),
        required=False,
        help_text=_("As WeChat's console shows it. Empty: one year from the completion, marked as computed."),
    )
    document = _document()

    @property
    def kind(self) -> VerificationRecord.Kind:  # type: ignore[override]
        """Return a renewal where the account was verified before."""
        known = any(each.expires_at is not None for each in self.records)
        return Kind.RENEWED if known else Kind.COMPLETED

    def clean(self) -> dict[str, Any]:
        day, end = self.cleaned_data.get("day"), self.cleaned_data.get("last_day")
        if day and end and end <= day:
            raise ValidationError({"last_day": _("The end lies before the verification. Look at both dates again.")})
        if day and end and end > day + LONGEST:
            raise ValidationError({"last_day": _("A verification holds one year. Look at the year again.")})
        return self.cleaned_data

    def facts(self) -> dict[str, Any]:
        end: date | None = self.cleaned_data["last_day"]
        day = end or same_day_next_year(self.cleaned_data["day"])
        return {**super().facts(), "expires_at": end_of_day(day), "computed": end is None}


class EndForm(StepForm):
    """The real end, read off WeChat's console."""

    title = _("Enter the real end")
    kind = Kind.END_ENTERED
    last_day = _day_field(_("Last day"), help_text=_("As WeChat's console shows it under 微信认证."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("last_day", last_day(self.official_account.verified_until))

    def clean_last_day(self) -> date:
        end: date = self.cleaned_data["last_day"]
        granted = verification_log.standing(self.records).granted_at
        if granted is not None and end <= granted.astimezone(BEIJING).date():
            words = _("The verification was completed on %(day)s: it cannot end before.")
            raise ValidationError(words % {"day": formats.date_format(granted.astimezone(BEIJING).date())})
        if end > self.today + LONGEST:
            raise ValidationError(_("A verification holds one year. Look at the year again."))
        return end

    def facts(self) -> dict[str, Any]:
        return {"expires_at": end_of_day(self.cleaned_data["last_day"])}


class CorrectionForm(StepForm):
    """The papers were corrected and sent again; WeChat allows three of these for each application."""

    title = _("Record a correction")
    kind = Kind.CORRECTION_USED
    day = _day_field(_("Sent on"))
    reason = forms.CharField(label=_("What was corrected"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        if verification_log.corrections_used(self.records) >= MOST_CORRECTIONS:
            raise ValidationError(
                _("All three corrections of this application are used. Record a new application first.")
            )
        return self.cleaned_data


class RefusalForm(StepForm):
    """WeChat said no."""

    title = _("Record a refusal")
    kind = Kind.QUALIFICATION_FAILED
    day = _day_field(_("Refused on"))
    reason = forms.CharField(label=_("WeChat's reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class ContactForm(StepForm):
    """Who answers the auditor's telephone."""

    title = _("Name the contact for the auditor")
    kind = Kind.CONTACT
    contact = _contact(required=True)


STEPS: dict[str, type[StepForm]] = {
    "application": ApplicationForm,
    "completion": CompletionForm,
    "end": EndForm,
    "correction": CorrectionForm,
    "refusal": RefusalForm,
    "contact": ContactForm,
}
