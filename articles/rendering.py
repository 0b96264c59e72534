"""Turn an article into the HTML WeChat gets: sanitise, lay the theme on, obey WeChat's own rules.

One pure function feeds the preview, the checks and the sending: the same text,
theme and picture addresses give the same bytes. WeChat drops silently what it
does not like, so we drop it first and name it as a problem.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from html import unescape
from urllib.parse import urlsplit

import css_inline

from articles.sanitising import our_picture, sanitised_with
from articles.themes import CALM, Theme

# WeChat keeps pictures on its own host only (official-account.md §4.4), and links into itself for every account.
PICTURE_HOSTS = frozenset({"mmbiz.qpic.cn", "mmbiz.qlogo.cn"})
LINK_HOSTS = frozenset({"mp.weixin.qq.com", "weixin.qq.com"})
# How a picture that WeChat does not know yet is counted: as long as the addresses WeChat gives.
EXPECTED_ADDRESS = "http://mmbiz.qpic.cn/mmbiz_jpg/{sha256}{sha256:.22}/0"

# The sanitiser writes attributes with double quotes and escapes < > " in their values, so these match whole tags.
IMAGE = re.compile(r"<img((?: [a-z]+=\"[^\"]*\")*)>")
ATTRIBUTE = re.compile(r" ([a-z]+)=\"([^\"]*)\"")
LINK_WITHOUT_ADDRESS = re.compile(r"<a>(.*?)</a>", re.DOTALL)
EMPTY_FIGURE = re.compile(r"<figure>\s*</figure>")


class Trouble(StrEnum):
    """What WeChat would have dropped without a word, or what a reader misses."""

    EXTERNAL_PICTURE = "external_picture"
    UNKNOWN_PICTURE = "unknown_picture"
    EXTERNAL_LINK = "external_link"
    NO_ALT = "no_alt"


@dataclass(frozen=True)
class Problem:
    """One thing the renderer had to drop or found missing; ``subject`` is the address or the text it is about."""

    trouble: Trouble
    subject: str


@dataclass(frozen=True)
class WeChatHtml:
    """What WeChat gets, measured as WeChat measures it: all markup counts."""

    html: str
    characters: int
    bytes: int
    pictures: tuple[str, ...]  # digests of our pictures, in order, each once
    problems: tuple[Problem, ...]


@dataclass
class _Reader:
    """Sees every attribute the sanitiser lets through, and decides what becomes of addresses."""

    addresses: Mapping[str, str]
    external_links: bool
    pictures: dict[str, None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def attribute(self, tag: str, name: str, value: str) -> str | None:
        if name == "src":
            return self._picture(value)
        if name == "href":
            return self._link(value)
        return value

    def _picture(self, address: str) -> str | None:
        digest = our_picture(address)
        if digest in self.addresses:
            self.pictures[digest] = None
            return self.addresses[digest]
        if not digest and _host(address) in PICTURE_HOSTS:
            return address
        trouble = Trouble.UNKNOWN_PICTURE if digest else Trouble.EXTERNAL_PICTURE
        self.problems.append(Problem(trouble, address))
        return None

    def _link(self, address: str) -> str | None:
        if self.external_links or _host(address) in LINK_HOSTS:
            return address
        self.problems.append(Problem(Trouble.EXTERNAL_LINK, address))
        return None


def render(body: str, addresses: Mapping[str, str], *, theme: Theme = CALM, external_links: bool = False) -> WeChatHtml:
    """Return ``body`` as WeChat gets it; ``addresses`` says where each of our pictures lies, by its digest.

    Pure and deterministic, and idempotent: what it returned renders to itself.
    ``external_links``: whether this account may link out of WeChat (it needs WeChat Pay); else the text
    of a link stays and the link goes.
    """
    reader = _Reader(addresses, external_links)
    clean = sanitised_with(body, reader.attribute)
    clean = IMAGE.sub(lambda found: _image(found, reader.problems), clean)
    clean = _without_empty_figures(LINK_WITHOUT_ADDRESS.sub(r"\1", clean)).strip()
    html = f'<section style="{theme.frame}">{_styled(clean, theme)}</section>' if clean else ""
    return WeChatHtml(html, len(html), len(html.encode()), tuple(reader.pictures), tuple(reader.problems))


def expected_addresses(digests: Mapping[str, str]) -> dict[str, str]:
    """Return ``digests`` (digest to WeChat's address) with a stand-in of usual length where there is none yet."""
    return {sha256: url or EXPECTED_ADDRESS.format(sha256=sha256) for sha256, url in digests.items()}


def _styled(clean: str, theme: Theme) -> str:
    return css_inline.inline_fragment(clean, theme.css, load_remote_stylesheets=False, minify_css=True)


def _without_empty_figures(html: str) -> str:
    """Drop the figures whose picture was dropped, and those that held nothing else."""
    while (shorter := EMPTY_FIGURE.sub("", html)) != html:
        html = shorter
    return html


def _image(found: re.Match[str], problems: list[Problem]) -> str:
    """Return the picture's tag, or nothing where its address was dropped."""
    attributes = dict(ATTRIBUTE.findall(found[1]))
    if "src" not in attributes:
        return ""
    if not attributes.get("alt", "").strip():
        problems.append(Problem(Trouble.NO_ALT, unescape(attributes["src"])))
    return found[0]


def _host(address: str) -> str:
    return (urlsplit(address.strip()).hostname or "").lower()
