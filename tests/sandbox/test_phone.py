"""The follower's phone: who sees what, and that nothing foreign runs in it."""

import re

import pytest
import requests

from tests.sandbox.caller import PNG, Caller
from wxportal.sandbox.control import Control
from wxportal.sandbox.phone.words import WORDS


def chats(caller: Caller, person: int, appid: str = "") -> list[dict]:
    query = {"person": person, "appid": appid}
    return requests.get(f"{caller.base}/_sandbox/phone/chats", params=query).json()["chats"]


def page(caller: Caller, path: str, **options: object) -> requests.Response:
    return requests.get(f"{caller.base}/_sandbox{path}", **options)


def sent_article(caller: Caller, **fields: str) -> dict:
    return caller.job(caller.send_news(caller.draft(**fields))["msg_id"])


def test_a_message_is_seen_by_those_it_reached(service: Caller) -> None:
    service.job(service.send_list(service.openids()[:5], "五人")["msg_id"])
    (reached,), (not_reached,) = chats(service, 4), chats(service, 5)
    assert [message["text"] for message in reached["messages"]] == ["五人"]
    assert not_reached["messages"] == []


def test_a_rejected_send_is_seen_by_nobody(service: Caller) -> None:
    service.sandbox.fault("*", "mass_status", status="err(20001)")
    service.job(service.send_text()["msg_id"])
    assert chats(service, 0)[0]["messages"] == []


def test_a_person_is_the_same_follower_of_every_account(service: Caller, subscription: Caller) -> None:
    assert {(chat["type"], chat["follows"]) for chat in chats(service, 3)} == {
        ("service", True),
        ("subscription", True),
    }
    assert [chat["appid"] for chat in chats(service, 3, subscription.appid)] == [subscription.appid]
    assert chats(service, 100) == []


def test_somebody_who_left_is_shown_as_not_following(service: Caller) -> None:
    service.sandbox.unfollow(service.appid, number=3)
    assert not chats(service, 3)[0]["follows"]


def test_a_preview_is_marked_and_seen_by_one(service: Caller) -> None:
    body = {"touser": service.openids()[2], "msgtype": "mpnews", "mpnews": {"media_id": service.draft()}}
    service.post("/cgi-bin/message/mass/preview", body)
    (message,) = chats(service, 2)[0]["messages"]
    assert (message["preview"], message["articles"][0]["title"]) == (True, "秋季新品")
    assert chats(service, 1)[0]["messages"] == []


def test_an_article_opens_with_its_pictures_from_here(service: Caller) -> None:
    url = service.upload("/cgi-bin/media/uploadimg", PNG)["url"]
    sent_article(service, content=f'<p style="color:red">正文</p><img src="{url}">', author="市场部")
    article = chats(service, 0)[0]["messages"][0]["articles"][0]
    text = page(service, article["url"].removeprefix("/_sandbox")).text
    assert "秋季新品" in text
    assert "市场部" in text
    assert '<p style="color:red">正文</p>' in text
    (picture,) = re.findall(r'<img src="/_sandbox(/mmbiz/[^"]+)"', text)
    assert page(service, picture).content == PNG
    assert page(service, article["cover"].removeprefix("/_sandbox")).content == PNG


def test_an_article_may_run_and_load_nothing(service: Caller) -> None:
    job = sent_article(service, content="<p>x</p>")
    answer = page(service, f"/s/{job['urls'][0].rpartition('/')[2]}")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert f"img-src {service.base}" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_title_is_text(service: Caller) -> None:
    job = sent_article(service, title="<b>a</b> & $content")
    text = page(service, f"/s/{job['urls'][0].rpartition('/')[2]}").text
    assert "<h1>&lt;b&gt;a&lt;/b&gt; &amp; $content</h1>" in text


def test_a_deleted_article_says_so_in_the_readers_language(service: Caller) -> None:
    job = sent_article(service)
    service.post("/cgi-bin/message/mass/delete", {"msg_id": job["msg_id"]})
    path = f"/s/{job['urls'][0].rpartition('/')[2]}"
    for lang, words in (("en", "en"), ("ja", "ja"), ("zh-Hans", "zh")):
        assert WORDS[words]["deleted"] in page(service, path, params={"lang": lang}).text


def test_a_draft_can_be_looked_at(service: Caller) -> None:
    draft = service.draft()
    assert "秋季新品" in page(service, f"/draft/{draft}/0").text
    assert page(service, f"/draft/{draft}/1").status_code == 404


@pytest.mark.parametrize("path", ["/s/nonsense", "/mmbiz/x/y/0", "/blob/" + "0" * 64, "/blob/..%2fjournal.jsonl"])
def test_what_is_not_there_is_404(service: Caller, path: str) -> None:
    assert page(service, path).status_code == 404


def test_the_page_has_no_inline_script_or_style(sandbox: Control) -> None:
    answer = requests.get(f"{sandbox.base_url}/_sandbox/phone")
    assert "script-src 'self'; style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", answer.text)


@pytest.mark.parametrize(
    ("query", "header", "lang", "word"),
    [
        ("ja", "", "ja", "フォロワーのスマートフォン"),
        ("", "zh-CN,zh;q=0.9", "zh-Hans", "粉丝的手机"),
        ("", "de, ja;q=0.5", "ja", "フォロワーのスマートフォン"),
        ("xx", "", "en", "A follower&#x27;s phone"),
    ],
)
def test_the_page_speaks_the_readers_language(sandbox: Control, query: str, header: str, lang: str, word: str) -> None:
    url = f"{sandbox.base_url}/_sandbox/phone"
    text = requests.get(url, params={"lang": query}, headers={"Accept-Language": header}).text
    assert f'<html lang="{lang}">' in text
    assert word in text


def test_every_language_has_every_word() -> None:
    assert WORDS["en"].keys() == WORDS["ja"].keys() == WORDS["zh"].keys()


def test_a_person_is_found_by_number_and_by_openid(service: Caller) -> None:
    def find(wanted: str) -> int | None:
        return page(service, "/phone/find", params={"q": wanted}).json()["person"]

    assert find("7") == 7
    assert find(service.openids()[9]) == 9
    assert find("100") is None
    assert find("oNONSENSE") is None
