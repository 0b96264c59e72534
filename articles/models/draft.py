"""Which of our revisions stands in WeChat's draft box, and under which media_id."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scoping import BrandScopedQuerySet
from articles.models.article import Article, Revision


class DraftPush(models.Model):
    """An article pushed to WeChat's drafts from its own page, for people who go on in WeChat's console.

    The drafts of campaigns are not here: a batch keeps its own media_id.
    """

    brand_path: ClassVar[str] = "article__official_account__brand"

    article = models.OneToOneField(Article, models.CASCADE, related_name="draft", verbose_name=_("article"))
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+", verbose_name=_("revision"))
    media_id = models.CharField(max_length=128)
    pushed_at = models.DateTimeField(_("pushed at"))
    pushed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft at WeChat")
        verbose_name_plural = _("drafts at WeChat")
        ordering = ["-pushed_at"]

    def __str__(self) -> str:
        return self.media_id
