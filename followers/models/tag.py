"""WeChat's tags (标签) of one Official Account."""

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficialAccount
from accounts.scoping import BrandScopedQuerySet
from wxportal.wechat.limits import SYSTEM_TAG_IDS


class TagQuerySet(BrandScopedQuerySet):
    def current(self, official_account: OfficialAccount) -> Self:
        """Return the tags WeChat had for ``official_account`` when it was last asked, by name."""
        return self.filter(official_account=official_account, gone_at=None).order_by("name")


class Tag(models.Model):
    """One tag. A tag deleted in WeChat keeps its row: campaigns of the past were sent to it."""

    brand_path: ClassVar[str] = "official_account__brand"

    official_account = models.ForeignKey(
        OfficialAccount, models.CASCADE, related_name="tags", verbose_name=_("Official Account"), db_index=False
    )
    wechat_id = models.IntegerField(_("WeChat's number"))
    name = models.CharField(_("name"), max_length=64)
    count = models.PositiveIntegerField(_("followers"), default=0, help_text=_("WeChat's own count; it lags a little."))
    counted_at = models.DateTimeField(_("counted"))
    gone_at = models.DateTimeField(_("deleted in WeChat"), null=True, blank=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["official_account", "wechat_id"], name="one_row_per_tag")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_system(self) -> bool:
        """Whether WeChat made it: it can be neither renamed nor deleted."""
        return self.wechat_id in SYSTEM_TAG_IDS
