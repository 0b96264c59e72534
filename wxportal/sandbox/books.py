"""The sandbox's own books: what is true, for tests, the rehearsal and people to compare with."""

from dataclasses import asdict
from typing import Any

from wxportal.sandbox import bits, jobs
from wxportal.sandbox.account import Account, Job
from wxportal.sandbox.clock import beijing_day, beijing_month

SHOWN_PUSHES = 200  # the newest pushes in the books


def summary(account: Account, now: float) -> dict[str, Any]:
    """Everything WeChat knows about the account, in numbers."""
    return {
        **identity(account, now),
        "followers": account.followers.active.bit_count(),
        "ever": account.followers.count,
        "blacklisted": account.followers.blacklisted.bit_count(),
        "tags": tags(account),
        "drafts": len(account.drafts),
        "media": len(account.media),
        "jobs": [job_line(job) for job in account.jobs.values()],
        "previews": len(account.previews),
        "calls": dict(account.calls_on(beijing_day(now))),
        "month": account.followers.month(beijing_month(now)).histogram(account.followers.active),
        "tokens_issued": account.tokens_issued,
        "pushes": [asdict(push) for push in list(account.pushes.values())[-SHOWN_PUSHES:]],
        "recent": list(account.recent),
    }


def identity(account: Account, now: float) -> dict[str, Any]:
    """What a console shows about the account; the secret too, because a person must type it into the portal."""
    plain = ("appid", "secret", "original_id", "name", "type", "personal", "verified_until", "allow_list")
    return {
        **{key: getattr(account, key) for key in plain},
        "verified": account.verified(now),
        "named": account.named,
        "review": account.review,
        "manner": asdict(account.manner),
        "callback": {"url": account.callback.url, "mode": account.callback.mode} if account.callback else None,
    }


def tags(account: Account) -> list[dict[str, Any]]:
    active = account.followers.active
    return [
        {"id": tag.id, "name": tag.name, "count": (tag.members & active).bit_count()} for tag in account.tags.values()
    ]


def job_line(job: Job) -> dict[str, Any]:
    counts = jobs.counts(job)
    return {
        "msg_id": job.msg_id,
        "msg_data_id": job.msg_data_id,
        "clientmsgid": job.key,
        "origin": job.origin,
        "interface": job.interface,
        "target": {key: value for key, value in job.target.items() if key != "who"},
        "digest": job.digest,
        "message": job.message,
        "titles": [article["title"] for article in job.articles],
        "urls": [article["url"] for article in job.articles],
        "status": job.status or "sending",
        "accepted_at": job.accepted,
        "finished_at": job.finished or None,
        "total": counts["TotalCount"],
        "filter": counts["FilterCount"],
        "sent": counts["SentCount"],
        "error": counts["ErrorCount"],
    }


def ledger(account: Account, openid: str | None) -> list[dict[str, Any]]:
    """Every accepted job; with ``openid`` also whether it addressed and reached that follower."""
    lines = [job_line(job) for job in account.jobs.values()]
    if openid is None:
        return lines
    number = account.followers.number(openid)
    for line, job in zip(lines, account.jobs.values(), strict=True):
        line["addressed"] = number is not None and bits.contains(job.who, number)
        line["reached"] = number is not None and bits.contains(job.reached, number)
    return lines


def repeats(account: Account) -> dict[str, Any]:
    """How many followers each content and each clientmsgid reached once, and more than once."""
    return {
        "by_digest": _reach(account, lambda job: job.digest),
        "by_clientmsgid": _reach(account, lambda job: job.key),
    }


def _reach(account: Account, name: Any) -> dict[str, dict[str, int]]:
    reached: dict[str, tuple[int, int]] = {}
    for job in account.jobs.values():
        once, again = reached.get(name(job), (0, 0))
        reached[name(job)] = (once | job.reached, again | (once & job.reached))
    return {
        key: {"followers": once.bit_count(), "more_than_once": again.bit_count()}
        for key, (once, again) in reached.items()
    }
