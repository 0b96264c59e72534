"""What people plan: which articles go to whom, when, under which rules."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficialAccount
from accounts.scoping import BrandScopedQuerySet

LATEST_START = 30  # minutes after the planned moment until which a campaign may still begin
LONGEST_LATEST_START = 24 * 60  # minutes


class Campaign(models.Model):
    """The plan, and what people ordered about it.

    ``status`` is moved by people before the first call, ``command`` says what they
    (or the error brake) ordered afterwards. Neither is ever derived from batches;
    the word people see is (``lifecycle.word_for``).
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        CANCELLED = "cancelled", _("Cancelled")

    class Command(models.TextChoices):
        RUN = "run", _("Run")
        PAUSE = "pause", _("Pause")
        STOP = "stop", _("Stop")

    class Audience(models.TextChoices):
        ALL = "all", _("Everybody")
        TAG = "tag", _("A tag")

    class Purpose(models.TextChoices):
        BRANDING = "branding", _("Branding")
        ACQUISITION = "acquisition", _("Acquisition")
        LOYALTY = "loyalty", _("Loyalty")
        SALES = "sales", _("Sales")
        SERVICE = "service", _("Service")
        RECRUITMENT = "recruitment", _("Recruitment")

    brand_path: ClassVar[str] = "official_account__brand"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    official_account = models.ForeignKey(
        OfficialAccount, models.PROTECT, related_name="campaigns", verbose_name=_("Official Account")
    )
    name = models.CharField(_("name"), max_length=80)
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose, default=Purpose.BRANDING)
    articles = models.ManyToManyField("articles.Article", through="CampaignArticle", related_name="campaigns")

    audience = models.CharField(_("audience"), max_length=4, choices=Audience, default=Audience.ALL)
    tag = models.ForeignKey("followers.Tag", models.PROTECT, null=True, blank=True, verbose_name=_("tag"))

    scheduled_at = models.DateTimeField(_("moment"), null=True, blank=True)
    latest_start = models.PositiveSmallIntegerField(
        _("latest start"),
        default=LATEST_START,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_LATEST_START)],
        help_text=_("Minutes after the moment until which it may still begin. Later it counts as missed."),
    )
    ignore_reprint = models.BooleanField(_("go on when WeChat takes an article for a reprint"), default=False)

    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    command = models.CharField(max_length=5, choices=Command, default=Command.RUN, editable=False)
    # Counts every save of the plan: a form or a release made from an older plan is refused.
    version = models.PositiveIntegerField(default=1, editable=False)

    # What release fixed.
    content_fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    send_number = models.PositiveSmallIntegerField(default=1, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    released_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What the freeze fixed: from here on the audience is cut into batches.
    frozen_at = models.DateTimeField(null=True, blank=True, editable=False)
    audience_count = models.PositiveIntegerField(null=True, blank=True, editable=False)
    # Set by a restore or a clone (DISPATCH §5): nothing is frozen or sent until a person looked.
    quarantined_at = models.DateTimeField(null=True, blank=True, editable=False)

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-scheduled_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(audience="tag") ^ Q(tag=None), name="a_tag_where_the_audience_is_one"),
            models.CheckConstraint(
                condition=~Q(status="scheduled") | (Q(scheduled_at__isnull=False) & ~Q(content_fingerprint="")),
                name="scheduled_has_moment_and_content",
            ),
        ]
        indexes = [
            # Serves the tick: which scheduled campaigns are to be frozen, which have missed their start.
            models.Index(fields=["scheduled_at"], condition=Q(status="scheduled"), name="campaigns_to_begin"),
            # Serves the list of campaigns of an account.
            models.Index(fields=["official_account", "-scheduled_at"], name="campaigns_of_account"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("campaigns:detail", args=[self.pk])

    @property
    def not_before(self) -> datetime | None:
        """The first moment at which a call may begin."""
        return self.scheduled_at

    @property
    def not_after(self) -> datetime | None:
        """The moment from which it counts as missed while nothing can have gone out."""
        return self.scheduled_at + timedelta(minutes=self.latest_start) if self.scheduled_at else None


class CampaignArticle(models.Model):
    """One article of a campaign, in its place; release pins the revision that is sent."""

    brand_path: ClassVar[str] = "campaign__official_account__brand"

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="places")
    article = models.ForeignKey("articles.Article", models.PROTECT, related_name="+", verbose_name=_("article"))
    revision = models.ForeignKey("articles.Revision", models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField(_("place"))

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("article of a campaign")
        verbose_name_plural = _("articles of campaigns")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "position"], name="one_article_per_place"),
            models.UniqueConstraint(fields=["campaign", "article"], name="an_article_once_per_campaign"),
            models.CheckConstraint(condition=Q(position__gte=1, position__lte=8), name="one_to_eight_articles"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.article}"
