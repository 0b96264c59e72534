"""What the sandbox itself says, read without our client: one misunderstanding must not make both sides agree."""

import hashlib
from collections.abc import Iterable
from typing import Any

import requests

from wxportal.sandbox.control import Control

TIMEOUT = 30.0  # seconds
SEND_PATHS = ("/cgi-bin/message/mass/sendall", "/cgi-bin/message/mass/send")
FINISHED = "MASSSENDJOBFINISH"


class Books:
    """The sandbox's books of one account at one moment."""

    def __init__(self, control: Control, appid: str) -> None:
        self.control = control
        self.appid = appid
        self.books = control.books(appid)

    @property
    def followers(self) -> int:
        """Return how many follow."""
        return int(self.books["followers"])

    def tag(self, wechat_id: int) -> int:
        """Return how many carry the tag, 0 where there is none."""
        return next((int(tag["count"]) for tag in self.books["tags"] if tag["id"] == wechat_id), 0)

    def jobs(self) -> list[dict[str, Any]]:
        """Return every mass job WeChat took, in its order."""
        return list(self.books["jobs"])

    def job(self, clientmsgid: str) -> dict[str, Any]:
        """Return the one job with this key; an empty one where there is none or more than one."""
        found = [job for job in self.jobs() if job["clientmsgid"] == clientmsgid]
        return found[0] if len(found) == 1 else {}

    def reached_twice(self) -> int:
        """Return how many followers one and the same intent reached more than once."""
        return sum(int(count["more_than_once"]) for count in self.control.reach(self.appid)["by_clientmsgid"].values())

    def send_calls(self) -> int:
        """Return how many calls to send were counted today."""
        calls = self.books["calls"]
        return sum(int(calls.get(path, 0)) for path in SEND_PATHS)

    def reports(self) -> int:
        """Return how many reports our callback took."""
        return len([push for push in self.books["pushes"] if push["event"] == FINISHED and _was_taken(push)])


def _was_taken(push: dict[str, Any]) -> bool:
    return any(attempt["outcome"] == "ok" for attempt in push["attempts"])


def openids(base_url: str, appid: str, secret: str) -> list[str]:
    """Return every follower's openid, asked for page by page as WeChat's own pages describe it."""
    grant = {"grant_type": "client_credential", "appid": appid, "secret": secret}
    token = _json(requests.post(f"{base_url}/cgi-bin/stable_token", json=grant, timeout=TIMEOUT))["access_token"]
    found: list[str] = []
    cursor = ""
    while True:
        query = {"access_token": token, "next_openid": cursor}
        listed = _json(requests.get(f"{base_url}/cgi-bin/user/get", params=query, timeout=TIMEOUT))
        if not listed["count"]:
            return found
        found += listed["data"]["openid"]
        cursor = listed["next_openid"]


def digest(names: Iterable[str]) -> str:
    """Return a digest of a set of openids, whatever their order."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]


def _json(answer: requests.Response) -> dict[str, Any]:
    answer.raise_for_status()
    parsed: dict[str, Any] = answer.json()
    if parsed.get("errcode"):
        raise ValueError(f"the sandbox answers {parsed['errcode']} {parsed.get('errmsg', '')}")
    return parsed
