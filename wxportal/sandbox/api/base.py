"""Addresses of WeChat's servers and the check of the callback (§1.4)."""

from typing import Any

from wxportal.sandbox.calls import Call, Refused, api

OPERATORS = ("CHINANET", "UNICOM", "CAP", "DEFAULT")


@api("GET", "/cgi-bin/getcallbackip", daily=5_000)
def callback_ips(call: Call) -> dict[str, Any]:
    return {"ip_list": ["127.0.0.1"]}


@api("GET", "/cgi-bin/get_api_domain_ip")
def api_domain_ips(call: Call) -> dict[str, Any]:
    return {"ip_list": ["127.0.0.1"]}


@api("POST", "/cgi-bin/callback/check")
def check_callback(call: Call) -> dict[str, Any]:
    """Raises Refused 40201 (no callback URL), 40202 (action), 40203 (operator)."""
    data = call.data()
    if data.get("action") not in ("dns", "ping", "all"):
        raise Refused(40202)
    if data.get("check_operator", "DEFAULT") not in OPERATORS:
        raise Refused(40203)
    if call.account.callback is None:
        raise Refused(40201)
    dns = [{"ip": "127.0.0.1", "real_operator": "UNICOM"}]
    ping = [{"ip": "127.0.0.1", "from_operator": "UNICOM", "package_loss": "0%", "time": "0.1ms"}]
    return {"dns": dns if data["action"] != "ping" else [], "ping": ping if data["action"] != "dns" else []}
