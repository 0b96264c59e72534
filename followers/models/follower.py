"""One person who follows, or followed, one Official Account."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import connections, models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficialAccount
from accounts.scoping import BrandScopedQuerySet

# Up to here a total is counted; above, it is the planner's estimate and says so.
COUNTED_UP_TO = 10_000  # rows
# Characters shown of each end: all openids of one account begin alike.
OPENID_HEAD, OPENID_TAIL = 4, 8

# Where a follower came from, in WeChat's words (official-account.md §3.2); new values appear without notice.
SCENES = {
    "ADD_SCENE_SEARCH": _("Search"),
    "ADD_SCENE_ACCOUNT_MIGRATION": _("Account migration"),
    "ADD_SCENE_PROFILE_CARD": _("Shared name card"),
    "ADD_SCENE_QR_CODE": _("QR code"),
    "ADD_SCENE_PROFILE_LINK": _("Account name in an article"),
    "ADD_SCENE_PROFILE_ITEM": _("Menu of an article"),
    "ADD_SCENE_PAID": _("After a payment"),
    "ADD_SCENE_WECHAT_ADVERTISEMENT": _("WeChat advertisement"),
    "ADD_SCENE_REPRINT": _("Reprinted article"),
    "ADD_SCENE_LIVESTREAM": _("Live stream"),
    "ADD_SCENE_CHANNELS": _("Channels"),
    "ADD_SCENE_WXA": _("Mini program"),
    "ADD_SCENE_OTHERS": _("Other"),
}


@dataclass(frozen=True)
class Counted:
    """How many rows, and whether they were counted or estimated."""

    number: int
    exact: bool


class FollowerQuerySet(BrandScopedQuerySet):
    """Followers as sets: an account's audience, and pages of it."""

    def reachable(self, official_account: OfficialAccount) -> Self:
        """Return who a mass message of ``official_account`` can reach: follows, and is not on its blacklist."""
        return self.filter(official_account=official_account, subscribed=True, blacklisted=False)

    def with_tag(self, wechat_id: int) -> Self:
        """Return who carries the tag ``wechat_id``; ids are an account's own, so name the account as well."""
        # The second condition is what the index is restricted to.
        return self.filter(tag_ids__contains=[wechat_id]).exclude(tag_ids=[])

    def found_by(self, text: str) -> Self:
        """Return whose openid or remark begins with ``text`` (case matters: an openid is case-sensitive)."""
        # "Not empty" is what the index on remarks is restricted to.
        return self.filter(Q(openid__startswith=text) | Q(remark__startswith=text) & ~Q(remark=""))

    def newest_first(self, after: tuple[datetime, int] | None = None) -> Self:
        """Return them by the moment they followed; ``after`` is the place of the last one already shown.

        A page deep in the list costs what the first one costs: the index is entered at that place.
        """
        rows = self.order_by("-subscribed_at", "-id")
        if after is None:
            return rows
        moment, number = after
        return rows.filter(subscribed_at__lte=moment).exclude(subscribed_at=moment, id__gte=number)

    def estimated_count(self) -> int:
        """Return PostgreSQL's own estimate of the number of rows; costs no more than planning the query."""
        sql, params = self.order_by().values("pk").query.sql_with_params()
        with connections[self.db].cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            (plan,) = cursor.fetchone()
        parsed = json.loads(plan) if isinstance(plan, str) else plan
        return int(parsed[0]["Plan"]["Plan Rows"])

    def counted(self) -> Counted:
        """Return the exact number where it is small, else the estimate. Reads at most COUNTED_UP_TO rows."""
        number = self.order_by().values("pk")[: COUNTED_UP_TO + 1].count()
        if number <= COUNTED_UP_TO:
            return Counted(number, exact=True)
        return Counted(max(self.estimated_count(), number), exact=False)


class Follower(models.Model):
    """粉丝. WeChat gives no name and no picture since 2021: remark, tags and source are what tells people apart.

    ``known_at`` is our clock's time of the newest news about the row: when the
    page that changed it was asked for, or when an event about it arrived. Older
    news never overwrites newer news.
    """

    brand_path: ClassVar[str] = "official_account__brand"

    official_account = models.ForeignKey(
        # Served by the unique key below.
        OfficialAccount,
        models.CASCADE,
        related_name="followers",
        verbose_name=_("Official Account"),
        db_index=False,
    )
    # Collation C: bytes are compared, so "begins with" can use the index, and it is fast.
    openid = models.CharField(_("openid"), max_length=64, db_collation="C")
    unionid = models.CharField(_("unionid"), max_length=64, blank=True, db_default="")
    subscribed = models.BooleanField(_("follows"), default=True)
    subscribed_at = models.DateTimeField(_("followed"), help_text=_("The last time they followed."))
    unsubscribed_at = models.DateTimeField(_("unfollowed"), null=True, blank=True)
    remark = models.CharField(_("remark"), max_length=64, blank=True, db_default="", db_collation="C")
    scene = models.CharField(_("source"), max_length=64, blank=True, db_default="")
    qr_scene = models.CharField(_("QR scene"), max_length=64, blank=True, db_default="")
    tag_ids = ArrayField(models.IntegerField(), verbose_name=_("tags"), default=list, blank=True)
    blacklisted = models.BooleanField(_("on the blacklist"), default=False, db_default=False)
    # An event told us of them, and WeChat was not asked for the rest yet.
    profile_due_since = models.DateTimeField(null=True, blank=True, editable=False)
    # WeChat's CreateTime of the newest subscribe or unsubscribe event we applied.
    event_at = models.DateTimeField(null=True, blank=True, editable=False)
    known_at = models.DateTimeField(_("last news"), editable=False)

    objects = FollowerQuerySet.as_manager()

    class Meta:
        verbose_name = _("follower")
        verbose_name_plural = _("followers")
        constraints = [
            models.UniqueConstraint(fields=["official_account", "openid"], name="one_row_per_openid"),
            models.CheckConstraint(
                condition=Q(subscribed=True, unsubscribed_at=None) | Q(subscribed=False, unsubscribed_at__isnull=False),
                name="gone_has_a_moment",
            ),
        ]
        indexes = [
            # Serves the list: who follows (or is gone), newest first, entered at any place.
            models.Index(
                fields=["official_account", "subscribed", "-subscribed_at", "-id"], name="follower_newest_first"
            ),
            # Serves "begins with" on remarks; most people have none.
            models.Index(fields=["official_account", "remark"], condition=~Q(remark=""), name="follower_by_remark"),
            # Serves "who carries this tag"; most people carry none.
            GinIndex(fields=["tag_ids"], condition=~Q(tag_ids=[]), name="follower_by_tag"),
            # Serves the merge of WeChat's blacklist.
            models.Index(fields=["official_account"], condition=Q(blacklisted=True), name="follower_blacklisted"),
            # Serves "whose profile is still to be read", asked every fifteen seconds.
            models.Index(
                fields=["official_account", "openid"],
                condition=Q(profile_due_since__isnull=False),
                name="follower_due",
            ),
        ]

    def __str__(self) -> str:
        return self.remark or self.short_openid

    def get_absolute_url(self) -> str:
        return reverse("followers:detail", args=[self.pk])

    @property
    def short_openid(self) -> str:
        """Both ends of the openid, for headings."""
        return f"{self.openid[:OPENID_HEAD]}…{self.openid[-OPENID_TAIL:]}"

    @property
    def source(self) -> Any:
        """Where they came from, in words; WeChat's own word where we know none."""
        return SCENES.get(self.scene, self.scene)
