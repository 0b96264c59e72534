"""Signatures, AES and XML of WeChat's callbacks: bytes in, values out, no I/O.

CBC gives no integrity: of 427 single-character changes to one sealed message
only 87 are noticed while opening it. The message's signature is the real
check, so compare it (`is_signed`) before opening anything.

Source: developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.html
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from lxml import etree

ENCODING_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
PAD_BLOCK = 32  # bytes; WeChat pads to 32 although AES blocks have 16
RANDOM = 16  # bytes of chance in front of every message
LENGTH = 4  # bytes, big-endian, of the message's length in bytes

# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Element = etree._Element


class CodecError(ValueError):
    """These bytes are not what WeChat would have sent."""


class MalformedXml(CodecError):
    """No XML, or XML with a DOCTYPE, which WeChat never sends."""


class MalformedKey(CodecError):
    """The EncodingAESKey is not 43 letters and digits."""


class CannotDecrypt(CodecError):
    """Not sealed with this key, damaged, or sealed for another app id."""


def signature(token: str, timestamp: str, nonce: str, *more: str) -> str:
    """Return the SHA-1 (40 hex digits) of the sorted parts; ``more`` is the sealed text for a msg_signature."""
    parts = sorted(part.encode("utf-8", "replace") for part in (token, timestamp, nonce, *more))
    return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()


def is_signed(given: str, token: str, timestamp: str, nonce: str, *more: str) -> bool:
    """Tell in constant time whether ``given`` is the signature of the parts."""
    wanted = signature(token, timestamp, nonce, *more)
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


class Cipher:
    """Seals and opens messages of one account: AES-256-CBC, the IV taken from the key, padded to 32 bytes."""

    def __init__(self, encoding_aes_key: str, appid: str) -> None:
        """Raise MalformedKey unless the key is 43 letters and digits."""
        if not ENCODING_AES_KEY.fullmatch(encoding_aes_key):
            raise MalformedKey("an EncodingAESKey is 43 letters and digits")
        # The 43rd character may carry bits beyond the 32 bytes; a strict decoder would refuse such keys.
        key = base64.b64decode(encoding_aes_key + "=")
        self._cipher = BlockCipher(AES(key), CBC(key[:16]))
        self._appid = appid.encode()

    def __repr__(self) -> str:
        return f"Cipher(appid={self._appid.decode()!r})"

    def encrypt(self, msg: bytes, *, random16: bytes | None = None) -> str:
        """Seal ``msg`` and return it in base64 without line breaks. ``random16`` is for test vectors only."""
        chance = secrets.token_bytes(RANDOM) if random16 is None else random16
        if len(chance) != RANDOM:
            raise ValueError("random16 must have 16 bytes")
        raw = chance + struct.pack(">I", len(msg)) + msg + self._appid
        encryptor = self._cipher.encryptor()
        return base64.b64encode(encryptor.update(_padded(raw)) + encryptor.finalize()).decode()

    def decrypt(self, sealed: str) -> bytes:
        """Open ``sealed`` and return the message. Raises CannotDecrypt."""
        data = _from_base64(sealed)
        decryptor = self._cipher.decryptor()
        raw = _unpadded(decryptor.update(data) + decryptor.finalize())
        start = RANDOM + LENGTH
        if len(raw) < start:
            raise CannotDecrypt("too short")
        (length,) = struct.unpack(">I", raw[RANDOM:start])
        msg, appid = raw[start : start + length], raw[start + length :]
        # Also catches a length beyond the buffer: then nothing is left for the app id.
        if not hmac.compare_digest(appid, self._appid):
            raise CannotDecrypt("sealed for another app id, or damaged")
        return msg


def _padded(raw: bytes) -> bytes:
    pad = PAD_BLOCK - len(raw) % PAD_BLOCK
    return raw + bytes([pad]) * pad


def _unpadded(raw: bytes) -> bytes:
    pad = raw[-1]
    if not 1 <= pad <= PAD_BLOCK or raw[-pad:] != bytes([pad]) * pad:
        raise CannotDecrypt("wrong padding")
    return raw[:-pad]


def _from_base64(sealed: str) -> bytes:
    try:
        data = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise CannotDecrypt("no base64") from None
    if not data or len(data) % PAD_BLOCK:
        raise CannotDecrypt("not a whole number of blocks")
    return data


def parse_xml(data: bytes) -> Element:
    """Return the root element. Raises MalformedXml; no entity is expanded and nothing is fetched.

    Comments and processing instructions are dropped. The encoding is UTF-8,
    whatever the document says.
    """
    # A parser keeps state and must not be shared between threads; making one takes microseconds.
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        # lxml quotes what it could not read, and that may be a follower's words.
        raise MalformedXml("no well-formed XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise MalformedXml("a DOCTYPE is not accepted")
    return root


def to_xml(fields: Mapping[str, Any], root: str = "xml") -> bytes:
    """Return ``fields`` as WeChat writes XML: texts in CDATA, numbers bare, a list as a repeated element.

    Mappings nest. What XML cannot hold (control characters) is left out.
    """
    return f"<{root}>{''.join(_elements(fields))}</{root}>".encode()


def _elements(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        for one in value if isinstance(value, list | tuple) else (value,):
            yield f"<{name}>{_content(one)}</{name}>"


def _content(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(_elements(value))
    if isinstance(value, int):
        return str(int(value))
    # CDATA cannot hold its own end: it is closed and opened again in the middle of it.
    return f"<![CDATA[{_NOT_XML.sub('', str(value)).replace(']]>', ']]]]><![CDATA[>')}]]>"


def envelope(to_user: str, sealed: str) -> bytes:
    """Return the body of a push in secure mode."""
    return to_xml({"ToUserName": to_user, "Encrypt": sealed})


def reply_envelope(token: str, sealed: str, timestamp: int, nonce: str) -> bytes:
    """Return a sealed passive reply; ``timestamp`` (unix seconds) and ``nonce`` are ours.

    The order of the elements is the one every known library reads.
    """
    signed = signature(token, str(timestamp), nonce, sealed)
    return to_xml({"Encrypt": sealed, "MsgSignature": signed, "TimeStamp": timestamp, "Nonce": nonce})
