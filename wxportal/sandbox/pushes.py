"""What a push looks like on the wire, and what WeChat thinks of the answer (§8.3–8.5)."""

import json
from typing import Any

from wxportal.sandbox import shapes
from wxportal.sandbox.account import Account, Callback, Push
from wxportal.wechat import codec

Letter = tuple[dict[str, str], bytes, str]  # query, body, content type
XML_TYPE, JSON_TYPE = "text/xml", "application/json"


def letter(account: Account, callback: Callback, push: Push, now: float) -> Letter:
    """The push in the account's mode (plain, compatible, secure) and format (XML, JSON)."""
    as_json = account.manner.push_format == "json"
    fields = {"ToUserName": account.original_id, **push.fields}
    plain = _rendered(fields, as_json=as_json, whitespace=push.whitespace)
    query = {**signed(callback, now), "openid": str(push.fields["FromUserName"])}
    kind = JSON_TYPE if as_json else XML_TYPE
    if callback.mode == "plain":
        return query, plain, kind
    sealed = codec.Cipher(callback.aes_key, account.appid).encrypt(plain)
    query["encrypt_type"] = "aes"
    query["msg_signature"] = codec.signature(callback.token, query["timestamp"], query["nonce"], sealed)
    open_part = fields if callback.mode == "compatible" else {"ToUserName": account.original_id}
    return query, _rendered({**open_part, "Encrypt": sealed}, as_json=as_json, whitespace=False), kind


def signed(callback: Callback, now: float) -> dict[str, str]:
    timestamp, nonce = str(int(now)), shapes.nonce()
    return {"signature": codec.signature(callback.token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}


def judged(account: Account, callback: Callback, status: int, reply: bytes) -> tuple[bool, str]:
    """Whether the answer satisfies WeChat, and the answer in words."""
    text = reply.decode("utf-8", "replace").strip()
    if status != 200:
        return False, f"HTTP {status}"
    if text in ("", "success"):
        return True, text or "(empty)"
    return _judged_xml(account, callback, reply)


def _judged_xml(account: Account, callback: Callback, reply: bytes) -> tuple[bool, str]:
    """A passive reply: XML, and sealed with a right signature when the account is in secure mode."""
    try:
        root = codec.parse_xml(reply)
    except ValueError:
        return False, "neither success nor XML"
    sealed = root.findtext("Encrypt")
    if sealed is None:
        return callback.mode != "secure", "plain reply"
    parts = [root.findtext(name) or "" for name in ("TimeStamp", "Nonce")]
    if codec.signature(callback.token, *parts, sealed) != root.findtext("MsgSignature"):
        return False, "reply with a wrong MsgSignature"
    try:
        return True, codec.Cipher(callback.aes_key, account.appid).decrypt(sealed).decode("utf-8")
    except ValueError:
        return False, "reply that cannot be decrypted"


def _rendered(fields: dict[str, Any], *, as_json: bool, whitespace: bool) -> bytes:
    if as_json:
        return json.dumps(_flat_lists(fields), ensure_ascii=False).encode()
    gap = "\n" if whitespace else ""
    return f"<xml>{gap}{gap.join(_elements(fields, gap))}{gap}</xml>".encode()


def _elements(fields: dict[str, Any], gap: str) -> list[str]:
    found = []
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            found.append(f"<{name}>{_inside(one, gap)}</{name}>")
    return found


def _inside(value: Any, gap: str) -> str:
    """Numbers bare, texts in CDATA; with a gap every node gets line breaks around it, as seen in the field."""
    if isinstance(value, dict):
        return gap + gap.join(_elements(value, gap)) + gap
    if isinstance(value, int):
        return f"{gap}{value}{gap}"
    text = str(value).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{gap}{text}{gap}]]>" if text else gap


def _flat_lists(value: Any) -> Any:
    """In the JSON format a list with one entry is a plain object (§9.6)."""
    if isinstance(value, dict):
        return {key: _flat_lists(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return _flat_lists(value[0]) if len(value) == 1 else [_flat_lists(inner) for inner in value]
    return value
