"""Signatures, AES and XML against the vectors of official-account.md §8.6."""

import base64
import threading
import time

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from tests.wechat.servers import fixture
from wxportal.wechat import codec

PAPER = fixture("vectors")
TOKEN, APPID, KEY = PAPER["token"], PAPER["appid"], PAPER["encoding_aes_key"]
VECTORS = PAPER["vectors"]
SEALED = ["B", "C", "D", "E"]


@pytest.fixture
def cipher():
    return codec.Cipher(KEY, APPID)


def seal(raw):
    """Encrypt without our code's padding and checks."""
    key = base64.b64decode(KEY + "=")
    encryptor = BlockCipher(AES(key), CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(raw) + encryptor.finalize()).decode()


def test_the_published_sample_of_a_signature():
    assert codec.signature("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"


@pytest.mark.parametrize("name", ["A", "B", "C", "E"])
def test_signatures_of_the_vectors(name):
    vector = VECTORS[name]
    assert codec.signature(TOKEN, vector["timestamp"], vector["nonce"]) == vector["signature"]
    assert codec.is_signed(vector["signature"], TOKEN, vector["timestamp"], vector["nonce"])


@pytest.mark.parametrize("name", SEALED)
def test_message_signatures_of_the_vectors(name):
    vector = VECTORS[name]
    signed = codec.signature(TOKEN, vector["timestamp"], vector["nonce"], vector["encrypt"])
    assert signed == vector["msg_signature"]


@pytest.mark.parametrize("name", SEALED)
def test_vectors_are_opened(cipher, name):
    assert cipher.decrypt(VECTORS[name]["encrypt"]) == VECTORS[name]["plaintext"].encode()


@pytest.mark.parametrize("name", SEALED)
def test_vectors_are_sealed(cipher, name):
    vector = VECTORS[name]
    assert cipher.encrypt(vector["plaintext"].encode(), random16=vector["random16"].encode()) == vector["encrypt"]


@pytest.mark.parametrize("part", ["msg_signature", "timestamp", "nonce", "encrypt"])
def test_a_changed_part_breaks_the_message_signature(part):
    vector = dict(VECTORS["B"])
    vector[part] = vector[part][:-1] + ("0" if vector[part][-1] != "0" else "1")
    assert not codec.is_signed(vector["msg_signature"], TOKEN, vector["timestamp"], vector["nonce"], vector["encrypt"])


@pytest.mark.parametrize("given", ["", "é", "x" * 10_000, "1F77F8758918DAD45C0DAB651BBD4D323E388C35"])
def test_odd_signatures_are_wrong_not_errors(given):
    assert not codec.is_signed(given, TOKEN, "1767225600", "nonce4711")


def test_a_line_break_in_the_sealed_text_is_damage(cipher):
    sealed = VECTORS["B"]["encrypt"]
    with pytest.raises(codec.CannotDecrypt):
        cipher.decrypt(f"{sealed[:64]}\n{sealed[64:]}")


def test_damage_near_the_end_is_noticed_while_opening(cipher):
    sealed = VECTORS["B"]["encrypt"]
    for position in range(len(sealed) - 50, len(sealed) - 4):
        damaged = sealed[:position] + ("A" if sealed[position] != "A" else "B") + sealed[position + 1 :]
        with pytest.raises(codec.CannotDecrypt):
            cipher.decrypt(damaged)


def test_another_app_id_is_refused():
    with pytest.raises(codec.CannotDecrypt):
        codec.Cipher(KEY, "wxother").decrypt(VECTORS["B"]["encrypt"])


@pytest.mark.parametrize(("pad", "whole"), [(0, 64), (33, 96), (64, 128), (255, 320)])
def test_a_pad_byte_outside_1_to_32_is_refused(cipher, pad, whole):
    length = whole - pad - 16 - 4 - len(APPID)
    raw = b"r" * 16 + length.to_bytes(4, "big") + b"x" * length + APPID.encode()
    with pytest.raises(codec.CannotDecrypt):
        cipher.decrypt(seal(raw + bytes([pad]) * pad))


def test_unequal_pad_bytes_are_refused(cipher):
    raw = b"r" * 16 + (1).to_bytes(4, "big") + b"x" + APPID.encode()
    filler = 64 - len(raw)
    with pytest.raises(codec.CannotDecrypt):
        cipher.decrypt(seal(raw + b"\x00" * (filler - 1) + bytes([filler])))


@pytest.mark.parametrize("length", [2, 1000, 2**32 - 1])
def test_a_length_beyond_the_buffer_is_refused(cipher, length):
    raw = b"r" * 16 + length.to_bytes(4, "big") + b"x" + APPID.encode()
    filler = 64 - len(raw)
    with pytest.raises(codec.CannotDecrypt):
        cipher.decrypt(seal(raw + bytes([filler]) * filler))


@pytest.mark.parametrize("sealed", ["", "=", "not base64!", "YWJj", "é" * 44, seal(b"\x20" * 32), "A" * 44])
def test_what_was_never_sealed_is_refused(cipher, sealed):
    with pytest.raises(codec.CannotDecrypt):
        cipher.decrypt(sealed)


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + "A", KEY[:-1] + "!", KEY[:-1] + "\n"])
def test_a_malformed_key_is_refused(key):
    with pytest.raises(codec.MalformedKey):
        codec.Cipher(key, APPID)


def test_a_key_whose_last_character_carries_spare_bits_works():
    cipher = codec.Cipher(KEY[:-1] + "9", APPID)
    assert cipher.decrypt(cipher.encrypt(b"x")) == b"x"


@given(st.binary(max_size=200))
def test_whatever_is_sealed_can_be_opened(msg):
    cipher = codec.Cipher(KEY, APPID)
    assert cipher.decrypt(cipher.encrypt(msg)) == msg


def test_wechatpy_opens_what_we_seal_and_we_open_what_it_seals(cipher):
    theirs = WeChatCrypto(TOKEN, KEY, APPID)
    sealed = cipher.encrypt("<xml>你好</xml>".encode())
    reply = codec.reply_envelope(TOKEN, sealed, 1767225602, "replynonce")
    signed = codec.parse_xml(reply).findtext("MsgSignature")
    assert theirs.decrypt_message(reply, signed, "1767225602", "replynonce") == "<xml>你好</xml>"
    envelope = codec.parse_xml(theirs.encrypt_message("<xml>收到</xml>", "n", "1").encode())
    assert cipher.decrypt(envelope.findtext("Encrypt")) == "<xml>收到</xml>".encode()


def test_one_cipher_serves_many_threads(cipher):
    wrong = []

    def work(text):
        wrong.extend(text for _ in range(200) if cipher.decrypt(cipher.encrypt(text)) != text)

    threads = [threading.Thread(target=work, args=(bytes([number]) * 100,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_ciphers_repr_has_no_key(cipher):
    assert KEY not in repr(cipher)


HOSTILE = {
    "doctype": b"<!DOCTYPE xml><xml/>",
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "billion laughs": b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b']><a b="&j;">&j;</a>',
    "depth": b"<a>" * 20_000 + b"</a>" * 20_000,
    "utf-16": "<a/>".encode("utf-16"),
    "latin-1": "<a>é</a>".encode("latin-1"),
    "declared latin-1": "<?xml version='1.0' encoding='latin-1'?><a>é</a>".encode("latin-1"),
    "nothing": b"",
    "blanks": b"   ",
    "text": b"success",
    "half": b"<xml><a>",
    "two roots": b"<a/><b/>",
    "nul": b"<a>\x00</a>",
    "unknown entity": b"<a>&nbsp;</a>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_quickly(name):
    started = time.monotonic()
    with pytest.raises(codec.MalformedXml) as caught:
        codec.parse_xml(HOSTILE[name])
    assert time.monotonic() - started < 1
    # lxml quotes the text it could not read.
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_follower_may_write_doctype():
    root = codec.parse_xml(b"<xml><Content><![CDATA[<!DOCTYPE html> &amp; ]]></Content></xml>")
    assert root.findtext("Content") == "<!DOCTYPE html> &amp; "


def test_xml_is_written_as_wechat_writes_it():
    written = codec.to_xml({"Content": "你好", "CreateTime": 1767225600, "List": [{"A": "1"}, {"A": "2"}]})
    assert written.decode() == (
        "<xml><Content><![CDATA[你好]]></Content><CreateTime>1767225600</CreateTime>"
        "<List><A><![CDATA[1]]></A></List><List><A><![CDATA[2]]></A></List></xml>"
    )


@pytest.mark.parametrize("text", ["]]>", "]]]]>>", "<b>&amp;</b>", "<![CDATA[x]]>"])
def test_no_text_breaks_out_of_its_element(text):
    assert codec.parse_xml(codec.to_xml({"a": text, "b": "1"})).findtext("a") == text


@given(st.text())
def test_any_text_survives_being_written(text):
    allowed = codec._NOT_XML.sub("", text).replace("\r\n", "\n").replace("\r", "\n")  # XML knows one line end
    assert codec.parse_xml(codec.to_xml({"a": text})).findtext("a") == allowed


def test_a_push_is_sealed_in_an_envelope():
    vector = VECTORS["B"]
    written = codec.envelope("gh_0123456789ab", vector["encrypt"])
    assert written.decode() == (
        "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>"
        f"<Encrypt><![CDATA[{vector['encrypt']}]]></Encrypt></xml>"
    )
