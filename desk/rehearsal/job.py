"""The whole job, step by step, as people do it: connect, sync, tag, write, schedule, send, read the report.

Every step goes through the same door as the pages. The workers send; this
process only waits and looks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings

from accounts import connection, rehearsal
from accounts.clock import database_now, now_for
from accounts.models import Brand, InboundEvent, OfficialAccount
from accounts.scoping import BrandScopedQuerySet
from articles import checks, images, writing
from articles.models import Article, MediaFile
from campaigns import lifecycle
from campaigns.models import Batch, Campaign, CampaignArticle
from campaigns.sending import incarnation
from desk.demo import pictures
from desk.rehearsal.receipt import Receipt
from desk.rehearsal.wechat_side import FINISHED
from followers import sync, tagging
from followers.models import Follower, SyncRun, Tag
from followers.tasks import sync_followers
from wxportal.nudges import nudge
from wxportal.sandbox.control import Control

BRAND = "Rehearsals"
TAGGED = 500
AHEAD = timedelta(seconds=4)  # how far ahead the campaigns are scheduled
POLL = 0.1  # seconds between two looks
SEND_PATIENCE = 60.0  # seconds for a send and its report
SYNC_PATIENCE = 60.0  # seconds, and one more for every
SYNC_PACE = 200  # followers


class Failed(Exception):
    """A step did not come to its end; the text says which and why."""


@dataclass
class Job:
    """One rehearsal: what it made, for the comparison afterwards."""

    receipt: Receipt
    people: int
    control: Control = field(default_factory=lambda: Control(settings.SANDBOX_URL))
    account: OfficialAccount = field(init=False)
    tag: Tag = field(init=False)
    article: Article = field(init=False)
    campaigns: list[Campaign] = field(default_factory=list)

    def run(self) -> None:
        """Do all of it. Raises Failed."""
        self.connect()
        self.test()
        self.sync()
        self.label()
        self.write()
        self.schedule()
        self.wait_for_sends()
        self.wait_for_reports()

    def connect(self) -> None:
        """Connect a fresh service account and let the sandbox verify our callback address."""
        with self.receipt.step("connect a service account") as step:
            brand, _made = Brand.objects.get_or_create(name=BRAND, defaults={"colour": "slate", "initial": "R"})
            name = f"Rehearsal {database_now():%m-%d %H:%M:%S}"
            self.account = rehearsal.connect(brand, name, kind="service", followers=self.people, now=database_now())
            rehearsal.follow_sandbox_clock()
            self.account.refresh_from_db()
            step.note = self.account.appid
        if self.account.callback_verified_at is None:
            raise Failed(f"the sandbox could not verify the callback address {settings.PUBLIC_BASE_URL}/callback/…")

    def test(self) -> None:
        """Run the connection test."""
        with self.receipt.step("test the connection") as step:
            lines = connection.test(self.account, now_for(self.account))
            step.note = f"{len(lines)} questions"
        if wrong := [line for line in lines if not line.ok]:
            raise Failed(f"the connection test: {wrong[0].title}: {wrong[0].text} {wrong[0].detail}")

    def sync(self) -> None:
        """Let a worker read the followers."""
        with self.receipt.step("sync the followers") as step:
            run = sync.start(self.account)
            nudge(sync_followers, run.pk)
            patience = SYNC_PATIENCE + self.people / SYNC_PACE
            self._wait(lambda: self._state_of(run) != SyncRun.State.RUNNING, patience, "the sync")
            run.refresh_from_db()
            step.note = f"{run.listed:,} listed"
        if run.state != SyncRun.State.FINISHED:
            raise Failed(f"the sync stopped: {run.problem} {run.problem_data}")

    def label(self) -> None:
        """Make a tag and put it on some followers, in WeChat and here."""
        with self.receipt.step(f"tag {min(TAGGED, self.people)} followers") as step:
            self.tag = tagging.create(self.account, "Rehearsal")
            chosen = Follower.objects.reachable(self.account).order_by("openid").values_list("openid", flat=True)
            done = tagging.tag(self.account, self.tag, list(chosen[:TAGGED]))
            self.tag.refresh_from_db()
            step.note = f"{done.accepted} accepted"

    def write(self) -> None:
        """Write an article with a cover and two pictures."""
        with self.receipt.step("write an article with two pictures") as step:
            inside = [self._picture(scene, pictures.INSIDE) for scene in ("hills", "cup")]
            shown = "".join(f'<p><img src="{each.get_absolute_url()}" alt="{each.name}"></p>' for each in inside)
            self.article = writing.create(
                self.account,
                title="A rehearsal, first to last",
                author="Stage",
                digest="Nobody real gets this.",
                body=f"<h2>One, two</h2><p>茶を一杯どうぞ。请喝茶。</p>{shown}<p>End.</p>",
                cover=self._picture("bowl", pictures.COVER),
            )
            step.note = f"{len(self.article.body):,} characters"
        if stops := checks.stops(checks.of(self.article, self.account)):
            raise Failed(f"the article's checks: {stops[0].text}")

    def schedule(self) -> None:
        """Release one campaign for everybody and one for the tag, a few seconds ahead."""
        with self.receipt.step("schedule two campaigns") as step:
            for name, tag in (("To everybody", None), ("To the tag", self.tag)):
                self.campaigns.append(self._release(name, tag))
            step.note = f"in {AHEAD.total_seconds():.0f} s"

    def wait_for_sends(self) -> None:
        """Wait until WeChat has taken both."""
        with self.receipt.step("a worker sends both") as step:
            self._wait(lambda: self._count(msg_id__isnull=False) == len(self.campaigns), SEND_PATIENCE, "the sends")
            step.note = f"{sum(batch.armed_count for batch in self.batches())} calls"

    def wait_for_reports(self) -> None:
        """Wait until WeChat's encrypted reports have come in and were written into the batches."""
        with self.receipt.step("WeChat reports by callback") as step:
            done = {"state": Batch.State.DONE}
            self._wait(lambda: self._count(**done) == len(self.campaigns), SEND_PATIENCE, "the reports")
            step.note = f"{self.reports().count()} encrypted events"

    def batches(self) -> list[Batch]:
        """Return the call of each campaign, in the order they were planned."""
        return list(Batch.objects.filter(campaign__in=self.campaigns).order_by("campaign_id"))

    def reports(self) -> BrandScopedQuerySet:
        """Return the reports that came in by callback, signed, and were delivered."""
        delivered = {"kind": FINISHED, "signed": True, "delivered_at__isnull": False}
        return InboundEvent.objects.filter(official_account=self.account, **delivered)

    def _release(self, name: str, tag: Tag | None) -> Campaign:
        audience = Campaign.Audience.TAG if tag else Campaign.Audience.ALL
        campaign = Campaign.objects.create(
            official_account=self.account,
            name=f"{self.account.name}: {name}",
            audience=audience,
            tag=tag,
            scheduled_at=now_for(self.account) + AHEAD,
        )
        CampaignArticle.objects.create(campaign=campaign, article=self.article, position=1)
        return lifecycle.release(campaign, by=None, version=campaign.version)

    def _picture(self, scene: str, size: tuple[int, int]) -> MediaFile:
        content = pictures.draw(scene, size, pictures.MORNING)
        return images.store(self.account, images.prepare(content), name=f"{scene}.jpg")

    def _state_of(self, run: SyncRun) -> str:
        run.refresh_from_db(fields=["state"])
        return run.state

    def _count(self, **condition: Any) -> int:
        return Batch.objects.filter(campaign__in=self.campaigns, **condition).count()

    def _wait(self, holds: Callable[[], bool], patience: float, what: str) -> None:
        until = time.monotonic() + patience
        while not holds():
            if time.monotonic() > until:
                raise Failed(f"{what} did not come to an end within {patience:.0f} s. {self._situation()}")
            time.sleep(POLL)

    def _situation(self) -> str:
        rows = [f"{batch.state} {batch.last_answer}".strip() for batch in self.batches()]
        words = "; ".join(rows) if rows else "no batch yet"
        return f"Batches: {words}. Sending: {incarnation.why_off() or 'on'}."
