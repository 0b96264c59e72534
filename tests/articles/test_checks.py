"""What WeChat would refuse is said at the edge, and not before it."""

import pytest

from articles import checks
from articles.checks import Check, Level
from articles.models import Article, MediaFile
from articles.rendering import WeChatHtml, render
from wxportal.wechat import limits


def text(**fields: object) -> Article:
    known = {"title": "冬の新茶", "digest": "三つの新茶。", "author": "茶の間", "body": "<p>x</p>"}
    return Article(**{**known, "cover": MediaFile(width=900, height=383), **fields})


def found(article: Article, rendered: WeChatHtml | None = None, key: str = "body") -> list[Check]:
    every = checks.of_rendered(article, rendered or render(article.body, {}))
    return [check for check in every if check.key == key]


def level(article: Article, key: str) -> Level:
    (check,) = found(article, key=key)
    return check.level


def of_length(characters: int) -> WeChatHtml:
    """Return a rendering with exactly so many characters, markup counted."""
    frame = len(render("<p>x</p>", {}).html) - 1
    rendered = render(f"<p>{'x' * (characters - frame)}</p>", {})
    assert rendered.characters == characters
    return rendered


def test_a_good_article_has_nothing_to_fix_and_no_hint() -> None:
    every = checks.of_rendered(text(), render("<p>x</p>", {}))
    assert checks.stops(every) == []
    assert checks.warnings(every) == []


@pytest.mark.parametrize(
    ("key", "most"),
    [
        ("title", limits.TITLE_CHARACTERS),
        ("author", limits.AUTHOR_CHARACTERS),
        ("digest", limits.DIGEST_CHARACTERS),
    ],
)
def test_a_text_may_be_as_long_as_wechats_limit_and_not_longer(key: str, most: int) -> None:
    assert level(text(**{key: "茶" * most}), key) is Level.OK
    assert level(text(**{key: "茶" * (most + 1)}), key) is Level.STOP


def test_thirty_two_emoji_are_a_title() -> None:
    assert level(text(title="🍵" * 32), "title") is Level.OK
    assert level(text(title="🍵" * 33), "title") is Level.STOP


@pytest.mark.parametrize("title", ["", "  "])
def test_an_article_needs_a_title(title: str) -> None:
    assert level(text(title=title), "title") is Level.STOP


def test_without_a_digest_a_hint_says_what_wechat_takes() -> None:
    (check,) = found(text(digest=""), key="digest")
    assert check.level is Level.WARN
    assert "54" in check.text


@pytest.mark.parametrize(("characters", "expected"), [(19_999, Level.WARN), (20_000, Level.STOP), (20_001, Level.STOP)])
def test_the_text_stays_below_twenty_thousand_characters(characters: int, expected: Level) -> None:
    (check,) = found(text(), of_length(characters))
    assert check.level is expected


def test_the_text_stays_below_one_megabyte() -> None:
    rendered = WeChatHtml("<p>x</p>", 8, limits.CONTENT_BYTES + 1, (), ())
    assert Level.STOP in [check.level for check in found(text(), rendered)]


def test_an_empty_text_stops() -> None:
    assert level(text(body=""), "body") is Level.STOP


def test_a_cover_is_needed_and_a_small_one_is_a_hint() -> None:
    assert level(text(cover=None), "cover") is Level.STOP
    assert level(text(cover=MediaFile(width=899, height=383)), "cover") is Level.WARN


def test_an_external_picture_stops_and_is_named() -> None:
    levels = {
        check.level: check.text for check in found(text(body='<p>a</p><img src="https://x.example/a.png" alt="b">'))
    }
    assert "https://x.example/a.png" in levels[Level.STOP]


def test_a_link_out_of_wechat_and_a_missing_description_are_hints() -> None:
    body = '<p><a href="https://x.example/">a</a></p><img src="https://mmbiz.qpic.cn/x/0" alt="">'
    every = checks.of_rendered(text(), render(body, {}))
    assert len(checks.warnings(every)) == 2
    assert checks.stops(every) == []


@pytest.mark.parametrize(
    "address", ["example.com", "javascript:alert(1)", "ftp://x.example/", f"https://x.example/{'a' * 1024}"]
)
def test_a_wrong_source_link_stops(address: str) -> None:
    assert level(text(source_url=address), "source_url") is Level.STOP


def test_a_good_source_link_is_good_and_none_is_not_mentioned() -> None:
    assert level(text(source_url="https://x.example/?a=1"), "source_url") is Level.OK
    assert found(text(), key="source_url") == []


def test_comments_for_followers_only_need_open_comments() -> None:
    assert level(text(only_fans_can_comment=True), "need_open_comment") is Level.WARN
    assert found(text(only_fans_can_comment=True, need_open_comment=True), key="need_open_comment") == []


def test_pictures_of_the_account_are_looked_up(article: Article) -> None:
    every = checks.of(article, article.official_account)
    assert checks.stops(every) == []
    assert "1 picture" in [check.text for check in every if check.key == "body"][-1]
