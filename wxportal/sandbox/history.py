"""How the world changes: one function for each kind of journal entry.

A request decides, writes an entry, and only this module acts on it; a restart
acts on the same entries again. So nothing here asks the clock or draws a
number: whatever was decided stands in the entry.
"""

import random
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from wxportal.sandbox import bits
from wxportal.sandbox.account import (
    CLASSIC_GRACE,
    Account,
    Callback,
    Draft,
    Job,
    Manner,
    Media,
    Push,
    Tag,
    Token,
)
from wxportal.sandbox.clock import beijing_month
from wxportal.sandbox.followers import Followers

Entry = dict[str, Any]
Change = Callable[[Account, Entry], None]

CHANGES: dict[str, Change] = {}
STARRED = (2, "星标组")  # the one system tag that appears in tags/get (§3.5)


def change(kind: str) -> Callable[[Change], Change]:
    def register(function: Change) -> Change:
        CHANGES[kind] = function
        return function

    return register


def new_account(entry: Entry) -> Account:
    """The account described by an ``account.created`` entry."""
    spec = entry["spec"]
    manner = Manner(**{f.name: spec[f.name] for f in fields(Manner) if f.name in spec})
    followers = Followers(spec["seed"], entry["at"])
    followers.join(spec["followers"], manner.refuse_share)
    plain = ("appid", "secret", "original_id", "name", "type", "personal", "verified_until", "seed", "allow_list")
    account = Account(**{key: spec[key] for key in plain}, created=entry["at"], manner=manner, followers=followers)
    account.tags[STARRED[0]] = Tag(*STARRED)
    return account


@change("account.changed")
def _account_changed(account: Account, entry: Entry) -> None:
    for key, value in entry["changes"].items():
        setattr(account.manner if hasattr(account.manner, key) else account, key, value)


@change("verification.review")
def _verification_review(account: Account, entry: Entry) -> None:
    account.review = entry["review"]


@change("verification.qualified")
def _verification_qualified(account: Account, entry: Entry) -> None:
    account.verified_until = entry["until"]
    account.review = {**(account.review or {}), "qualified": True}


@change("verification.named")
def _verification_named(account: Account, entry: Entry) -> None:
    account.named, account.review = entry["named"], None


@change("verification.told")
def _verification_told(account: Account, entry: Entry) -> None:
    account.told.add(entry["mark"])
    if entry["lapsed"]:
        account.named = False


@change("call")
def _call(account: Account, entry: Entry) -> None:
    account.calls_on(entry["day"])[entry["counter"]] += entry["times"]


@change("quota.cleared")
def _quota_cleared(account: Account, entry: Entry) -> None:
    counter = entry["counter"]
    if counter is None:
        account.clearings[entry["month"]] += 1
        account.calls_on(entry["day"]).clear()
    else:
        account.single_clearings[entry["month"]] += 1
        account.calls_on(entry["day"]).pop(counter, None)


@change("token.issued")
def _token_issued(account: Account, entry: Entry) -> None:
    token = Token(entry["value"], entry["at"], entry["at"] + entry["life"])
    account.tokens_issued += 1
    slots = account.tokens
    if entry["slot"] == "classic":
        slots.classic_before, slots.classic = slots.classic, token
        slots.classic_before_until = entry["at"] + CLASSIC_GRACE
    else:
        # A forced renewal kills the token before it at once; a natural one lets it live to its end.
        slots.stable_before, slots.stable = (None if entry["forced"] else slots.stable), token
        if entry["forced"]:
            slots.forced.append(entry["at"])


@change("follower.joined")
def _joined(account: Account, entry: Entry) -> None:
    account.followers.join(entry["how_many"], account.manner.refuse_share, int(entry["at"]))


@change("follower.returned")
def _returned(account: Account, entry: Entry) -> None:
    who = bits.unpack(entry["who"])
    account.followers.active |= who
    account.followers.came.update(dict.fromkeys(bits.numbers(who), int(entry["at"])))


@change("follower.left")
def _left(account: Account, entry: Entry) -> None:
    """Who leaves loses tags and remark; the month's count stays (§3.5, §14.33)."""
    who = bits.unpack(entry["who"])
    account.followers.active &= ~who
    for tag in account.tags.values():
        tag.members &= ~who
    for number in [n for n in account.followers.remarks if bits.contains(who, n)]:
        del account.followers.remarks[number]


@change("follower.remarked")
def _remarked(account: Account, entry: Entry) -> None:
    account.followers.remarks[entry["number"]] = entry["remark"]
    if not entry["remark"]:
        del account.followers.remarks[entry["number"]]


@change("follower.blacklisted")
def _blacklisted(account: Account, entry: Entry) -> None:
    who = bits.unpack(entry["who"])
    if entry["on"]:
        account.followers.blacklisted |= who
    else:
        account.followers.blacklisted &= ~who


@change("tag.saved")
def _tag_saved(account: Account, entry: Entry) -> None:
    tag = account.tags.setdefault(entry["id"], Tag(entry["id"], ""))
    tag.name = entry["name"]
    account.last_tag_id = max(account.last_tag_id, tag.id)  # ids are never given out twice


@change("tag.deleted")
def _tag_deleted(account: Account, entry: Entry) -> None:
    del account.tags[entry["id"]]


@change("tag.members")
def _tag_members(account: Account, entry: Entry) -> None:
    tag, who = account.tags[entry["id"]], bits.unpack(entry["who"])
    tag.members = tag.members | who if entry["on"] else tag.members & ~who


@change("media.added")
def _media_added(account: Account, entry: Entry) -> None:
    account.media[entry["media"]["media_id"]] = Media(**entry["media"])


@change("media.deleted")
def _media_deleted(account: Account, entry: Entry) -> None:
    del account.media[entry["media_id"]]


@change("draft.saved")
def _draft_saved(account: Account, entry: Entry) -> None:
    old = account.drafts.get(entry["media_id"])
    created = old.created if old else entry["at"]
    account.drafts[entry["media_id"]] = Draft(entry["media_id"], entry["articles"], created, entry["at"])


@change("draft.deleted")
def _draft_deleted(account: Account, entry: Entry) -> None:
    del account.drafts[entry["media_id"]]


@change("mass.accepted")
def _mass_accepted(account: Account, entry: Entry) -> None:
    """Freeze who is addressed: later follows and tags do not change a job that was accepted."""
    job = dict(entry["job"])
    target = job["target"]
    if "who" in target:
        who, total = bits.unpack(target["who"]), target["length"]
    else:
        who = account.followers.active
        who &= ~0 if target["is_to_all"] else account.tags[target["tag_id"]].members
        total = who.bit_count()
    account.jobs[job["msg_id"]] = Job(**job, who=who, total=total, accepted=entry["at"])


@change("mass.finished")
def _mass_finished(account: Account, entry: Entry) -> None:
    """Decide who got it, in the order the jobs end, so that two jobs never share a follower's last slot."""
    job = account.jobs[entry["msg_id"]]
    job.status, job.finished = entry["status"], entry["at"]
    if job.succeeded or job.status == "send fail":
        job.eligible = _eligible(account, job)
    if job.succeeded:
        job.reached = job.eligible & ~_unlucky(account, job)
        account.followers.month(beijing_month(job.accepted)).add(job.reached)
        account.drafts.pop(job.media_id, None)


def _eligible(account: Account, job: Job) -> int:
    """Minus who left, refuses, is blacklisted or (service accounts) had four messages this month (§7)."""
    people = account.followers
    who = job.who & people.active & ~people.refusing & ~people.blacklisted
    if account.type == "service":
        who &= ~people.month(beijing_month(job.accepted)).fours
    return 0 if job.plan.get("nobody") else who


def _unlucky(account: Account, job: Job) -> int:
    """A small share of the eligible whom the message does not reach; the same on every replay."""
    chance = random.Random(f"{account.seed}/errors/{job.msg_id}")  # noqa: S311 - a repeatable draw, not a secret
    count = account.followers.count
    return bits.just(chance.sample(range(count), round(count * account.manner.error_share)))


@change("mass.deleted")
def _mass_deleted(account: Account, entry: Entry) -> None:
    account.jobs[entry["msg_id"]].deleted.add(entry["article"])


@change("mass.previewed")
def _mass_previewed(account: Account, entry: Entry) -> None:
    account.previews.append({key: entry[key] for key in ("number", "message", "articles", "at")})


@change("speed.set")
def _speed_set(account: Account, entry: Entry) -> None:
    account.speed = entry["speed"]


@change("callback.set")
def _callback_set(account: Account, entry: Entry) -> None:
    account.callback = Callback(**entry["callback"])


@change("push.queued")
def _push_queued(account: Account, entry: Entry) -> None:
    account.pushes[entry["push"]["id"]] = Push(**entry["push"])


@change("push.attempted")
def _push_attempted(account: Account, entry: Entry) -> None:
    push = account.pushes[entry["id"]]
    push.attempts.append(entry["attempt"])
    push.settled = entry["settled"]
