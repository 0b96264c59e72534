"""Counters of calls, clearing them, and looking a call up by its rid (§1.5)."""

import re
from typing import Any

from wxportal.sandbox.calls import INTERFACES, Call, Refused, api, ok
from wxportal.sandbox.clock import beijing_day, beijing_month

CLEARINGS = 10  # clear_quota a Beijing month, shared with the console
SINGLE_CLEARINGS = 50  # quota/clear a Beijing month
RID_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}")
RID_LIFE = 7 * 86400  # seconds
UNLIMITED = 100_000_000  # shown for interfaces without a published number
MINUTE = 60  # seconds


@api("POST", "/cgi-bin/clear_quota")
def clear(call: Call) -> dict[str, Any]:
    if call.data().get("appid") != call.account.appid:
        raise Refused(40013)
    return _clear_all(call)


@api("POST", "/cgi-bin/clear_quota/v2", by_secret=True)
def clear_with_secret(call: Call) -> dict[str, Any]:
    return _clear_all(call)


def _clear_all(call: Call) -> dict[str, Any]:
    """Sets the calls of the day to zero; never gives back a right to send (45028). Raises Refused 48006."""
    if call.account.clearings[beijing_month(call.now)] >= CLEARINGS:
        raise Refused(48006)
    _clear(call, None)
    return ok()


@api("POST", "/cgi-bin/openapi/quota/clear")
def clear_one(call: Call) -> dict[str, Any]:
    counter = _interface_of(call)
    if call.account.single_clearings[beijing_month(call.now)] >= SINGLE_CLEARINGS:
        raise Refused(48006)
    _clear(call, counter)
    return ok()


def _clear(call: Call, counter: str | None) -> None:
    call.record("quota.cleared", counter=counter, day=beijing_day(call.now), month=beijing_month(call.now))


@api("POST", "/cgi-bin/openapi/quota/get")
def get(call: Call) -> dict[str, Any]:
    interface = INTERFACES[_path(call)]
    limit = interface.daily if interface.daily is not None else UNLIMITED
    used = call.account.calls_on(beijing_day(call.now))[interface.counter]
    result = ok(quota={"daily_limit": limit, "used": used, "remain": max(0, limit - used)})
    if interface.per_minute is not None:
        rate = {"call_count": interface.per_minute, "refresh_second": MINUTE}
        result |= {"rate_limit": rate, "component_rate_limit": rate}
    return result


def _interface_of(call: Call) -> str:
    return INTERFACES[_path(call)].counter


def _path(call: Call) -> str:
    """Raises Refused 76021 for an address nobody serves."""
    path = "/" + str(call.data().get("cgi_path", "")).lstrip("/")
    if path not in INTERFACES:
        raise Refused(76021)
    return path


@api("POST", "/cgi-bin/openapi/rid/get")
def rid(call: Call) -> dict[str, Any]:
    """Raises Refused 76002 (malformed), 76003 (another account's), 76001 (unknown or older than 7 days)."""
    wanted = str(call.data().get("rid", ""))
    if not RID_SHAPE.fullmatch(wanted):
        raise Refused(76002)
    for account in call.world.accounts.values():
        for seen in account.recent:
            if seen["rid"] == wanted and call.now - seen["at"] < RID_LIFE:
                if account is not call.account:
                    raise Refused(76003)
                return ok(request=_request(seen))
    raise Refused(76001)


def _request(seen: dict[str, Any]) -> dict[str, Any]:
    return {
        "invoke_time": int(seen["at"]),
        "cost_in_ms": 30,
        "request_url": "access_token=***",
        "request_body": "",
        "response_body": f'{{"errcode":{seen["errcode"]}}}',
        "client_ip": seen["client_ip"],
    }
