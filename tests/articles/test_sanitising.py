"""Nothing that runs survives, and nothing a writer means is lost."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from articles.rendering import render
from articles.sanitising import ATTRIBUTES, TAGS, our_picture, sanitise
from tests.articles.vectors import VECTORS

SHA256 = "ab" * 32


class Seen(HTMLParser):
    """Collects every element of a piece of HTML with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def elements(html: str) -> Iterator[tuple[str, dict[str, str | None]]]:
    seen = Seen()
    seen.feed(html)
    seen.close()
    yield from seen.elements


def assert_harmless(html: str, *, tags: frozenset[str] = TAGS, more: frozenset[str] = frozenset()) -> None:
    for tag, attributes in elements(html):
        assert tag in tags
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | more
        assert (attributes.get("href") or "https://").startswith(("http://", "https://"))
        source = attributes.get("src")
        assert source is None or our_picture(source) or source.startswith(("http://", "https://"))
        assert "url(" not in (attributes.get("style") or "")


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_executable_is_stored_or_sent(vector: str) -> None:
    assert_harmless(sanitise(vector))
    sent = render(vector, {}).html
    assert_harmless(sent, tags=TAGS | {"section"}, more=frozenset({"style"}))
    assert "evil.example" not in "".join(str(attributes) for _tag, attributes in elements(sent))


@pytest.mark.parametrize("vector", VECTORS)
def test_sanitising_or_rendering_twice_changes_nothing(vector: str) -> None:
    once = sanitise(vector)
    assert sanitise(once) == once
    sent = render(once, {}).html
    assert render(sent, {}).html == sent


FRAGMENTS = st.lists(
    st.sampled_from(
        [*VECTORS, *(f"<{tag}>" for tag in sorted(TAGS)), *(f"</{tag}>" for tag in sorted(TAGS)), "茶", "&"]
    )
    | st.text(alphabet="<>\"'`=/ &;!-[]\x00\x09aimgsvgonerrorstyle", max_size=12),
    max_size=12,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(FRAGMENTS)
def test_nested_fragments_stay_harmless_and_render_to_themselves(html: str) -> None:
    stored = sanitise(html)
    assert_harmless(stored)
    assert sanitise(stored) == stored
    sent = render(stored, {}).html
    assert_harmless(sent, tags=TAGS | {"section"}, more=frozenset({"style"}))
    assert render(sent, {}).html == sent


def test_a_real_browser_finds_nothing_that_runs(page: Page) -> None:
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.route("**/*", lambda route: route.abort())
    page.set_content("<!doctype html><main></main>")
    names = page.evaluate(
        """(pieces) => pieces.flatMap((html) => {
            const main = document.querySelector("main");
            main.innerHTML = html;
            return [...main.querySelectorAll("*")].flatMap((element) =>
                [element.localName, ...element.getAttributeNames().map((name) => `@${name}`)]);
        })""",
        [render(vector, {}).html for vector in VECTORS] + [sanitise(vector) for vector in VECTORS],
    )
    allowed = TAGS | {"section", "@style"} | {f"@{name}" for names in ATTRIBUTES.values() for name in names}
    assert set(names) <= allowed
    assert ran == []


def test_what_a_writer_means_survives() -> None:
    body = (
        "<h2>題</h2><p><strong>a</strong><em>b</em><u>c</u><s>d</s> &amp; &lt;</p><ul><li><p>x</p></li></ul>"
        '<ol start="3"><li>y</li></ol><blockquote><p>q</p></blockquote><hr>'
        '<figure><img src="https://mmbiz.qpic.cn/x/0" alt="z"><figcaption>c</figcaption></figure>'
        '<table><tbody><tr><th colspan="2">t</th></tr></tbody></table><p><ruby>茶<rt>ちゃ</rt></ruby></p>'
        '<p><a href="https://example.com/?a=1&amp;b=2">l</a></p>'
    )
    assert sanitise(body) == body


@pytest.mark.parametrize("empty", ["", " ", "<p></p>", "<p> </p><p><br></p>", "<script>1</script>"])
def test_an_empty_text_is_stored_as_nothing(empty: str) -> None:
    assert sanitise(empty) == ""


@pytest.mark.parametrize(
    "address",
    [
        f"/articles/media/{SHA256}",
        f"/articles/media/{SHA256[:-1]}/",
        f"https://evil.example/articles/media/{SHA256}/",
        f"//evil.example/articles/media/{SHA256}/",
    ],
)
def test_only_our_own_address_names_a_picture(address: str) -> None:
    assert our_picture(address) == ""


def test_a_portal_mounted_under_a_path_knows_its_pictures() -> None:
    assert our_picture(f"/portal/articles/media/{SHA256}/") == SHA256
