"""Sends go out once, and an answer that proves nothing is no yes."""

import time

import pytest

from tests.wechat.conftest import APPID
from tests.wechat.servers import answer, fixture, read_request
from wxportal.wechat import mass
from wxportal.wechat.client import Client
from wxportal.wechat.errors import AlreadyAccepted, NotSent, OutcomeUnknown, TokenRejected, UnreadableAnswer
from wxportal.wechat.messages import Images, Mpnews, Text, Voice
from wxportal.wechat.transport import Transport

MPNEWS = Mpnews("DRAFT_1")
OK = b'{"errcode":0,"errmsg":"ok","msg_id":9007199254740993}'

SENDS = {
    "all": lambda c: mass.send_to_all(c, MPNEWS, clientmsgid="a"),
    "tag": lambda c: mass.send_to_tag(c, 134, MPNEWS, clientmsgid="a"),
    "list": lambda c: mass.send_to_openids(c, ["o1", "o2"], MPNEWS, clientmsgid="a"),
}
each_send = pytest.mark.parametrize("send", SENDS.values(), ids=SENDS.keys())


@each_send
def test_a_send_is_not_repeated_for_a_rejected_token(client, wechat, tokens, send):
    wechat.will_answer({"errcode": 42001, "errmsg": "access_token expired"})
    with pytest.raises(TokenRejected):
        send(client)
    assert len(wechat.received) == 1
    assert tokens.replaced == []


@each_send
def test_a_lost_answer_is_unknown_and_nothing_is_repeated(raw_server, tokens, send):
    server = raw_server(read_request, read_request)
    with pytest.raises(OutcomeUnknown):
        send(Client(APPID, tokens, Transport(server.url)))
    time.sleep(0.05)
    assert server.connections == 1


@each_send
def test_a_send_has_a_connection_of_its_own(raw_server, tokens, send):
    def serve(connection):
        while True:
            read_request(connection)
            connection.sendall(answer(OK))

    server = raw_server(serve, serve)
    client = Client(APPID, tokens, Transport(server.url))
    client.get("/cgi-bin/x")
    send(client)
    client.get("/cgi-bin/x")
    assert server.connections == 2


@each_send
@pytest.mark.parametrize("body", [{}, {"errcode": 0}, {"errcode": 0, "msg_id": None}, {"errcode": 0, "msg_id": "x"}])
def test_a_yes_without_a_job_is_no_proof(client, wechat, send, body):
    wechat.will_answer(body)
    with pytest.raises(UnreadableAnswer):
        send(client)


def test_big_ids_keep_all_their_digits(client, wechat):
    wechat.will_answer(OK)
    assert mass.send_to_all(client, MPNEWS, clientmsgid="a") == mass.Accepted(9007199254740993, None)


def test_an_earlier_acceptance_names_its_job(client, wechat):
    wechat.will_answer(fixture("/cgi-bin/message/mass/sendall")["cases"]["repeated"]["answer"])
    with pytest.raises(AlreadyAccepted) as caught:
        mass.send_to_all(client, MPNEWS, clientmsgid="a")
    assert caught.value.msg_id == 3147483701


def test_nothing_is_sent_past_the_moment_the_caller_named(client, wechat):
    with pytest.raises(NotSent):
        mass.send_to_all(client, MPNEWS, clientmsgid="a", write_before=time.monotonic() - 1)
    assert wechat.received == []


def test_a_send_ends_within_its_timeout(raw_server, tokens):
    server = raw_server(lambda connection: (read_request(connection), time.sleep(5)))
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        mass.send_to_all(Client(APPID, tokens, Transport(server.url)), MPNEWS, clientmsgid="a", timeout=0.3)
    assert time.monotonic() - started < 1


def test_a_stored_request_goes_out_byte_for_byte(client, wechat):
    request = mass.to_all(MPNEWS, clientmsgid="a")
    stored = mass.Request(request.path, bytes(request.body))
    for _ in range(2):
        wechat.will_answer(OK)
        mass.send(client, stored)
    assert wechat.received[0].body == wechat.received[1].body == request.body


def test_reprints_are_stopped_unless_the_caller_says_so():
    assert b'"send_ignore_reprint":0' in mass.to_all(MPNEWS, clientmsgid="a").body
    assert b'"send_ignore_reprint":1' in mass.to_all(MPNEWS, clientmsgid="a", ignore_reprint=True).body


@pytest.mark.parametrize(
    ("message", "payload"),
    [
        (Text("你好"), {"msgtype": "text", "text": {"content": "你好"}}),
        (Voice("V"), {"msgtype": "voice", "voice": {"media_id": "V"}}),
        (
            Images(["P", "Q"], recommend="推荐语", need_open_comment=True),
            {
                "msgtype": "image",
                "images": {
                    "media_ids": ["P", "Q"],
                    "recommend": "推荐语",
                    "need_open_comment": 1,
                    "only_fans_can_comment": 0,
                },
            },
        ),
    ],
)
def test_messages_are_written_as_the_page_shows(message, payload):
    assert message.payload() == payload
