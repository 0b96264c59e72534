"""The token, the one repeat, uploads and downloads, and what gets into logs."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.wechat.conftest import APPID, FIRST_TOKEN, SECOND_TOKEN
from tests.wechat.servers import read_request
from wxportal.wechat.client import Client
from wxportal.wechat.errors import (
    ApiError,
    Busy,
    NoToken,
    NotSent,
    OperatorNeeded,
    OutcomeUnknown,
    Refused,
    ServerTrouble,
    TokenRejected,
    UnreadableAnswer,
)
from wxportal.wechat.transport import Transport

STALE = {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest rid: x"}
JPEG = b"\xff\xd8\xff\xe0 picture"


def test_the_token_goes_into_the_query(client, wechat):
    wechat.will_answer({"total": 1})
    assert client.get("/cgi-bin/user/get", next_openid="o1", size=3) == {"total": 1}
    assert wechat.last.query == {"access_token": FIRST_TOKEN, "next_openid": "o1", "size": "3"}


def test_a_post_says_that_it_is_utf_8_json(client, wechat):
    wechat.will_answer({})
    client.post("/cgi-bin/x", {"title": "秋季"})
    assert wechat.last.body == '{"title":"秋季"}'.encode()
    assert wechat.last.headers["Content-Type"] == "application/json; charset=utf-8"


def test_stored_bytes_go_out_unchanged(client, wechat):
    wechat.will_answer({})
    client.post("/cgi-bin/x", b'{ "a" :1}')
    assert wechat.last.body == b'{ "a" :1}'


@pytest.mark.parametrize("code", [40001, 40014, 42001, "42001"])
def test_a_rejected_token_is_replaced_and_the_call_repeated_once(client, wechat, tokens, code):
    wechat.will_answer({"errcode": code, "errmsg": ""})
    wechat.will_answer({"total": 1})
    assert client.get("/cgi-bin/user/get") == {"total": 1}
    assert [one.query["access_token"] for one in wechat.received] == [FIRST_TOKEN, SECOND_TOKEN]
    assert tokens.replaced == [FIRST_TOKEN]


def test_a_second_rejection_ends_it(client, wechat, tokens):
    wechat.will_answer(STALE)
    wechat.will_answer(STALE)
    with pytest.raises(TokenRejected):
        client.post("/cgi-bin/x", {})
    assert len(wechat.received) == 2
    assert len(tokens.replaced) == 1


def test_nothing_is_repeated_where_the_caller_says_so(client, wechat, tokens):
    wechat.will_answer(STALE)
    with pytest.raises(TokenRejected):
        client.post("/cgi-bin/x", {}, repeat=False)
    assert len(wechat.received) == 1
    assert tokens.replaced == []


def test_a_token_rejected_without_repeat_can_be_renewed_later(client, wechat, tokens):
    wechat.will_answer(STALE)
    with pytest.raises(TokenRejected):
        client.post("/cgi-bin/x", {}, repeat=False)
    client.renew_token()
    assert tokens.replaced == [FIRST_TOKEN]


def test_without_a_rejected_token_there_is_nothing_to_renew(client, tokens):
    client.renew_token()
    assert tokens.replaced == []


@pytest.mark.parametrize("code", [-1, 45011, 45009, 40003, 48001])
def test_no_other_refusal_is_repeated(client, wechat, code):
    wechat.will_answer({"errcode": code, "errmsg": ""})
    with pytest.raises(ApiError):
        client.get("/cgi-bin/x")
    assert len(wechat.received) == 1


class NoTokens:
    def __init__(self, problem):
        self.problem = problem

    def current(self):
        raise self.problem

    replace = current


@pytest.mark.parametrize(
    "problem", [OutcomeUnknown("x"), ServerTrouble(502), Busy(-1), OperatorNeeded(40125, "invalid appsecret")]
)
def test_a_call_without_a_token_was_not_sent(wechat, problem):
    client = Client(APPID, NoTokens(problem), Transport(wechat.url))
    for call in (lambda: client.post("/cgi-bin/x", {}, repeat=False), client.prepare):
        with pytest.raises(NoToken) as caught:
            call()
        assert caught.value.cause is problem
        assert caught.value.advice == problem.advice
    assert wechat.received == []


def test_a_failed_replacement_leaves_the_rejection(wechat, tokens):
    def fail(rejected):
        raise NotSent("no line")

    tokens.replace = fail
    wechat.will_answer(STALE)
    with pytest.raises(TokenRejected) as caught:
        Client(APPID, tokens, Transport(wechat.url)).get("/cgi-bin/x")
    assert isinstance(caught.value.__cause__, NotSent)


def test_an_upload_has_a_length_and_a_plain_name(client, wechat):
    wechat.will_answer({"media_id": "M"})
    client.upload("/cgi-bin/media/upload", "封面.jpg", JPEG, query={"type": "image"}, fields={"description": "{}"})
    received = wechat.last
    assert received.query["type"] == "image"
    assert int(received.headers["Content-Length"]) == len(received.body)
    assert received.headers["Transfer-Encoding"] is None
    part = received.parts()["media"]
    assert (part.get_filename(), part.get_content_type()) == ("media.jpg", "image/jpeg")
    assert received.parts()["description"].get_payload() == "{}"


def test_an_upload_is_repeated_whole_after_a_rejected_token(client, wechat):
    wechat.will_answer(STALE)
    wechat.will_answer({"media_id": "M"})
    client.upload("/cgi-bin/media/upload", "a.jpg", JPEG)
    assert wechat.received[0].body == wechat.received[1].body


def test_a_file_is_downloaded(client, wechat):
    wechat.will_answer(JPEG, content_type="image/jpeg", Content_Disposition='attachment; filename="TMP_1.jpg"')
    file = client.download("/cgi-bin/media/get", {"media_id": "TMP_1"})
    assert (file.content, file.content_type, file.filename) == (JPEG, "image/jpeg", "TMP_1.jpg")


def test_a_files_name_brings_no_folder(client, wechat):
    wechat.will_answer(JPEG, content_type="image/jpeg", Content_Disposition=r'attachment; filename="..\..\a/b.jpg"')
    assert client.download("/cgi-bin/media/get").filename == "b.jpg"


def test_a_refusal_in_place_of_a_file_is_an_error(client, wechat):
    wechat.will_answer({"errcode": 40007, "errmsg": "invalid media_id"}, content_type="text/plain")
    with pytest.raises(Refused):
        client.download("/cgi-bin/media/get", {"media_id": "TMP_1"})


@pytest.mark.parametrize(
    ("body", "status", "content_type"),
    [(b"", 200, "image/jpeg"), (b"<html>", 200, "text/html"), (b"gone", 404, "text/plain")],
)
def test_what_is_no_file_is_unreadable(client, wechat, body, status, content_type):
    wechat.will_answer(body, status=status, content_type=content_type)
    with pytest.raises(UnreadableAnswer):
        client.download("/cgi-bin/media/get")


def test_a_rejected_token_is_replaced_for_downloads_too(client, wechat):
    wechat.will_answer(STALE)
    wechat.will_answer(JPEG, content_type="image/jpeg")
    assert client.download("/cgi-bin/media/get").content == JPEG


def test_html_with_http_502_is_unknown(client, wechat):
    wechat.will_answer(b"<html>Bad Gateway</html>", status=502, content_type="text/html")
    with pytest.raises(OutcomeUnknown):
        client.post("/cgi-bin/x", {})


def test_logs_name_path_code_rid_and_time_and_nothing_else(client, wechat, caplog):
    caplog.set_level(logging.DEBUG)
    wechat.will_answer({"errcode": 40003, "errmsg": "invalid openid rid: 6a1f22c3-0b7d1e42-5c9a8f10"})
    with pytest.raises(Refused):
        client.post("/cgi-bin/tags/getidlist", {"openid": "oSECRETperson"})
    [line] = [record.getMessage() for record in caplog.records if record.name == "wxportal.wechat.client"]
    assert line.startswith("/cgi-bin/tags/getidlist: errcode 40003 rid 6a1f22c3-0b7d1e42-5c9a8f10 in ")
    assert FIRST_TOKEN not in caplog.text
    assert "oSECRETperson" not in caplog.text


def test_logs_of_success_and_of_silence_hold_no_secret(wechat, tokens, raw_server, caplog):
    caplog.set_level(logging.DEBUG)
    wechat.will_answer({"media_id": "MEDIAsecret"})
    Client(APPID, tokens, Transport(wechat.url)).get("/cgi-bin/x", openid="oSECRETperson")
    with pytest.raises(OutcomeUnknown):
        Client(APPID, tokens, Transport(raw_server(read_request).url)).get("/cgi-bin/x", appsecret="00SECRET")
    assert "/cgi-bin/x: ok in" in caplog.text
    for secret in (FIRST_TOKEN, "MEDIAsecret", "00SECRET", "oSECRETperson"):
        assert secret not in caplog.text


def test_a_clients_repr_has_no_secret(client):
    assert APPID in repr(client)
    assert FIRST_TOKEN not in repr(client)


def test_threads_share_one_client(client, wechat):
    for number in range(40):
        wechat.will_answer({"number": number})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.get("/cgi-bin/x")["number"], range(40)))
    assert sorted(answers) == list(range(40))
