"""Plan a campaign: the shape of what people type, and what to say when it is wrong."""

import zoneinfo
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficialAccount
from articles.models import Article
from campaigns.lifecycle import IllegalMove
from campaigns.models import Campaign, CampaignArticle
from followers.models import Tag
from wxportal.shell.clocks import BEIJING, city
from wxportal.shell.forms import dress
from wxportal.wechat import limits

PLACES = range(1, limits.ARTICLES_PER_DRAFT + 1)


class WallClockField(forms.DateTimeField):
    """A date and an hour as a clock shows them, without any zone: another field names it."""

    def to_python(self, value: Any) -> datetime | None:
        """Return what was typed. Django would read it in the person's zone, and refuse hours that zone lacks."""
        with timezone.override(UTC):
            moment = super().to_python(value)
        return moment.replace(tzinfo=None) if moment else None


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]  # django-stubs wants the model; it is named below
    """One account's campaign: articles in order, everybody or a tag, a moment, rules.

    The moment is typed in Beijing's time or the person's own. A local hour that
    does not exist is refused; one that comes twice means the first.
    """

    moment = WallClockField(
        label=_("Moment"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    zone = forms.ChoiceField(label=_("in the time of"))
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Campaign
        fields = ("name", "purpose", "audience", "tag", "latest_start", "ignore_reprint")
        widgets = {"audience": forms.RadioSelect}

    def __init__(self, *args: Any, official_account: OfficialAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.official_account = official_account
        self.instance.official_account = official_account
        self._offer_articles()
        self._offer_tags()
        self._offer_moment()
        self.initial["version"] = self.instance.version
        dress(self)
        self.fields["audience"].widget.attrs["class"] = "wx-radio"

    @property
    def article_fields(self) -> list[forms.BoundField]:
        """Return the places for articles, in order."""
        return [self[f"article_{place}"] for place in PLACES]

    def clean(self) -> dict[str, Any]:
        """Look at what several fields say together."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("audience") == Campaign.Audience.ALL:
            data["tag"] = None
        elif data.get("audience") == Campaign.Audience.TAG and not data.get("tag"):
            self.add_error("tag", _("Choose a tag, or send to everybody."))
        if data.get("moment") and data.get("zone"):
            self._read_moment(data)
        chosen = self._chosen(data)
        if not chosen:
            self.add_error("article_1", _("Choose at least one article."))
        if len({article.pk for article in chosen}) < len(chosen):
            self.add_error("article_1", _("An article can stand in a campaign once only."))
        return data

    def clean_version(self) -> int:
        """Refuse a form that was opened before somebody else saved."""
        version = int(self.cleaned_data["version"])
        if self.instance.pk and version != self.instance.version:
            raise ValidationError(_("Somebody changed this plan meanwhile. Open it again; yours was not saved."))
        return version

    def save(self, commit: bool = True) -> Campaign:
        """Save plan and places together. Raises IllegalMove where it was released or changed meanwhile."""
        campaign: Campaign = super().save(commit=False)
        campaign.scheduled_at = self.cleaned_data["moment"]
        with transaction.atomic():
            if campaign.pk:
                self._still_as_seen(campaign)
                campaign.version += 1
            campaign.save()
            campaign.places.all().delete()
            CampaignArticle.objects.bulk_create(
                CampaignArticle(campaign=campaign, article=article, position=position)
                for position, article in enumerate(self._chosen(self.cleaned_data), start=1)
            )
        return campaign

    def _offer_articles(self) -> None:
        articles = Article.objects.filter(official_account=self.official_account).order_by("-updated_at")
        places = {place.position: place.article_id for place in self.instance.places.all()} if self.instance.pk else {}
        for place in PLACES:
            label = _("Head article") if place == 1 else _("Article %(place)d") % {"place": place}
            self.fields[f"article_{place}"] = forms.ModelChoiceField(
                articles, label=label, required=place == 1, initial=places.get(place), empty_label="–"
            )

    def _offer_tags(self) -> None:
        self.fields["tag"] = forms.ModelChoiceField(
            Tag.objects.current(self.official_account), label=_("Tag"), required=False, empty_label="–"
        )
        self.fields["tag"].label_from_instance = _tag_with_count  # type: ignore[attr-defined]

    def _offer_moment(self) -> None:
        """Offer Beijing first, and the person's own zone where it is another."""
        zones = [BEIJING]
        mine = timezone.get_current_timezone()
        if isinstance(mine, zoneinfo.ZoneInfo) and mine.key != BEIJING.key:
            zones.append(mine)
        self.fields["zone"] = forms.ChoiceField(
            label=_("in the time of"), choices=[(zone.key, city(zone)) for zone in zones], initial=BEIJING.key
        )
        if self.instance.scheduled_at:
            self.initial["moment"] = self.instance.scheduled_at.astimezone(BEIJING).replace(tzinfo=None)

    def _read_moment(self, data: dict[str, Any]) -> None:
        """Turn what a wall clock shows into a moment; refuse an hour the zone jumps over."""
        zone, shown = zoneinfo.ZoneInfo(data["zone"]), data["moment"]
        moment = shown.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) != shown:
            text = _("On that day the clocks in %(city)s jump over this hour. Choose another one.")
            self.add_error("moment", text % {"city": city(zone)})
        data["moment"] = moment

    def _chosen(self, data: dict[str, Any]) -> list[Article]:
        return [data[f"article_{place}"] for place in PLACES if data.get(f"article_{place}")]

    def _still_as_seen(self, campaign: Campaign) -> None:
        seen = Campaign.objects.select_for_update(of=("self",)).filter(
            pk=campaign.pk, status=Campaign.Status.DRAFT, version=campaign.version
        )
        if not seen.exists():
            raise IllegalMove(_("This campaign was changed or released meanwhile. Yours was not saved."))


class DecisionForm(forms.Form):
    """What a person saw in WeChat's console about a call nobody answered."""

    sent = forms.TypedChoiceField(
        label=_("Did this message go out?"),
        coerce=lambda value: value == "yes",
        choices=[("yes", _("Yes, the console shows it")), ("no", _("No, the console does not show it"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("What you saw, and where"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)
        self.fields["sent"].widget.attrs["class"] = "wx-radio"


def _tag_with_count(tag: Tag) -> str:
    return f"{tag.name} ({tag.count:,})"
