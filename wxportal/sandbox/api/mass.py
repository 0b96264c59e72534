"""Mass sending: to all, to a tag, to a list; previews, results, deletion, speed (§6)."""

import hashlib
import json
from typing import Any

from wxportal.sandbox import bits, jobs, messages
from wxportal.sandbox.account import Job
from wxportal.sandbox.api.tags import tag_of
from wxportal.sandbox.calls import Call, Need, Refused, api, integer, ok
from wxportal.sandbox.clock import beijing_day

COUNTER = "/cgi-bin/message/mass/sendall"  # sendall and send are counted together
PER_DAY = 100
PER_MINUTE = 60
KEY_BYTES = 32
FEWEST, MOST = 2, 10_000  # openids of one send
MONTHLY_TO_ALL = 4  # sends to all and console sends of a service account, a Beijing month
DELETIONS_PER_DAY = 10
NAMED_PREVIEWS_PER_DAY = 100
SPEEDS = {0: 80, 1: 60, 2: 45, 3: 30, 4: 10}  # speed → realspeed, 10,000 messages a minute


@api("POST", COUNTER, need=Need.VERIFIED, counter=COUNTER, daily=PER_DAY, per_minute=PER_MINUTE)
def send_to_filter(call: Call) -> dict[str, Any]:
    data = call.data()
    return _send(call, data, "sendall", _filter(call, data.get("filter")))


@api(
    "POST",
    "/cgi-bin/message/mass/send",
    need=Need.VERIFIED_SERVICE,
    counter=COUNTER,
    daily=PER_DAY,
    per_minute=PER_MINUTE,
)
def send_to_openids(call: Call) -> dict[str, Any]:
    data = call.data()
    return _send(call, data, "send", _list(call, data.get("touser")))


def _send(call: Call, data: dict[str, Any], interface: str, target: dict[str, Any]) -> dict[str, Any]:
    """The one way a job comes into the world through the API.

    The key is looked at before the message: a repeat after the draft has died is
    answered with 45065, not with 40007. (The real order is not published.)
    """
    key = _key(data, target)
    _check_key(call, key)
    message = messages.checked(call, data)
    _check_entitlement(call, target)
    _check_pace(call)
    job = jobs.accept(call.world, call.account, interface, key, target, message)
    data_id = {"msg_data_id": job.msg_data_id} if job.msg_data_id else {}
    return {"errcode": 0, "errmsg": "send job submission success", "msg_id": job.msg_id, **data_id}


def _filter(call: Call, wanted: Any) -> dict[str, Any]:
    """Raises Refused 40008 for types WeChat was seen to refuse, 40152 for an unknown tag."""
    if not isinstance(wanted, dict) or not isinstance(wanted.get("is_to_all"), bool):
        raise Refused(40008)
    if wanted["is_to_all"]:
        return {"is_to_all": True}
    # Tags were called groups before 2016, and older clients still write that name.
    tag_id = wanted.get("tag_id", wanted.get("group_id"))
    return {"is_to_all": False, "tag_id": tag_of(call, tag_id, 40152).id}


def _list(call: Call, openids: Any) -> dict[str, Any]:
    """Raises Refused 40031 (no list of known openids), 40130 (fewer than two), 40032 (too many), 49003."""
    if not isinstance(openids, list):
        raise Refused(40031)
    if len(openids) < FEWEST:
        raise Refused(40130)
    if len(openids) > MOST:
        raise Refused(40032)
    try:
        who = bits.just(call.number_of(openid) for openid in openids)
    except Refused as refused:
        raise Refused(40031 if refused.errcode == 40003 else refused.errcode) from None
    return {"who": bits.pack(who), "length": len(openids)}


def _key(data: dict[str, Any], target: dict[str, Any]) -> str:
    """The clientmsgid, or what WeChat makes of target and content. Raises Refused 45067."""
    key = data.get("clientmsgid")
    if key in (None, ""):
        content = {name: value for name, value in data.items() if name not in ("touser", "filter")}
        basis = json.dumps([target, content], sort_keys=True, ensure_ascii=False)
        return "digest:" + hashlib.sha256(basis.encode()).hexdigest()
    if not isinstance(key, str) or len(key.encode()) > KEY_BYTES:
        raise Refused(45067)
    return key


def _check_key(call: Call, key: str) -> None:
    """Raises Refused 45066 while the first is being processed, then 45065 with its msg_id (no msg_data_id)."""
    job = call.account.job_of_key(key, call.now)
    if job is None:
        return
    if call.now - job.accepted < call.account.manner.key_window:
        raise Refused(45066)
    raise Refused(45065, msg_id=job.msg_id)


def _check_entitlement(call: Call, target: dict[str, Any]) -> None:
    """Raises Refused 45028 when day (subscription) or month (service, to all) is used up (§6.1)."""
    account, to_all = call.account, bool(target.get("is_to_all"))
    if account.type == "subscription":
        today = account.jobs_of_day(call.now)
        by_hand = any(job.origin == "console" for job in today)
        if any(job.origin == "api" for job in today) or (to_all and by_hand):
            raise Refused(45028)
    elif to_all:
        counted = [job for job in account.jobs_of_month(call.now) if job.to_all or job.origin == "console"]
        if len(counted) >= MONTHLY_TO_ALL:
            raise Refused(45028)


def _check_pace(call: Call) -> None:
    """Raises Refused 42010 for a call beside another one, or sooner after it than the account's gap."""
    last = max((job.accepted for job in call.account.jobs.values()), default=0.0)
    if call.account.answering or call.now - last < call.account.manner.mass_gap:
        raise Refused(42010)


@api("POST", "/cgi-bin/message/mass/preview", need=Need.VERIFIED)
def preview(call: Call) -> dict[str, Any]:
    """To one follower, by openid or WeChat id (which wins); nothing is used up."""
    data = call.data()
    number = _named(call, data["towxname"]) if data.get("towxname") else call.number_of(data.get("touser"))
    if not call.account.followers.follows(number):
        raise Refused(43004)
    message = messages.checked(call, data, preview=True)
    call.record("mass.previewed", number=number, message=message.summary, articles=message.articles)
    return {"errcode": 0, "errmsg": "preview success"}


def _named(call: Call, name: Any) -> int:
    """Follower number 7's WeChat id is ``wxid_7`` here. Raises Refused 45009, 40132."""
    day, counter = beijing_day(call.now), "preview by towxname"
    if call.account.calls_on(day)[counter] >= NAMED_PREVIEWS_PER_DAY:
        raise Refused(45009)
    call.record("call", counter=counter, day=day, times=1)
    prefix, _, digits = str(name).partition("wxid_")
    if prefix or not digits.isdecimal() or int(digits) >= call.account.followers.count:
        raise Refused(40132)
    return int(digits)


@api("POST", "/cgi-bin/message/mass/get", need=Need.VERIFIED)
def status(call: Call) -> dict[str, Any]:
    job = _job(call, call.data().get("msg_id"))
    return {"msg_id": job.msg_id, "msg_status": job.state()}


@api("POST", "/cgi-bin/message/mass/delete", need=Need.VERIFIED, daily=DELETIONS_PER_DAY)
def delete(call: Call) -> dict[str, Any]:
    """``article_idx`` counts from 1; 0 or none deletes every article. Only finished API jobs with articles."""
    data = call.data()
    job, article = _deletable(call, data)
    if job.origin != "api" or not job.articles:
        raise Refused(40059)
    if not job.succeeded:
        raise Refused(40065)
    if not 0 <= article <= len(job.articles):
        raise Refused(40060)
    call.record("mass.deleted", msg_id=job.msg_id, article=article)
    return ok()


def _deletable(call: Call, data: dict[str, Any]) -> tuple[Job, int]:
    """The job and article meant by msg_id (which wins) or by an article's address."""
    if data.get("msg_id"):
        return _job(call, data["msg_id"]), integer(data.get("article_idx") or 0, 40060)
    for job in call.account.jobs.values():
        for index, article in enumerate(job.articles, start=1):
            if data.get("url") and article["url"] == data["url"]:
                return job, index
    raise Refused(40059)


def _job(call: Call, msg_id: Any) -> Job:
    job = call.account.jobs.get(integer(msg_id, 40059))
    if job is None or job.origin != "api":
        raise Refused(40059)
    return job


@api("POST", "/cgi-bin/message/mass/speed/get", need=Need.VERIFIED)
def speed(call: Call) -> dict[str, Any]:
    return {"speed": call.account.speed, "realspeed": SPEEDS[call.account.speed]}


@api("POST", "/cgi-bin/message/mass/speed/set", need=Need.VERIFIED)
def set_speed(call: Call) -> dict[str, Any]:
    wanted = integer(call.data().get("speed"), 45083)
    if wanted not in SPEEDS:
        raise Refused(45083)
    call.record("speed.set", speed=wanted)
    return ok()
