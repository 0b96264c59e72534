"""The same text gives the same bytes, and what WeChat would drop is dropped by us and named."""

import subprocess
import sys

from articles.rendering import Problem, Trouble, expected_addresses, render
from tests.ground import ROOT
from wxportal.sandbox.content import stripped

SHA256, OTHER = "ab" * 32, "cd" * 32
AT_WECHAT = "http://mmbiz.qpic.cn/mmbiz_jpg/EXAMPLE/0?a=1&b=2"
OURS = f'<img src="/articles/media/{SHA256}/" alt="茶畑">'
BODY = (
    f"<h2>冬の新茶</h2><p>霜の朝に、<strong>半年</strong>寝かせたお茶を。</p><figure>{OURS}<figcaption>茶畑</figcaption></figure>"
    "<ul><li><p>一</p></li><li><p>二</p></li></ul><blockquote><p>甲</p><p>乙</p></blockquote><hr>"
    '<table><tbody><tr><th>品</th><td colspan="2">煎茶</td></tr></tbody></table><p><ruby>茶<rt>ちゃ</rt></ruby></p>'
)
PROGRAM = "import sys; from articles.rendering import render; sys.stdout.write(render(sys.stdin.read(), {}).html)"


def test_rendering_what_was_rendered_changes_nothing() -> None:
    once = render(BODY, {SHA256: AT_WECHAT}).html
    assert render(once, {}).html == once


def test_every_process_gives_the_same_bytes() -> None:
    body = BODY.replace(OURS, "")
    argv = [sys.executable, "-c", PROGRAM]
    outputs = {subprocess.run(argv, input=body, cwd=ROOT, text=True, capture_output=True).stdout for _run in range(3)}
    assert outputs == {render(body, {}).html}


def test_wechat_strips_nothing_from_what_we_render() -> None:
    html = render(BODY, {SHA256: AT_WECHAT}).html
    assert stripped(html) == html


def test_no_class_id_or_style_sheet_goes_out() -> None:
    html = render('<p class="a" id="b">x</p><style>p{}</style>', {}).html
    assert "class" not in html
    assert "id=" not in html
    assert "<style" not in html


def test_the_theme_is_inside_the_elements() -> None:
    html = render("<h2>x</h2>", {}).html
    assert html.startswith('<section style="')
    assert '<h2 style="' in html


def test_our_pictures_get_wechats_addresses() -> None:
    rendered = render(BODY, {SHA256: AT_WECHAT})
    assert 'src="http://mmbiz.qpic.cn/mmbiz_jpg/EXAMPLE/0?a=1&amp;b=2"' in rendered.html
    assert rendered.pictures == (SHA256,)
    assert rendered.problems == ()


def test_an_external_picture_is_dropped_and_named() -> None:
    rendered = render('<p>a</p><figure><img src="https://example.com/a.png" alt="b"></figure>', {})
    assert "<img" not in rendered.html
    assert "<figure" not in rendered.html
    assert rendered.problems == (Problem(Trouble.EXTERNAL_PICTURE, "https://example.com/a.png"),)


def test_a_picture_that_already_lives_at_wechat_stays() -> None:
    rendered = render('<img src="https://mmbiz.qpic.cn/x/0" alt="b">', {})
    assert "https://mmbiz.qpic.cn/x/0" in rendered.html
    assert rendered.problems == ()


def test_a_picture_of_another_account_is_dropped_and_named() -> None:
    rendered = render(OURS, {OTHER: AT_WECHAT})
    assert rendered.html == ""
    assert [problem.trouble for problem in rendered.problems] == [Trouble.UNKNOWN_PICTURE]


def test_a_link_out_of_wechat_leaves_its_words() -> None:
    rendered = render('<p><a href="https://example.com/">tea <em>shop</em></a></p>', {})
    assert "<a" not in rendered.html
    assert "tea <em>shop</em>" in rendered.html
    assert rendered.problems == (Problem(Trouble.EXTERNAL_LINK, "https://example.com/"),)


def test_links_to_wechats_articles_stay() -> None:
    assert 'href="https://mp.weixin.qq.com/s/x"' in render('<a href="https://mp.weixin.qq.com/s/x">x</a>', {}).html


def test_an_account_that_may_link_out_keeps_its_links() -> None:
    assert "https://example.com/" in render('<a href="https://example.com/">x</a>', {}, external_links=True).html


def test_a_picture_without_words_is_named() -> None:
    rendered = render(OURS.replace("茶畑", " "), {SHA256: AT_WECHAT})
    assert rendered.problems == (Problem(Trouble.NO_ALT, AT_WECHAT),)


def test_all_markup_counts_in_characters_and_bytes() -> None:
    rendered = render("<p>茶</p>", {})
    assert rendered.characters == len(rendered.html)
    assert rendered.bytes == len(rendered.html) + 2


def test_an_empty_text_gives_nothing_at_all() -> None:
    assert render("<p></p>".replace("<p></p>", ""), {}).html == ""


def test_a_picture_wechat_does_not_have_yet_is_counted_as_long_as_its_address_will_be() -> None:
    (address,) = expected_addresses({SHA256: ""}).values()
    assert address.startswith("http://mmbiz.qpic.cn/")
    assert 90 <= len(address) <= 140
    assert expected_addresses({SHA256: AT_WECHAT}) == {SHA256: AT_WECHAT}
