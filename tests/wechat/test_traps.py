"""The traps of official-account.md §14 that touch this client, one test or more for each, by number."""

import logging

import pytest

from tests.wechat.conftest import APPID, FIRST_TOKEN
from tests.wechat.servers import FIXTURES, fixture, read_request
from wxportal.wechat import codec, drafts, inbound, limits, mass, media, messages, tags, users
from wxportal.wechat.client import Client
from wxportal.wechat.drafts import ArticlePayload
from wxportal.wechat.errors import AlreadyAccepted, OperatorNeeded, OutcomeUnknown, Refused
from wxportal.wechat.tokens import MemoryTokens, Token
from wxportal.wechat.transport import Transport

MPNEWS = messages.Mpnews("DRAFT_1")
ARTICLE = ArticlePayload("秋季新品", "<p>文</p>", "PERM_1")
JPEG = b"\xff\xd8\xff\xe0 picture"
PAPER = fixture("vectors")


def test_trap_1_http_200_is_not_success(client, wechat):
    wechat.will_answer({"errcode": 40003, "errmsg": "invalid openid"}, status=200)
    with pytest.raises(Refused):
        users.info(client, "o1")


def test_trap_1_success_has_often_no_errcode(client, wechat):
    wechat.will_answer({"tag": {"id": 134, "name": "广东"}})
    assert tags.create(client, "广东").id == 134


def test_trap_2_normal_mode_is_asked_before_a_token_is_forced():
    asked = []

    def fetch(force):
        asked.append(force)
        return Token(f"token {len(asked)}", 7200)

    tokens = MemoryTokens(fetch)
    tokens.replace(tokens.current())
    assert asked == [False, False]


def test_trap_4_the_allow_list_may_stop_any_call_and_the_address_is_told(client, wechat):
    wechat.will_answer(fixture("/cgi-bin/stable_token")["cases"]["not_listed"]["answer"])
    with pytest.raises(OperatorNeeded) as caught:
        drafts.count(client)
    assert caught.value.ip == "203.0.113.7"


def test_trap_5_texts_are_never_escaped_nor_sent_as_a_form(client, wechat):
    wechat.will_answer({"media_id": "DRAFT_1"})
    drafts.add(client, [ARTICLE])
    assert "秋季新品".encode() in wechat.last.body
    assert b"\\u" not in wechat.last.body
    assert wechat.last.headers.get_content_type() == "application/json"


def test_trap_6_a_chinese_file_name_is_replaced(client, wechat):
    wechat.will_answer({"url": "http://mmbiz.qpic.cn/EXAMPLE/0"})
    media.upload_article_image(client, "封面图.jpg", JPEG)
    assert b'name="media"; filename="media.jpg"' in wechat.last.body
    assert b"filename*" not in wechat.last.body


@pytest.mark.parametrize(
    "content_type", ["text/plain", "text/plain; charset=ISO-8859-1", "application/json; encoding=gbk"]
)
def test_trap_7_answers_are_utf_8_whatever_they_declare(client, wechat, content_type):
    wechat.will_answer({"tags": [{"id": 134, "name": "广东", "count": 5}]}, content_type=content_type)
    assert tags.list_all(client)[0].name == "广东"


def test_trap_11_a_repeated_clientmsgid_is_success_with_the_first_jobs_id(client, wechat):
    wechat.will_answer(fixture("/cgi-bin/message/mass/sendall")["cases"]["repeated"]["answer"])
    with pytest.raises(AlreadyAccepted) as caught:
        mass.send_to_all(client, MPNEWS, clientmsgid="wxp-4f1c2a9e7b")
    assert caught.value.msg_id == 3147483701


def test_trap_11_nothing_goes_out_without_a_clientmsgid(client):
    with pytest.raises(ValueError):
        mass.send_to_all(client, MPNEWS, clientmsgid="")


def test_trap_12_a_send_without_an_answer_is_unknown_and_its_repeat_is_the_same_request(raw_server, tokens):
    bodies = []
    server = raw_server(*[lambda connection: bodies.append(read_request(connection))] * 2)
    client = Client(APPID, tokens, Transport(server.url))
    request = mass.to_all(MPNEWS, clientmsgid="wxp-4f1c2a9e7b")
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            mass.send(client, request)
    assert bodies == [request.body, request.body]


def test_trap_17_an_article_of_a_draft_counts_from_0_and_travels_as_one_object(client, wechat):
    wechat.will_answer({"errcode": 0})
    drafts.update(client, "DRAFT_1", 0, ARTICLE)
    assert wechat.last.json["index"] == 0
    assert isinstance(wechat.last.json["articles"], dict)


def test_trap_17_deleting_everything_must_be_said(client, wechat):
    with pytest.raises(TypeError):
        mass.delete(client, 3147483701)
    wechat.will_answer({"errcode": 0})
    mass.delete(client, 3147483701, article_idx=mass.EVERY_ARTICLE)
    assert wechat.last.json["article_idx"] == 0


def test_trap_19_the_smaller_of_two_documented_limits_stands_and_the_refusal_is_verbatim(client, wechat):
    assert (limits.TITLE_CHARACTERS, limits.AUTHOR_CHARACTERS, limits.CLIENTMSGID_BYTES) == (32, 8, 32)
    wechat.will_answer({"errcode": 45003, "errmsg": "title size out of limit hint: [x]"})
    with pytest.raises(Refused) as caught:
        drafts.add(client, [ARTICLE])
    assert caught.value.errmsg == "title size out of limit hint: [x]"


def test_trap_20_pictures_are_images_in_a_send_and_image_in_a_preview():
    pictures = messages.Images(["P", "Q"])
    assert pictures.payload()["msgtype"] == pictures.preview_payload()["msgtype"] == "image"
    assert pictures.payload()["images"]["media_ids"] == ["P", "Q"]
    assert pictures.preview_payload()["image"] == {"media_id": "P"}
    assert "image" not in pictures.payload()


@pytest.mark.parametrize("tag_id", ["134", True, None, 134.0])
def test_trap_21_a_tag_send_never_depends_on_coercion(client, wechat, tag_id):
    with pytest.raises(TypeError):
        mass.send_to_tag(client, tag_id, MPNEWS, clientmsgid="a")
    assert wechat.received == []


def test_trap_21_is_to_all_is_a_real_boolean(client):
    assert b'"is_to_all":true}' in mass.to_all(MPNEWS, clientmsgid="a").body
    assert b'"is_to_all":false,"tag_id":134}' in mass.to_tag(134, MPNEWS, clientmsgid="a").body


@pytest.mark.parametrize("name", ["PUBLISHJOBFINISH", "FREEPUBLISHJOBFINISH"])
def test_trap_22_both_names_of_a_finished_publication_and_its_blanks_are_read(name):
    xml = (FIXTURES / "events" / "PUBLISHJOBFINISH.xml").read_bytes()
    xml = xml.replace(b"[PUBLISHJOBFINISH]", f"[{name}]".encode()).replace(
        b"<![CDATA[ART_1]]>", b"\n <![CDATA[ART_1]]>\n"
    )
    event = inbound.parse(xml)
    assert event.event == name
    assert event.raw["PublishEventInfo"]["article_id"] == "ART_1"


def test_trap_22_repeated_elements_become_a_list():
    head = b"<xml><CreateTime>1</CreateTime><MsgType>event</MsgType><Event>PUBLISHJOBFINISH</Event>"
    event = inbound.parse(
        head + b"<PublishEventInfo><fail_idx>1</fail_idx><fail_idx>2</fail_idx></PublishEventInfo></xml>"
    )
    assert event.raw["PublishEventInfo"]["fail_idx"] == ["1", "2"]


def test_trap_25_signature_and_msg_signature_are_different_checks():
    vector = PAPER["vectors"]["B"]
    parts = (PAPER["token"], vector["timestamp"], vector["nonce"])
    assert codec.is_signed(vector["signature"], *parts)
    assert codec.is_signed(vector["msg_signature"], *parts, vector["encrypt"])
    assert not codec.is_signed(vector["signature"], *parts, vector["encrypt"])
    assert not codec.is_signed("", *parts, vector["encrypt"])


def test_trap_25_the_echostr_is_plain_and_only_signed():
    vector = PAPER["vectors"]["A"]
    assert codec.is_signed(vector["signature"], PAPER["token"], vector["timestamp"], vector["nonce"])
    with pytest.raises(codec.CannotDecrypt):
        codec.Cipher(PAPER["encoding_aes_key"], PAPER["appid"]).decrypt(vector["echostr"])


def test_trap_26_a_whole_block_of_32_is_padding_too():
    vector = PAPER["vectors"]["C"]
    cipher = codec.Cipher(PAPER["encoding_aes_key"], PAPER["appid"])
    assert cipher.decrypt(vector["encrypt"]) == vector["plaintext"].encode()


def test_trap_26_the_length_counts_bytes():
    cipher = codec.Cipher(PAPER["encoding_aes_key"], PAPER["appid"])
    assert cipher.decrypt(cipher.encrypt("你好".encode())) == "你好".encode()


def test_trap_26_the_previous_key_opens_what_was_still_under_way():
    former, current = (codec.Cipher(key, PAPER["appid"]) for key in (PAPER["encoding_aes_key"], "B" * 43))
    sealed = former.encrypt(b"<xml/>")
    with pytest.raises(codec.CannotDecrypt):
        current.decrypt(sealed)
    assert former.decrypt(sealed) == b"<xml/>"


def test_trap_28_case_tells_things_apart():
    head = "<xml><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>"
    place = inbound.parse(f"{head}<MsgType>location</MsgType><MsgId>7</MsgId></xml>".encode())
    moved = inbound.parse(f"{head}<MsgType>event</MsgType><Event>LOCATION</Event></xml>".encode())
    done = inbound.parse((FIXTURES / "events" / "MASSSENDJOBFINISH.xml").read_bytes())
    assert (place.msg_type, place.event, place.msg_id) == ("location", "", 7)
    assert (moved.msg_type, moved.event) == ("event", "LOCATION")
    assert (done.raw["MsgID"], "MsgId" in done.raw) == ("3147483701", False)


def test_trap_32_the_followers_of_a_tag_are_asked_for_with_a_post(client, wechat):
    wechat.will_answer({"count": 0})
    tags.followers_page(client, 134)
    assert (wechat.last.method, wechat.last.json) == ("POST", {"tagid": 134, "next_openid": ""})


def test_trap_32_the_blacklists_cursor_has_a_name_of_its_own(client, wechat):
    wechat.will_answer({"total": 0, "count": 0})
    users.blacklist_page(client, "o1")
    assert wechat.last.json == {"begin_openid": "o1"}


def test_trap_37_a_thumb_answers_under_another_name(client, wechat):
    wechat.will_answer(fixture("/cgi-bin/media/upload")["cases"]["thumb"]["answer"])
    assert media.upload_temporary(client, "thumb", "a.jpg", JPEG).media_id == "TMP_thumb"


def test_trap_37_a_missing_file_is_json_with_http_200(client, wechat):
    wechat.will_answer(fixture("/cgi-bin/media/get")["cases"]["gone"]["answer"], content_type="image/jpeg")
    with pytest.raises(Refused):
        media.download_temporary(client, "TMP_abcdef")


def test_trap_42_no_log_holds_a_query(client, wechat, caplog):
    caplog.set_level(logging.DEBUG)
    wechat.will_answer({"subscribe": 0, "openid": "oSECRETperson"})
    users.info(client, "oSECRETperson")
    assert "/cgi-bin/user/info" in caplog.text
    for secret in (FIRST_TOKEN, "oSECRETperson", "access_token"):
        assert secret not in caplog.text
