"""One step after the other, each committed with its checkpoint."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from accounts.clock import database_now
from accounts.gateway import client_for
from accounts.models import OfficialAccount
from followers import taglist
from followers.models import Follower, SyncRun
from followers.sync import listing, merging, profiles, troubles
from followers.sync.listing import Unbelievable
from followers.sync.merging import Merged
from followers.sync.profiles import Read
from followers.sync.runs import Grip, Overtaken, claim
from wxportal.wechat.client import Client
from wxportal.wechat.errors import WeChatError

logger = logging.getLogger(__name__)

# How long a worker works on one run before it lets go: other accounts, events and a shutdown get their turn.
SLICE = 20.0  # seconds
# What a killed worker loses at most: twenty calls, and memory for their answers only.
CHUNK = 2_000  # followers
# An event tells of somebody at once; their profile is asked for when the run, or beat, comes by.
MOST_LATECOMERS = 1_000  # followers in one go

Phase = SyncRun.Phase
Step = Callable[[Grip, Client], None]


def work(run_id: int, *, slice_seconds: float = SLICE) -> bool:
    """Work on a run for about ``slice_seconds``; return whether there is more to do at once.

    Does nothing when the run is stopped, not due, or in another worker's hands.
    """
    grip = claim(run_id)
    if grip is None:
        return False
    try:
        return _work(grip, time.monotonic() + slice_seconds)
    except Overtaken:
        logger.info("sync run %s: stopped or taken over", run_id)
        return False


def complete(official_account: OfficialAccount, openids: Sequence[str]) -> Merged:
    """Read and keep the profiles of some followers. Raises WeChatError."""
    asked_at = database_now()
    read = profiles.read(client_for(official_account), openids, heartbeat=lambda: None)
    with transaction.atomic():
        return merging.merge(official_account.pk, read.profiles, read.refused, asked_at)


def _work(grip: Grip, until: float) -> bool:
    """Take steps until the run ends, fails, has to wait, or the slice is over. Raises Overtaken."""
    try:
        client = client_for(grip.run.official_account)
    except ValueError:
        grip.fail("interface")
        return False
    try:
        while time.monotonic() < until:
            if grip.run.state == SyncRun.State.FINISHED:
                return False
            STEPS[Phase(grip.run.phase)](grip, client)
    except (WeChatError, Unbelievable) as exc:
        troubles.handle(grip, exc)
        return False
    grip.release()
    return True


def _list(grip: Grip, client: Client) -> None:
    """Read one page of the list; after the last one the profiles' turn comes."""
    run = grip.run
    if run.pages == 0:
        _begin(grip, client)
    page = listing.ask(client, run)
    with transaction.atomic():
        added = listing.keep(run, page.openids)
        listed, repeats = run.listed + added, run.repeats + len(page.openids) - added
        grip.checkpoint(pages=run.pages + 1, listed=listed, repeats=repeats, total=page.total, cursor=page.next_openid)
        if listing.is_last(page, listed):
            listing.analyze()
            _enter(grip, Phase.PROFILES)


def _begin(grip: Grip, client: Client) -> None:
    """Note when the list was begun; read the tags first, so that their names are there before the followers."""
    listing.forget_older(grip.run)
    grip.checkpoint(listing_started_at=database_now())
    taglist.refresh(grip.run.official_account, client)


def _read_profiles(grip: Grip, client: Client) -> None:
    """Read and merge one chunk of the list's profiles."""
    run = grip.run
    openids = listing.after(run, run.cursor, CHUNK)
    if not openids:
        return _after_profiles(grip)
    read, asked_at = _ask(grip, client, openids)
    with transaction.atomic():
        merged = merging.merge(run.official_account_id, read.profiles, [], asked_at)
        # Whom WeChat listed and will not tell about is counted, and left as they are.
        refused = run.refused + len(set(openids) - {profile.openid for profile in read.profiles})
        done = run.profiles_done + len(openids)
        _checkpoint_merged(grip, merged, cursor=openids[-1], refused=refused, profiles_done=done)
    return None


def _after_profiles(grip: Grip) -> None:
    """Go on only when everybody in the list had their turn, and the list is what it was."""
    if grip.run.profiles_done != grip.run.listed or not listing.is_whole(grip.run):
        _list_again(grip)
    else:
        _enter(grip, Phase.DEPARTED)


def _ask_about_departed(grip: Grip, client: Client) -> None:
    """Ask WeChat about those missing from the list; gone is who it says is gone."""
    run = grip.run
    openids = listing.missing(run, run.cursor, CHUNK)
    if not openids:
        return _enter(grip, Phase.LATECOMERS)
    read, asked_at = _ask(grip, client, openids)
    with transaction.atomic():
        merged = merging.merge(run.official_account_id, read.profiles, read.refused, asked_at)
        _checkpoint_merged(grip, merged, cursor=openids[-1])
    return None


def _read_latecomers(grip: Grip, client: Client) -> None:
    """Read the profiles of those we know from events only."""
    run = grip.run
    due = Follower.objects.filter(official_account=run.official_account, profile_due_since__isnull=False)
    remaining = due.filter(openid__gt=run.cursor).order_by("openid")
    openids = list(remaining.values_list("openid", flat=True)[:MOST_LATECOMERS])
    if not openids:
        return _enter(grip, Phase.LABELS)
    read, asked_at = _ask(grip, client, openids)
    with transaction.atomic():
        merged = merging.merge(run.official_account_id, read.profiles, read.refused, asked_at)
        _checkpoint_merged(grip, merged, cursor=openids[-1])
    return None


def _read_labels(grip: Grip, client: Client) -> None:
    """Read the tags' counts and the blacklist, and end the run."""
    run = grip.run
    taglist.refresh(run.official_account, client)
    blacklist = taglist.read_blacklist(client, heartbeat=grip.renew)
    with transaction.atomic():
        merging.merge_blacklist(run.official_account_id, blacklist)
        grip.finish()
        listing.forget(run)
    run.state = SyncRun.State.FINISHED
    merging.analyze()


def _ask(grip: Grip, client: Client, openids: Sequence[str]) -> tuple[Read, datetime]:
    """Return what WeChat says, and our clock's time before it was asked: events after that are newer."""
    asked_at = database_now()
    return profiles.read(client, openids, heartbeat=grip.renew), asked_at


def _checkpoint_merged(grip: Grip, merged: Merged, **changes: int | str) -> None:
    run = grip.run
    counts = {"new": run.new + merged.new, "changed": run.changed + merged.changed, "gone": run.gone + merged.gone}
    grip.checkpoint(**counts, **changes)


def _enter(grip: Grip, phase: SyncRun.Phase) -> None:
    """Begin a phase; its rate is measured from here."""
    grip.checkpoint(phase=phase, cursor="", stretch_started_at=database_now(), stretch_done=0)


def _list_again(grip: Grip) -> None:
    """Begin again with the list: the one we had was lost with a crash of the database."""
    logger.warning("sync run %s: its list is not whole any more and is read again", grip.run.pk)
    with transaction.atomic():
        listing.forget(grip.run)
        grip.checkpoint(phase=Phase.LISTING, cursor="", pages=0, listed=0, repeats=0, profiles_done=0)


STEPS: dict[SyncRun.Phase, Step] = {
    Phase.LISTING: _list,
    Phase.PROFILES: _read_profiles,
    Phase.DEPARTED: _ask_about_departed,
    Phase.LATECOMERS: _read_latecomers,
    Phase.LABELS: _read_labels,
}
