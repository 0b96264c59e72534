"""A caller of the API that knows nothing of our client: requests, and what the sheet says."""

import json
import time
from collections.abc import Callable
from typing import Any

import requests

from wxportal.sandbox.control import Control

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 60


def eventually(condition: Callable[[], Any], seconds: float = 5.0) -> Any:
    """The first true value of ``condition`` within ``seconds``; fails the test otherwise."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"still not true after {seconds} s")


class Caller:
    def __init__(self, sandbox: Control, account: dict[str, Any]) -> None:
        self.sandbox, self.base, self.account = sandbox, sandbox.base_url, account
        self.appid, self.secret = account["appid"], account["secret"]
        self.token = ""

    @classmethod
    def of_new(cls, sandbox: Control, **spec: Any) -> "Caller":
        caller = cls(sandbox, sandbox.create_account(**spec))
        caller.token = caller.stable()["access_token"]
        return caller

    def stable(self, **more: Any) -> dict[str, Any]:
        body = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret, **more}
        return requests.post(f"{self.base}/cgi-bin/stable_token", data=json.dumps(body)).json()

    def classic(self, **more: str) -> dict[str, Any]:
        query = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret, **more}
        return requests.get(f"{self.base}/cgi-bin/token", params=query).json()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = requests.get(self.base + path, params={"access_token": self.token, **query})
        assert answer.status_code == 200
        return answer.json()

    def post(self, path: str, data: Any, **query: Any) -> dict[str, Any]:
        answer = self.raw_post(path, data, **query)
        assert answer.status_code == 200
        return json.loads(answer.content)

    def raw_post(self, path: str, data: Any, **query: Any) -> requests.Response:
        body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
        return requests.post(self.base + path, params={"access_token": self.token, **query}, data=body)

    def upload(self, path: str, content: bytes, name: str = "cover.png", **query: Any) -> dict[str, Any]:
        files = {"media": (name, content)}
        return requests.post(self.base + path, params={"access_token": self.token, **query}, files=files).json()

    def openids(self) -> list[str]:
        return self.get("/cgi-bin/user/get")["data"]["openid"]

    def tagged(self, name: str, openids: list[str]) -> int:
        tag_id = self.post("/cgi-bin/tags/create", {"tag": {"name": name}})["tag"]["id"]
        for start in range(0, len(openids), 50):
            part = {"openid_list": openids[start : start + 50], "tagid": tag_id}
            assert self.post("/cgi-bin/tags/members/batchtagging", part)["errcode"] == 0
        return tag_id

    def cover(self) -> str:
        return self.upload("/cgi-bin/material/add_material", PNG, type="image")["media_id"]

    def article(self, **fields: Any) -> dict[str, Any]:
        return {"title": "秋季新品", "content": "<p>正文</p>", "thumb_media_id": self.cover(), **fields}

    def draft(self, **fields: Any) -> str:
        return self.post("/cgi-bin/draft/add", {"articles": [self.article(**fields)]})["media_id"]

    def send_text(self, content: str = "你好", **more: Any) -> dict[str, Any]:
        """To all unless ``filter`` says otherwise."""
        body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": content}, **more}
        return self.post("/cgi-bin/message/mass/sendall", body)

    def send_news(self, media_id: str, **more: Any) -> dict[str, Any]:
        body = {"filter": {"is_to_all": True}, "msgtype": "mpnews", "mpnews": {"media_id": media_id}, **more}
        return self.post("/cgi-bin/message/mass/sendall", body)

    def send_list(self, openids: list[str], content: str = "你好", **more: Any) -> dict[str, Any]:
        body = {"touser": openids, "msgtype": "text", "text": {"content": content}, **more}
        return self.post("/cgi-bin/message/mass/send", body)

    def job(self, msg_id: int) -> dict[str, Any]:
        """The job's line in the ledger once it has ended."""

        def ended() -> dict[str, Any] | None:
            found = [job for job in self.sandbox.ledger(self.appid) if job["msg_id"] == msg_id]
            return found[0] if found and found[0]["status"] != "sending" else None

        return eventually(ended)

    def books(self) -> dict[str, Any]:
        return self.sandbox.books(self.appid)
