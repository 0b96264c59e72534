"""What WeChat leaves of an article's HTML (§5.1).

Scripts, styles, frames and forms go, and so do ``class``, ``id`` and handlers;
pictures that do not live on WeChat's host are dropped without a word.
"""

from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

PICTURE_HOSTS = ("mmbiz.qpic.cn", "mmbiz.qlogo.cn")
VIDEO_HOST = "v.qq.com"
WITH_CONTENT = ("script", "style", "iframe", "object", "noscript", "template", "title")  # dropped whole
TAG_ONLY = ("form", "input", "button", "select", "textarea", "html", "head", "body", "link", "meta", "base", "embed")
DROPPED_ATTRIBUTES = ("class", "id", "srcset", "srcdoc")
VOID = ("img", "br", "hr", "wbr", "col", "source")
SAFE_SCHEMES = ("", "http", "https", "weixin", "mailto", "tel")
MOST_CHARACTERS = 20_000
MOST_BYTES = 1024 * 1024
DIGEST_FROM_TEXT = 54  # characters of the text that become the digest when there is none


class _Filter(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self._dropping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in WITH_CONTENT and not (tag == "iframe" and _is_video(dict(attrs))):
            self._dropping.append(tag)
        elif not self._dropping and tag not in TAG_ONLY and not (tag == "img" and _is_foreign(dict(attrs))):
            self.kept.append(f"<{tag}{_attributes(attrs)}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in WITH_CONTENT:
            return
        before = len(self.kept)
        self.handle_starttag(tag, attrs)
        if len(self.kept) > before:
            self.kept[-1] = self.kept[-1][:-1] + "/>"

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            if tag == self._dropping[-1]:
                self._dropping.pop()
        elif tag not in TAG_ONLY and tag not in VOID:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep(self, text: str) -> None:
        if not self._dropping:
            self.kept.append(text)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def stripped(html: str) -> str:
    """The HTML as WeChat keeps it."""
    reader = _Filter()
    reader.feed(html)
    reader.close()
    return "".join(reader.kept)


def first_words(html: str) -> str:
    """The digest WeChat makes of the text when the author gave none."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.words).split())[:DIGEST_FROM_TEXT]


def _attributes(attrs: list[tuple[str, str | None]]) -> str:
    return "".join(
        f' {name}="{_quoted(value or "")}"'
        for name, value in attrs
        if name not in DROPPED_ATTRIBUTES and not name.startswith("on") and not _is_unsafe(name, value or "")
    )


def _quoted(value: str) -> str:
    return escape(value, quote=False).replace('"', "&quot;")


def _is_unsafe(name: str, value: str) -> bool:
    return name in ("href", "src") and _scheme(value) not in SAFE_SCHEMES


def _scheme(address: str) -> str:
    # Browsers skip blanks and control characters inside "java\tscript:", so they must not hide the scheme from us.
    cleaned = "".join(letter for letter in address if letter > " ")
    return cleaned.partition(":")[0].lower() if ":" in cleaned.partition("/")[0] else ""


def _host(address: str | None) -> str:
    try:
        return urlsplit(address or "").hostname or ""
    except ValueError:
        return ""


def _is_foreign(attrs: dict[str, str | None]) -> bool:
    return _host(attrs.get("src") or attrs.get("data-src")) not in PICTURE_HOSTS


def _is_video(attrs: dict[str, str | None]) -> bool:
    return _host(attrs.get("src")) == VIDEO_HOST
