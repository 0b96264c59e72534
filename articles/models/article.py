"""An article as it is being written, and every state it was ever saved in."""

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficialAccount, User
from accounts.scoping import BrandScopedQuerySet
from articles.models.media import MediaFile

# Wider than WeChat's own limits: a title that is too long is a check beside the editor, not a lost text.
TITLE_ROOM = 200
AUTHOR_ROOM = 60
DIGEST_ROOM = 600
SOURCE_URL_ROOM = 2000


class ArticleText(models.Model):
    """What a writer can change. The body is semantic HTML; WeChat's markup is made from it when it is needed."""

    title = models.CharField(_("title"), max_length=TITLE_ROOM)
    author = models.CharField(_("author"), max_length=AUTHOR_ROOM, blank=True)
    digest = models.TextField(_("digest"), max_length=DIGEST_ROOM, blank=True)
    body = models.TextField(_("text"), blank=True)
    cover = models.ForeignKey(
        MediaFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cover")
    )
    source_url = models.CharField(_("read original"), max_length=SOURCE_URL_ROOM, blank=True)
    need_open_comment = models.BooleanField(_("comments are open"), default=False)
    only_fans_can_comment = models.BooleanField(_("only followers may comment"), default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title


TEXT_FIELDS = tuple(field.name for field in ArticleText._meta.fields)


class Article(ArticleText):
    """An article of one account. ``version`` is the number of its newest revision."""

    brand_path: ClassVar[str] = "official_account__brand"

    official_account = models.ForeignKey(
        OfficialAccount, models.PROTECT, related_name="articles", verbose_name=_("Official Account")
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    # What the checks said at the last save, so that a list need not render every text again.
    stops = models.PositiveSmallIntegerField(default=0, editable=False)
    warnings = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    updated_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("updated by")
    )

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["-updated_at", "-pk"]
        # Serves the list of one account's articles, the newest first.
        indexes = [models.Index(fields=["official_account", "-updated_at"], name="articles_of_account")]

    def get_absolute_url(self) -> str:
        return reverse("articles:edit", args=[self.pk])

    def latest_revision(self) -> "Revision":
        """Return the newest saved state; every article has one from its first moment."""
        revision: Revision = self.revisions.select_related("cover").get(number=self.version)
        return revision


class Revision(ArticleText):
    """One saved state of an article. Campaigns refer to revisions, so what was approved is what is sent."""

    brand_path: ClassVar[str] = "article__official_account__brand"

    article = models.ForeignKey(Article, models.PROTECT, related_name="revisions", verbose_name=_("article"))
    number = models.PositiveIntegerField(_("number"))
    created_at = models.DateTimeField(_("saved"), auto_now_add=True)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("saved by")
    )

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["article", "number"], name="revision_numbers_are_unique")]

    def __str__(self) -> str:
        return f"{self.title} · {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the revision once. Raises ValueError for one that exists: somebody may have approved it."""
        if self.pk is not None:
            raise ValueError("a revision is never changed; save the article instead")
        super().save(*args, **kwargs)
