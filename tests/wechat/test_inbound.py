"""Pushes, in every shape they were seen in."""

import pytest

from tests.wechat.servers import FIXTURES
from wxportal.wechat import inbound
from wxportal.wechat.codec import MalformedXml
from wxportal.wechat.inbound import ArticleUrl, Event, MassSendJobFinish, Message, Outcome

FINISH = (FIXTURES / "events" / "MASSSENDJOBFINISH.xml").read_bytes()
PUBLISHED = (FIXTURES / "events" / "PUBLISHJOBFINISH.xml").read_bytes()


def push(inner, head="<ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1767225600</CreateTime>"):
    return f"<xml>{head}{inner}</xml>".encode()


def test_a_finished_send_is_read_whole():
    event = inbound.parse(FINISH)
    assert isinstance(event, MassSendJobFinish)
    assert (event.to_user, event.from_user) == ("gh_0123456789ab", "oMPHELPER00000000000000000001")
    assert (event.create_time, event.msg_type, event.event) == (1767229200, "event", "MASSSENDJOBFINISH")
    assert event.msg_id == 3147483701
    assert (event.total_count, event.filter_count, event.sent_count, event.error_count) == (100, 80, 75, 5)
    assert (event.status.text, event.status.code, event.status.outcome) == ("err(30003)", 30003, Outcome.REJECTED)
    assert event.article_urls == (ArticleUrl(1, "http://mp.weixin.qq.com/s/EXAMPLE1"),)
    assert event.check_state == 2
    [item] = event.copyright_items
    assert (item.index, item.audit_state, item.original_article_url) == (1, 2, "http://mp.weixin.qq.com/s/ORIGINAL")
    assert item.can_reprint
    assert item.need_replace_content


COUNTS = (
    "<MsgType>event</MsgType><Event>MASSSENDJOBFINISH</Event><MsgID>7</MsgID><Status>send success</Status>"
    "<TotalCount>8</TotalCount><FilterCount>0</FilterCount><SentCount>0</SentCount><ErrorCount>0</ErrorCount>"
)


@pytest.mark.parametrize(
    "containers",
    [
        "",
        "<ArticleUrlResult/><CopyrightCheckResult></CopyrightCheckResult>",
        "<ArticleUrlResult>\n \n</ArticleUrlResult><CopyrightCheckResult> </CopyrightCheckResult>",
        "<ArticleUrlResult><Count>0</Count><ResultList/></ArticleUrlResult>",
        "<ArticleUrlResult><Count>0</Count><ResultList> </ResultList></ArticleUrlResult>",
        "<ArticleUrlResult><ResultList><item> </item></ResultList></ArticleUrlResult>",
        "<ArticleUrlResult><ResultList><item><ArticleIdx>1</ArticleIdx></item></ResultList></ArticleUrlResult>",
    ],
)
def test_containers_may_be_missing_empty_or_blank(containers):
    event = inbound.parse(push(COUNTS + containers))
    assert event.article_urls == event.copyright_items == ()
    assert event.check_state is None


def test_several_articles_come_as_a_repeated_item():
    items = "".join(
        f"<item><ArticleIdx>{n}</ArticleIdx><ArticleUrl>\n http://u/{n} \n</ArticleUrl></item>" for n in (1, 2)
    )
    event = inbound.parse(push(f"{COUNTS}<ArticleUrlResult><ResultList>{items}</ResultList></ArticleUrlResult>"))
    assert event.article_urls == (ArticleUrl(1, "http://u/1"), ArticleUrl(2, "http://u/2"))


@pytest.mark.parametrize(
    ("text", "code", "outcome"),
    [
        ("send success", None, Outcome.SUCCESS),
        ("sendsuccess", None, Outcome.SUCCESS),
        ("Send Success", None, Outcome.SUCCESS),
        ("send fail", None, Outcome.FAILED),
        ("sendfail", None, Outcome.FAILED),
        ("err(10001)", 10001, Outcome.REJECTED),
        ("err(20013)", 20013, Outcome.REJECTED),
        ("err(30001)", 30001, Outcome.FAILED),
        ("err(40001)", 40001, Outcome.REJECTED),
        ("err(40002)", 40002, Outcome.FAILED),
        ("err(77777)", 77777, Outcome.FAILED),
        ("something new", None, Outcome.FAILED),
        ("", None, Outcome.FAILED),
    ],
)
def test_every_status_is_read(text, code, outcome):
    status = inbound.send_status(text)
    assert (status.text, status.code, status.outcome) == (text, code, outcome)
    assert status.meaning


def test_a_message_has_its_id():
    message = inbound.parse(push("<MsgType>text</MsgType><Content> 你好 </Content><MsgId>24500000000000001</MsgId>"))
    assert isinstance(message, Message)
    assert (message.msg_id, message.raw["Content"], message.event) == (24500000000000001, "你好", "")


def test_an_event_has_its_key():
    event = inbound.parse(push("<MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_store12</EventKey>"))
    assert type(event) is Event
    assert (event.event, event.event_key) == ("subscribe", "qrscene_store12")


def test_unknown_types_and_events_are_no_error():
    assert type(inbound.parse(push("<MsgType>hologram</MsgType>"))) is Message
    assert type(inbound.parse(push("<MsgType>event</MsgType><Event>new_thing</Event>"))) is Event


def test_nested_and_repeated_elements_are_kept():
    event = inbound.parse(push("<MsgType>event</MsgType><Event>x</Event><L><A>1</A></L><L><A>2</A></L><L><A>3</A></L>"))
    assert event.raw["L"] == [{"A": "1"}, {"A": "2"}, {"A": "3"}]


@pytest.mark.parametrize(
    "xml",
    [
        b"<xml/>",
        push("<Event>x</Event>"),
        push("<MsgType>text</MsgType>", head="<CreateTime>soon</CreateTime>"),
        push("<MsgType>text</MsgType>", head=f"<CreateTime>{'9' * 5000}</CreateTime>"),
        push("<MsgType>text</MsgType><MsgId>x</MsgId>"),
        push(COUNTS.replace("<MsgID>7", "<MsgID>")),
        push(COUNTS.replace("<TotalCount>8", "<TotalCount>1e3")),
        push(COUNTS.replace("<TotalCount>8</TotalCount>", "<TotalCount><a>8</a></TotalCount>")),
        push("<MsgType><a>text</a></MsgType>"),
        b"<!DOCTYPE xml>" + push("<MsgType>text</MsgType>"),
    ],
)
def test_what_wechat_never_sends_is_malformed(xml):
    with pytest.raises(MalformedXml):
        inbound.parse(xml)


def test_a_repr_shows_nothing_a_follower_wrote():
    assert "geheim" not in repr(inbound.parse(push("<MsgType>text</MsgType><Content>geheim</Content>")))
