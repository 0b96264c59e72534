"""The draft box, its limits and what WeChat leaves of an article (§5)."""

import json
from typing import Any

import pytest

from tests.sandbox.caller import PNG, Caller
from wxportal.sandbox.content import stripped

ADD, GET = "/cgi-bin/draft/add", "/cgi-bin/draft/get"


def add(caller: Caller, **fields: Any) -> dict[str, Any]:
    return caller.post(ADD, {"articles": [caller.article(**fields)]})


def first(caller: Caller, media_id: str) -> dict[str, Any]:
    return caller.post(GET, {"media_id": media_id})["news_item"][0]


def test_a_draft_answers_with_its_id_only(service: Caller) -> None:
    answer = add(service)
    assert set(answer) == {"media_id"}
    kept = first(service, answer["media_id"])
    assert kept["title"] == "秋季新品"
    assert kept["url"].startswith("https://mp.weixin.qq.com/s?tempkey=")
    assert kept["thumb_url"].startswith("http://mmbiz.qpic.cn/")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": "题" * 33}, 45003),
        ({"title": ""}, 45003),
        ({"author": "x" * 17}, 45110),
        ({"digest": "x" * 129}, 45004),
        ({"content": ""}, 44003),
        ({"content": "文" * 20_000}, 45002),
        ({"content_source_url": "javascript:alert(1)"}, 41039),
        ({"thumb_media_id": ""}, 40229),
        ({"thumb_media_id": "nonsense"}, 40007),
        ({"article_type": "poem"}, 40008),
    ],
)
def test_what_wechat_refuses_is_refused(service: Caller, fields: dict[str, Any], code: int) -> None:
    assert add(service, **fields)["errcode"] == code


def test_the_limits_themselves_are_allowed(service: Caller) -> None:
    fields = {"title": "题" * 32, "author": "作" * 16, "digest": "摘" * 128, "content": "文" * 19_999}
    assert "media_id" in add(service, **fields)


def test_the_author_limit_can_be_the_smaller_one(service: Caller) -> None:
    service.sandbox.change_account(service.appid, author_limit=8)
    assert add(service, author="作" * 9)["errcode"] == 45110


def test_a_temporary_picture_is_no_cover(service: Caller) -> None:
    temporary = service.upload("/cgi-bin/media/upload", PNG, type="image")["media_id"]
    assert add(service, thumb_media_id=temporary)["errcode"] == 40007


def test_an_empty_digest_becomes_the_first_54_characters(service: Caller) -> None:
    media_id = add(service, content=f"<p><b>{'文' * 60}</b></p>")["media_id"]
    assert first(service, media_id)["digest"] == "文" * 54


def test_one_to_eight_articles(service: Caller) -> None:
    article = service.article()
    assert "media_id" in service.post(ADD, {"articles": [article] * 8})
    assert service.post(ADD, {"articles": [article] * 9})["errcode"] == 45008
    assert service.post(ADD, {"articles": []})["errcode"] == 44003


def test_one_article_is_replaced_as_an_object_at_an_index_from_zero(service: Caller) -> None:
    media_id = service.post(ADD, {"articles": [service.article(), service.article(title="二")]})["media_id"]
    body = {"media_id": media_id, "index": 1, "articles": service.article(title="三")}
    assert service.post("/cgi-bin/draft/update", body)["errcode"] == 0
    titles = [item["title"] for item in service.post(GET, {"media_id": media_id})["news_item"]]
    assert titles == ["秋季新品", "三"]
    assert service.post("/cgi-bin/draft/update", {**body, "index": 2})["errcode"] == 40114
    assert service.post("/cgi-bin/draft/update", {**body, "articles": [body["articles"]]})["errcode"] == 44003


def test_drafts_are_counted_listed_and_deleted(service: Caller) -> None:
    ids = [add(service, title=f"{number}")["media_id"] for number in range(3)]
    assert service.get("/cgi-bin/draft/count") == {"total_count": 3}
    page = service.post("/cgi-bin/draft/batchget", {"offset": 1, "count": 20, "no_content": 1})
    assert [item["media_id"] for item in page["item"]] == [ids[1], ids[0]]
    assert "content" not in page["item"][0]["content"]["news_item"][0]
    assert service.post("/cgi-bin/draft/delete", {"media_id": ids[0]})["errcode"] == 0
    assert service.post(GET, {"media_id": ids[0]})["errcode"] == 40007
    assert service.post("/cgi-bin/draft/batchget", {"offset": 0, "count": 21})["errcode"] == 40097


def test_a_picture_message_needs_pictures_of_the_library(service: Caller) -> None:
    article = {"article_type": "newspic", "title": "门店", "content": "纯文字"}
    listed = {"image_info": {"image_list": [{"image_media_id": service.cover()}]}}
    assert "media_id" in service.post(ADD, {"articles": [{**article, **listed}]})
    assert service.post(ADD, {"articles": [article]})["errcode"] == 40215


def test_escapes_stay_as_they_are_written(service: Caller) -> None:
    body = json.dumps({"articles": [service.article(title="秋")]}).encode()
    media_id = service.post(ADD, body)["media_id"]
    assert first(service, media_id)["title"] == "\\u79cb"


@pytest.mark.parametrize(("body", "code"), [(b"", 44002), (b"articles=1", 47001), (b"[]", 47001), (b"\xff\xfe", 47001)])
def test_a_body_that_is_no_json_object_is_refused(service: Caller, body: bytes, code: int) -> None:
    assert service.post(ADD, body)["errcode"] == code


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<p style="color:red" class="x" id="y" onclick="z()">a</p>', '<p style="color:red">a</p>'),
        ('<img src="http://example.com/a.png">', ""),
        ('<img src="//mmbiz.qpic.cn.example.com/a">', ""),
        ('<img src="https://mmbiz.qpic.cn/a/0" onerror="x"/>', '<img src="https://mmbiz.qpic.cn/a/0"/>'),
        ("a<script>alert('</p>')</script>b", "ab"),
        ("<style>p{}</style><p>a</p>", "<p>a</p>"),
        ('<iframe src="https://evil.example/">x</iframe>y', "y"),
        ('<iframe src="https://v.qq.com/x"></iframe>', '<iframe src="https://v.qq.com/x"></iframe>'),
        ("<form><input name=a><b>k</b></form>", "<b>k</b>"),
        ('<a href="java&#9;script:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="https://mp.weixin.qq.com/s/x">a</a>', '<a href="https://mp.weixin.qq.com/s/x">a</a>'),
        ("<p>a &lt;b&gt; &amp; &#x1F375; 茶</p>", "<p>a &lt;b&gt; &amp; &#x1F375; 茶</p>"),
        ('<svg><rect width="5"/></svg>', '<svg><rect width="5"/></svg>'),
    ],
)
def test_wechat_keeps_words_and_inline_styles_and_drops_the_rest(html: str, left: str) -> None:
    assert stripped(html) == left


@pytest.mark.parametrize(
    "html", ["<p>a &lt;b&gt; 茶</p>", "<section><p>x<br>y</p></section>", '<p title="a&quot;b">x</p>']
)
def test_stripping_twice_changes_nothing(html: str) -> None:
    assert stripped(stripped(html)) == stripped(html)
