"""What the sandbox knows, asked without our client: the two must not be wrong together."""

from typing import Any

import requests

from accounts.models import OfficialAccount
from followers.models import Follower

SECONDS = 30


def listed(account: OfficialAccount) -> set[str]:
    """Return everybody WeChat lists as a follower of ``account``."""
    token, found, cursor = _token(account), set(), ""
    while True:
        query = {"access_token": token, "next_openid": cursor}
        page = _answer(requests.get(f"{account.base_url}/cgi-bin/user/get", query, timeout=SECONDS))
        if not page["count"]:
            return found
        found |= set(page["data"]["openid"])
        cursor = page["next_openid"]


def profile(account: OfficialAccount, openid: str) -> dict[str, Any]:
    """Return what WeChat tells about one follower."""
    query = {"access_token": _token(account), "openid": openid}
    return _answer(requests.get(f"{account.base_url}/cgi-bin/user/info", query, timeout=SECONDS))


def ours(account: OfficialAccount) -> set[str]:
    """Return everybody our rows call a follower."""
    rows = Follower.objects.filter(official_account=account, subscribed=True)
    return set(rows.values_list("openid", flat=True))


def _token(account: OfficialAccount) -> str:
    body = {"grant_type": "client_credential", "appid": account.appid, "secret": account.secret()}
    return str(
        _answer(requests.post(f"{account.base_url}/cgi-bin/stable_token", json=body, timeout=SECONDS))["access_token"]
    )


def _answer(response: requests.Response) -> dict[str, Any]:
    payload: dict[str, Any] = response.json()
    assert not payload.get("errcode"), payload
    return payload
