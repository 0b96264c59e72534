"""One reading of an account's followers, and what it has to remember to go on after a crash."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import OfficialAccount
from accounts.scoping import BrandScopedQuerySet


class SyncRun(models.Model):
    """One run. It is a row, not a process: any worker may go on where the last one committed.

    ``phase`` and ``cursor`` are the checkpoint, committed together with the rows
    they speak of. ``epoch`` is the fence: a worker that lost its lease cannot
    write over its successor.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        STOPPED = "stopped", pgettext_lazy("sync", "Stopped")
        FAILED = "failed", _("Stopped by a problem")
        FINISHED = "finished", pgettext_lazy("sync", "Finished")

    class Phase(models.TextChoices):
        LISTING = "listing", _("Reading the list")
        PROFILES = "profiles", _("Reading profiles")
        DEPARTED = "departed", _("Asking about those who left")
        LATECOMERS = "latecomers", _("Reading those who came meanwhile")
        LABELS = "labels", _("Reading tags and blacklist")

    brand_path: ClassVar[str] = "official_account__brand"

    official_account = models.ForeignKey(
        OfficialAccount, models.CASCADE, related_name="sync_runs", verbose_name=_("Official Account"), db_index=False
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    phase = models.CharField(_("step"), max_length=12, choices=Phase, default=Phase.LISTING)
    # Where the phase stands: WeChat's next_openid while listing, afterwards the last openid that was done.
    cursor = models.CharField(max_length=64, blank=True)

    total = models.PositiveIntegerField(_("followers by WeChat's count"), default=0)
    pages = models.PositiveIntegerField(_("pages read"), default=0)
    listed = models.PositiveIntegerField(_("listed"), default=0)
    repeats = models.PositiveIntegerField(_("listed twice"), default=0)
    profiles_done = models.PositiveIntegerField(_("profiles read"), default=0)
    refused = models.PositiveIntegerField(_("refused by WeChat"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    gone = models.PositiveIntegerField(_("gone"), default=0)

    started_at = models.DateTimeField(_("started"))
    # Whoever was heard of after this moment needs no place in the list to count as a follower.
    listing_started_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_progress_at = models.DateTimeField(_("last progress"), null=True, blank=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)

    # What is in the way, by its name in followers.words, with what its sentence needs.
    problem = models.CharField(_("problem"), max_length=20, blank=True)
    problem_data = models.JSONField(default=dict, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text=_("In a row; any progress clears it."))
    not_before = models.DateTimeField(null=True, blank=True)

    epoch = models.PositiveIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Since when the rate is measured, and what was done by then: a resumed run shows today's speed.
    stretch_started_at = models.DateTimeField(null=True, blank=True, editable=False)
    stretch_done = models.PositiveIntegerField(default=0, editable=False)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("sync run")
        verbose_name_plural = _("sync runs")
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["official_account"], condition=Q(state="running"), name="one_running_sync_per_account"
            ),
        ]
        indexes = [
            # Serves an account's history.
            models.Index(fields=["official_account", "-started_at"], name="sync_run_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.official_account} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def done(self) -> int:
        """How much of the present phase is done, in followers."""
        return self.listed if self.phase == self.Phase.LISTING else self.profiles_done

    @property
    def expected(self) -> int:
        """How much the present phase has to do, in followers; 0 while WeChat has not said."""
        return self.total if self.phase == self.Phase.LISTING else self.listed

    @property
    def is_resumable(self) -> bool:
        """Whether a person may let it go on."""
        return self.state in (self.State.STOPPED, self.State.FAILED)

    @property
    def rate(self) -> float:
        """Followers a second since this stretch began; 0 while nothing can be said."""
        if self.stretch_started_at is None or self.last_progress_at is None:
            return 0.0
        seconds = (self.last_progress_at - self.stretch_started_at).total_seconds()
        return max(self.done - self.stretch_done, 0) / seconds if seconds > 0 else 0.0

    def ready_at(self) -> datetime | None:
        """Return when the present phase will be done at this rate, or None while nothing can be said."""
        rate = self.rate
        if not rate or self.last_progress_at is None or self.expected <= self.done:
            return None
        return self.last_progress_at + timedelta(seconds=(self.expected - self.done) / rate)


class ListedOpenid(models.Model):
    """One line of WeChat's list as a run read it: who is missing from it may have left.

    Working storage of a run, emptied at its end. The table is UNLOGGED, so a
    crash of PostgreSQL empties it too; the run notices and reads the list again.
    """

    pk = models.CompositePrimaryKey("run", "openid")
    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="+", db_index=False)
    openid = models.CharField(max_length=64, db_collation="C")

    class Meta:
        verbose_name = _("listed openid")
        verbose_name_plural = _("listed openids")

    def __str__(self) -> str:
        return self.openid[:10]
