"""How many calls are left, and what one call looked like from WeChat's side.

Clearing makes no mass sends: 45028 is not a call counter. It is ten times a
month, shared with the console: never automatic.
"""

from dataclasses import dataclass

from wxportal.wechat import answers
from wxportal.wechat.client import Client


@dataclass(frozen=True)
class Quota:
    """Calls of one interface today; counters may be off by one in a hundred."""

    daily_limit: int
    used: int
    remain: int


@dataclass(frozen=True)
class CallRecord:
    """One call as WeChat saw it: ``invoked_at`` unix seconds, ``cost`` milliseconds, bodies verbatim."""

    invoked_at: int
    cost: int
    request_url: str
    request_body: str
    response_body: str
    client_ip: str


def get(client: Client, path: str) -> Quota:
    """Return today's calls of one interface, named by its path (``/cgi-bin/…``).

    Raises Refused (76021 no such path, 76022 not this account's), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/apimanage/api_getapiquota.html
    """
    quota = answers.inner(client.post("/cgi-bin/openapi/quota/get", {"cgi_path": path}), "quota")
    return Quota(*(answers.number(quota, name) for name in ("daily_limit", "used", "remain")))


def clear(client: Client) -> None:
    """Reset all call counters; 10 times a month. Raises QuotaSpent (48006), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/apimanage/api_clearquota.html
    """
    client.post("/cgi-bin/clear_quota", {"appid": client.appid})


def clear_path(client: Client, path: str) -> None:
    """Reset the counter of one interface; 50 times a month. Raises Refused (76021, 76022), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/apimanage/api_clearapiquota.html
    """
    client.post("/cgi-bin/openapi/quota/clear", {"cgi_path": path})


def clear_with_secret(client: Client, secret: str) -> None:
    """Reset all call counters without a token, for when tokens themselves ran out; the same 10 times a month.

    Raises QuotaSpent (48006), OperatorNeeded (40013), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/apimanage/api_clearquotabyappsecret.html
    """
    client.post_without_token("/cgi-bin/clear_quota/v2", {"appid": client.appid, "appsecret": secret})


def rid(client: Client, rid: str) -> CallRecord:
    """Look up one call by its request id, for seven days.

    Raises Refused (76001 unknown or too old, 76002, 76003 another account's), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/apimanage/api_getridinfo.html
    """
    record = answers.inner(client.post("/cgi-bin/openapi/rid/get", {"rid": rid}), "request")
    return CallRecord(
        invoked_at=answers.number_or_zero(record, "invoke_time"),
        cost=answers.number_or_zero(record, "cost_in_ms"),
        request_url=answers.text_or_empty(record, "request_url"),
        request_body=answers.text_or_empty(record, "request_body"),
        response_body=answers.text_or_empty(record, "response_body"),
        client_ip=answers.text_or_empty(record, "client_ip"),
    )
