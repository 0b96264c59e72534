"""WeChat's own addresses, and whether it can reach ours. For every account, verified or not."""

from dataclasses import dataclass
from typing import Literal

from wxportal.wechat import answers
from wxportal.wechat.client import Client

Action = Literal["dns", "ping", "all"]
Operator = Literal["CHINANET", "UNICOM", "CAP", "DEFAULT"]


@dataclass(frozen=True)
class Resolved:
    """What WeChat's resolver says about our callback's host."""

    ip: str
    operator: str


@dataclass(frozen=True)
class Ping:
    """How our callback's host answers from one network; ``package_loss`` and ``time`` as WeChat writes them."""

    ip: str
    from_operator: str
    package_loss: str
    time: str


@dataclass(frozen=True)
class CallbackCheck:
    """What WeChat found out about our callback's address."""

    dns: list[Resolved]
    pings: list[Ping]


def callback_ips(client: Client) -> list[str]:
    """Return the addresses (also CIDR) pushes come from; 5,000 calls a day. No substitute for signatures.

    Raises WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/base/api_getcallbackip.html
    """
    return answers.texts(client.get("/cgi-bin/getcallbackip"), "ip_list")


def api_domain_ips(client: Client) -> list[str]:
    """Return the addresses (also CIDR) behind WeChat's interface, for outgoing firewalls. Raises WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/base/api_getapidomainip.html
    """
    return answers.texts(client.get("/cgi-bin/get_api_domain_ip"), "ip_list")


def check_callback(client: Client, action: Action = "all", operator: Operator = "DEFAULT") -> CallbackCheck:
    """Have WeChat resolve and ping the callback's host.

    Raises Refused (40201 no callback address, 40202, 40203), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/base/api_callbackcheck.html
    """
    payload = client.post("/cgi-bin/callback/check", {"action": action, "check_operator": operator})
    text = answers.text_or_empty
    dns = [Resolved(text(one, "ip"), text(one, "real_operator")) for one in answers.objects(payload, "dns")]
    names = ("ip", "from_operator", "package_loss", "time")
    pings = [Ping(*(text(one, name) for name in names)) for one in answers.objects(payload, "ping")]
    return CallbackCheck(dns, pings)
