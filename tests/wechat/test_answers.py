"""Yes, no, and what is neither."""

import pytest

from wxportal.wechat import answers
from wxportal.wechat.errors import Refused, ServerTrouble, UnreadableAnswer
from wxportal.wechat.transport import Answer


def payload(body, status=200, content_type="application/json"):
    raw = body if isinstance(body, bytes) else body.encode()
    return answers.payload_of(Answer(status, {"Content-Type": content_type}, raw), "/cgi-bin/x")


@pytest.mark.parametrize("body", ['{"total":1}', '{"errcode":0}', '{"errcode":"0","errmsg":"ok"}', "{}", "\ufeff{}"])
def test_no_errcode_or_zero_is_success(body):
    assert isinstance(payload(body), dict)


@pytest.mark.parametrize("body", ['{"errcode":40003}', '{"errcode":"40003"}', '{"errcode":40003,"total":1}'])
def test_any_other_errcode_is_a_failure(body):
    with pytest.raises(Refused):
        payload(body)


@pytest.mark.parametrize("errcode", ["null", "true", '""', '"ok"', "1.5", "[]", "{}"])
def test_an_errcode_that_is_no_number_is_neither(errcode):
    with pytest.raises(UnreadableAnswer):
        payload(f'{{"errcode":{errcode}}}')


@pytest.mark.parametrize("body", ["", "ok", "[]", "null", '{"errcode":0', "<html>502</html>", "[" * 100_000])
@pytest.mark.parametrize("status", [200, 400, 404])
def test_what_is_no_json_object_is_neither(body, status):
    with pytest.raises(UnreadableAnswer):
        payload(body, status)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failing_server_is_neither_whatever_it_says(status):
    with pytest.raises(ServerTrouble) as caught:
        payload('{"errcode":0}', status)
    assert caught.value.status == status


def test_a_redirect_is_neither():
    with pytest.raises(UnreadableAnswer):
        payload('{"errcode":0}', 302)


def test_a_refusal_with_http_400_is_a_refusal():
    with pytest.raises(Refused):
        payload('{"errcode":40003}', 400)


def test_big_ids_keep_all_their_digits():
    assert payload('{"msg_id":9007199254740993}')["msg_id"] == 9007199254740993


def test_control_characters_and_half_characters_do_not_hide_an_errcode():
    with pytest.raises(Refused):
        payload(b'{"errcode":40003,"errmsg":"a\x01\n\xe4\xbd"}')


def test_what_must_be_there_and_is_not_makes_the_answer_unreadable():
    for take in (answers.text, answers.number):
        for value in (None, "", [], {}, True):
            with pytest.raises(UnreadableAnswer):
                take({"x": value}, "x")


def test_what_may_be_missing_is_empty():
    for nothing in ({}, {"x": None}, {"x": "odd"}):
        assert answers.objects(nothing, "x") == answers.texts(nothing, "x") == answers.numbers(nothing, "x") == []
        assert answers.inner(nothing, "x") == {}
        assert answers.number_or_zero(nothing, "x") == 0
        assert answers.number_or_none(nothing, "x") is None
