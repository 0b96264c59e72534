"""Pushes as WeChat sends them: the published vectors, and signed ones of our own making."""

import hashlib
import json
from pathlib import Path
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client
from wechatpy.crypto import WeChatCrypto

from accounts.models import OfficialAccount
from tests.people import AES_KEY, APPID, CALLBACK_TOKEN, ORIGINAL_ID

VECTORS = Path(__file__).parent.parent / "fixtures" / "callback"
NOW, NONCE = "1767225600", "nonce4711"


def vector(name: str) -> dict[str, str]:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def event(name: str = "SCAN", *, original_id: str = ORIGINAL_ID, at: int = 1767229200, more: str = "") -> str:
    """Return an event's XML; ``more`` is further fields."""
    return (
        f"<xml><ToUserName><![CDATA[{original_id}]]></ToUserName><FromUserName><![CDATA[oMPHELPER]]></FromUserName>"
        f"<CreateTime>{at}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>{more}</xml>"
    )


def post(client: Client, account: OfficialAccount, body: str | bytes, **query: str) -> HttpResponse:
    address = f"/callback/{account.callback_key}/?{urlencode(query)}"
    return client.post(address, body, content_type="text/xml")


def push_vector(client: Client, account: OfficialAccount, known: dict[str, str], **changed: str) -> HttpResponse:
    """Push a vector in secure mode, with ``changed`` query values (``encrypt`` changes the body)."""
    query = {
        "signature": known["signature"],
        "timestamp": known["timestamp"],
        "nonce": known["nonce"],
        "encrypt_type": "aes",
        "msg_signature": known["msg_signature"],
    }
    body = envelope(changed.pop("encrypt", known["encrypt"]))
    return post(client, account, body, **{**query, **changed})


def envelope(encrypt: str) -> str:
    return f"<xml><ToUserName><![CDATA[{ORIGINAL_ID}]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"


def push_secure(
    client: Client,
    account: OfficialAccount,
    xml: str,
    *,
    token: str = CALLBACK_TOKEN,
    aes_key: str = AES_KEY,
    appid: str = APPID,
) -> HttpResponse:
    """Push ``xml`` encrypted by wechatpy, a library of others."""
    sealed = WeChatCrypto(token, aes_key, appid).encrypt_message(xml, NONCE, NOW)
    encrypt = _between(sealed, "<Encrypt><![CDATA[", "]]></Encrypt>")
    query = {"signature": sha1(token, NOW, NONCE), "timestamp": NOW, "nonce": NONCE, "encrypt_type": "aes"}
    return post(client, account, envelope(encrypt), **query, msg_signature=sha1(token, NOW, NONCE, encrypt))


def push_plain(client: Client, account: OfficialAccount, xml: str | bytes, **more: str) -> HttpResponse:
    query = {"signature": sha1(CALLBACK_TOKEN, NOW, NONCE), "timestamp": NOW, "nonce": NONCE}
    return post(client, account, xml, **{**query, **more})


def _between(text: str, start: str, end: str) -> str:
    return text.split(start, 1)[1].split(end, 1)[0]
