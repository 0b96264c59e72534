"""The shape of what writers type. Meaning is checked beside the editor, so that nothing typed is ever refused there."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Brand, OfficialAccount, User
from accounts.policies import may
from articles import images
from articles.models import Article, MediaFile
from articles.models.article import AUTHOR_ROOM, DIGEST_ROOM, SOURCE_URL_ROOM, TEXT_FIELDS, TITLE_ROOM
from wxportal.shell.forms import dress

BODY_ROOM = 500_000  # characters; WeChat takes 20,000, a paste from a book may be cut down here
PICTURE_TYPES = "image/jpeg,image/png,image/gif,image/webp,image/bmp"


class NewArticleForm(forms.Form):
    """For which account, and under which title."""

    official_account = forms.ModelChoiceField(OfficialAccount.objects.none(), label=_("Official Account"))
    title = forms.CharField(label=_("Title"), max_length=TITLE_ROOM)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account = self.fields["official_account"]
        assert isinstance(account, forms.ModelChoiceField)
        account.queryset = accounts_to_write_for(user)
        account.label_from_instance = lambda obj: f"{obj.name} · {obj.brand.name}"  # type: ignore[method-assign]
        # The page names an account or none; where there is only one, nobody should have to choose it.
        if len(account.queryset) == 1 and not self.initial.get("official_account"):
            self.initial["official_account"] = account.queryset[0]
        dress(self)


class ArticleForm(forms.Form):
    """An article's text; ``version`` says which revision the writer started from."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=TITLE_ROOM)
    body = forms.CharField(label=_("Text"), max_length=BODY_ROOM, required=False, strip=False, widget=forms.Textarea)
    author = forms.CharField(label=_("Author"), max_length=AUTHOR_ROOM, required=False)
    digest = forms.CharField(
        label=_("Digest"), max_length=DIGEST_ROOM, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    cover = forms.ModelChoiceField(
        MediaFile.objects.none(), to_field_name="sha256", required=False, widget=forms.HiddenInput
    )
    cover_upload = forms.FileField(
        label=_("Cover"), required=False, widget=forms.FileInput(attrs={"accept": PICTURE_TYPES})
    )
    source_url = forms.CharField(
        label=_("“Read original” leads to"),
        max_length=SOURCE_URL_ROOM,
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://", "inputmode": "url"}),
    )
    need_open_comment = forms.BooleanField(label=_("Readers may comment"), required=False)
    only_fans_can_comment = forms.BooleanField(label=_("Only followers may comment"), required=False)

    def __init__(self, *args: Any, article: Article, user: User, **kwargs: Any) -> None:
        kwargs.setdefault("initial", written(article))
        super().__init__(*args, **kwargs)
        self.article, self.user = article, user
        self.remarks: tuple[str, ...] = ()
        cover = self.fields["cover"]
        assert isinstance(cover, forms.ModelChoiceField)
        cover.queryset = MediaFile.objects.filter(official_account=article.official_account)
        dress(self)

    def clean_cover_upload(self) -> MediaFile | None:
        """Keep an uploaded cover at once, so that a mistake elsewhere in the form does not lose it."""
        upload = self.cleaned_data["cover_upload"]
        if not upload:
            return None
        try:
            media, self.remarks = images.keep(self.article.official_account, upload, by=self.user)
        except images.PictureRefused as exc:
            raise forms.ValidationError(str(exc), code="picture") from exc
        self.data = {**self.data.dict(), "cover": media.sha256}  # type: ignore[attr-defined]  # a QueryDict, read-only
        return media

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["cover"] = cleaned.get("cover_upload") or cleaned.get("cover")
        return cleaned

    def fields_to_write(self) -> dict[str, Any]:
        """Return what the form says about the article; call it after ``is_valid``."""
        return {name: self.cleaned_data[name] for name in TEXT_FIELDS}

    def as_typed(self) -> Article:
        """Return an unsaved article with what stands in the form, however wrong its shape; for checks and preview."""
        self.is_valid()
        typed = {name: self.cleaned_data.get(name, self.data.get(name)) for name in TEXT_FIELDS}
        typed["cover"] = self.cleaned_data.get("cover")
        return Article(official_account=self.article.official_account, **{**typed, "title": typed["title"] or ""})


def written(article: Article) -> dict[str, Any]:
    """Return the form's initial values for what is saved."""
    values = {name: getattr(article, name) for name in TEXT_FIELDS}
    return {**values, "cover": article.cover.sha256 if article.cover else "", "version": article.version}


def writes_for_any_brand(user: User) -> bool:
    """Return whether there is a brand ``user`` may write for, whether or not it has an account yet."""
    return any(may(user, "article.write", brand) for brand in Brand.objects.visible_to(user))


def accounts_to_write_for(user: User) -> Any:
    """Return the accounts for which ``user`` may write, with their brands."""
    visible = OfficialAccount.objects.visible_to(user).select_related("brand")
    allowed = [account.pk for account in visible if may(user, "article.write", account.brand)]
    return visible.filter(pk__in=allowed)
