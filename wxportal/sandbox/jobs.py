"""Mass jobs after their acceptance: the end, and the event that reports it (§7)."""

from typing import Any

from wxportal.sandbox import shapes
from wxportal.sandbox.account import Account, Job
from wxportal.sandbox.faults import EVENT, OUTCOME, Fault
from wxportal.sandbox.messages import Message
from wxportal.sandbox.world import World

EVENT_NAME = "MASSSENDJOBFINISH"
ANY_SEND = "/cgi-bin/message/mass"  # a fault on this path concerns every mass send
ARTICLE_HOST = "http://mp.weixin.qq.com/s/"
HELPER = "oMPHELPER00000000000000000001"  # the account the event comes from; no follower
COPYRIGHT_STOP = {"err(30002)": (3, 0), "err(30003)": (2, 1)}  # status → CheckState, CanReprint


def accept(
    world: World,
    account: Account,
    interface: str,
    key: str,
    target: dict[str, Any],
    message: Message,
    origin: str = "api",
) -> Job:
    """Take the job into the books and let it end when its time comes. The caller holds the lock."""
    job = {
        "msg_id": world.next_msg_id(console=origin == "console"),
        "msg_data_id": world.next_msg_data_id() if message.articles else 0,
        "origin": origin,
        "interface": interface,
        "key": key,
        "target": target,
        "digest": message.digest,
        "message": message.summary,
        "articles": [{**article, "url": ARTICLE_HOST + shapes.article_key()} for article in message.articles],
        "media_id": message.media_id,
        "plan": _plan(world, account, interface),
    }
    world.record("mass.accepted", account, job=job)
    accepted = account.jobs[int(str(job["msg_id"]))]
    schedule(world, account, accepted)
    return accepted


def schedule(world: World, account: Account, job: Job) -> None:
    """End the job after the account's delay; at once when the event is ordered to come before the answer."""
    if "early" in job.plan:
        finish(world, account, job.msg_id)
        return
    due = job.accepted + account.manner.finish_seconds
    world.alarm.at(due, lambda: finish(world, account, job.msg_id))


def resume(world: World) -> None:
    """Give every job that was running before the last restart its end."""
    for account in world.accounts.values():
        for job in [job for job in account.jobs.values() if not job.status]:
            schedule(world, account, job)


def finish(world: World, account: Account, msg_id: int) -> None:
    """Settle who got the message and report it, once."""
    with world.lock:
        job = account.jobs[msg_id]
        if job.status:
            return
        world.record("mass.finished", account, msg_id=msg_id, status=job.plan.get("status", "send success"))
        _report(world, account, job)


def _report(world: World, account: Account, job: Job) -> None:
    plan, fields = job.plan, event_fields(job)
    if "never" in plan:
        return
    due = world.clock.now() + plan.get("late", {}).get("seconds", 0)
    for _ in range(plan.get("duplicate", {}).get("count", 1)):
        on_its_way = world.postman.queue(account, EVENT_NAME, fields, due=due, whitespace="whitespace" in plan)
        if "early" in plan and on_its_way:
            account.awaited.append(on_its_way)


def _plan(world: World, account: Account, interface: str) -> dict[str, Any]:
    """What the ordered faults make of this job's end and of its event."""
    plan: dict[str, Any] = {}
    event = _ordered(world, account, EVENT, ("event", EVENT_NAME))
    if event:
        plan[event.kind] = {"count": 3, **event.options}
    outcome = _ordered(world, account, OUTCOME, (f"{ANY_SEND}/{interface}", ANY_SEND))
    if outcome and outcome.kind == "mass_status":
        plan["status"] = outcome.options["status"]
    elif outcome:
        plan["nobody"] = True
    return plan


def _ordered(world: World, account: Account, kinds: frozenset[str], paths: tuple[str, ...]) -> Fault | None:
    found = (world.faults.take(path, account.appid, kinds) for path in paths)
    return next((fault for fault in found if fault), None)


def counts(job: Job) -> dict[str, int]:
    """The four numbers of the report; Filter is what was left after filtering."""
    sent, left = job.reached.bit_count(), job.eligible.bit_count()
    return {"TotalCount": job.total, "FilterCount": left, "SentCount": sent, "ErrorCount": left - sent}


def event_fields(job: Job) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "FromUserName": HELPER,
        "CreateTime": int(job.finished),
        "MsgType": "event",
        "Event": EVENT_NAME,
        "MsgID": job.msg_id,
        "Status": job.status,
        **counts(job),
        "CopyrightCheckResult": _copyright(job),
    }
    if job.articles and job.succeeded:
        items = [{"ArticleIdx": n, "ArticleUrl": a["url"]} for n, a in enumerate(job.articles, start=1)]
        fields["ArticleUrlResult"] = {"Count": len(items), "ResultList": {"item": items}}
    return fields


def _copyright(job: Job) -> dict[str, Any]:
    if job.status not in COPYRIGHT_STOP:
        return {"Count": 0, "ResultList": "", "CheckState": 1 if job.succeeded else 0}
    state, can_reprint = COPYRIGHT_STOP[job.status]
    items = [
        {
            "ArticleIdx": n,
            "UserDeclareState": 0,
            "AuditState": 2,
            "OriginalArticleUrl": f"{ARTICLE_HOST}ORIGINAL",
            "OriginalArticleType": 1,
            "CanReprint": can_reprint,
            "NeedReplaceContent": 1,
            "NeedShowReprintSource": 1,
        }
        for n in range(1, len(job.articles) + 1)
    ]
    return {"Count": len(items), "ResultList": {"item": items}, "CheckState": state}
