"""Drafts: one to eight articles under one media_id, which dies when they are sent or published.

WeChat drops what it does not like from the content without a word: scripts,
foreign pictures. An account whose verification lapsed may get 48001 here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wxportal.wechat import answers, limits
from wxportal.wechat.client import Client


@dataclass(frozen=True)
class ArticlePayload:
    """One article as WeChat takes it; ``thumb_media_id`` is a permanent picture, ``pic_crop_…`` are X1_Y1_X2_Y2 (0…1).

    Lengths are not checked here: WeChat's own refusal is the better text, and
    the editor warns long before.
    """

    title: str
    content: str
    thumb_media_id: str
    author: str = ""
    digest: str = ""
    content_source_url: str = ""
    need_open_comment: bool = False
    only_fans_can_comment: bool = False
    pic_crop_235_1: str = ""
    pic_crop_1_1: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object; empty optional fields stay out of it."""
        optional = {
            "author": self.author,
            "digest": self.digest,
            "content_source_url": self.content_source_url,
            "pic_crop_235_1": self.pic_crop_235_1,
            "pic_crop_1_1": self.pic_crop_1_1,
        }
        return {
            "article_type": "news",
            "title": self.title,
            "content": self.content,
            "thumb_media_id": self.thumb_media_id,
            "need_open_comment": int(self.need_open_comment),
            "only_fans_can_comment": int(self.only_fans_can_comment),
            **{name: value for name, value in optional.items() if value},
        }


@dataclass(frozen=True)
class DraftArticle:
    """An article as WeChat keeps it; ``url`` is a preview that ends after a while."""

    title: str
    content: str
    author: str
    digest: str
    content_source_url: str
    thumb_media_id: str
    thumb_url: str
    url: str
    need_open_comment: bool
    only_fans_can_comment: bool
    article_type: str


@dataclass(frozen=True)
class Draft:
    """A draft; times are unix seconds, None where WeChat left them out. ``media_id`` is empty in draft/get."""

    articles: list[DraftArticle]
    media_id: str = ""
    create_time: int | None = None
    update_time: int | None = None


@dataclass(frozen=True)
class DraftPage:
    """Some drafts; ``total`` is all there are."""

    total: int
    drafts: list[Draft]


def add(client: Client, articles: Sequence[ArticlePayload]) -> str:
    """Save one to eight articles as a draft and return its media_id; 1,000 calls a day.

    Raises Refused (45003 title, 45110 author, 45004 digest, 45002 content too
    long, 45008 too many, 45166 forbidden markup, 40007 and 40229 cover, 40155,
    41039 link, 44003 empty, 88000 no comments), OperatorNeeded (48001),
    WeChatError, ValueError. A call whose outcome is unknown may have left a draft.

    Source: developers.weixin.qq.com/doc/subscription/api/draftbox/draftmanage/api_draft_add.html
    """
    if not 1 <= len(articles) <= limits.ARTICLES_PER_DRAFT:
        raise ValueError(f"a draft has 1 to {limits.ARTICLES_PER_DRAFT} articles")
    payload = client.post("/cgi-bin/draft/add", {"articles": [article.as_dict() for article in articles]})
    return answers.text(payload, "media_id")


def get(client: Client, media_id: str) -> Draft:
    """Return a draft; 500 calls a day. Raises Refused (40007 gone or unknown), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/draftbox/draftmanage/api_getdraft.html
    """
    return _draft(client.post("/cgi-bin/draft/get", {"media_id": media_id}), media_id)


def update(client: Client, media_id: str, index: int, article: ArticlePayload) -> None:
    """Replace one article; ``index`` begins at 0 (in other interfaces at 1). 1,000 calls a day.

    Raises Refused (40114 no such article, 40007, and those of `add`), WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/draftbox/draftmanage/api_draft_update.html
    """
    if not 0 <= index < limits.ARTICLES_PER_DRAFT:
        raise ValueError("the first article has index 0")
    # One object under the plural name, where `add` has a list.
    request = {"media_id": media_id, "index": index, "articles": article.as_dict()}
    client.post("/cgi-bin/draft/update", request)


def delete(client: Client, media_id: str) -> None:
    """Delete a draft for good; 1,000 calls a day. Raises Refused (40007), WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/draftbox/draftmanage/api_draft_delete.html
    """
    client.post("/cgi-bin/draft/delete", {"media_id": media_id})


def count(client: Client) -> int:
    """Return how many drafts there are; 1,000 calls a day. Raises WeChatError.

    Source: developers.weixin.qq.com/doc/subscription/api/draftbox/draftmanage/api_draft_count.html
    """
    return answers.number(client.get("/cgi-bin/draft/count"), "total_count")


def list_page(
    client: Client, offset: int = 0, count: int = limits.LIST_PAGE, *, with_content: bool = False
) -> DraftPage:
    """Return 1 to 20 drafts from ``offset`` (0 is the newest); 1,000 calls a day. Raises WeChatError, ValueError.

    Source: developers.weixin.qq.com/doc/subscription/api/draftbox/draftmanage/api_draft_batchget.html
    """
    if offset < 0 or not 1 <= count <= limits.LIST_PAGE:
        raise ValueError(f"a page has 1 to {limits.LIST_PAGE} drafts, from 0 on")
    request = {"offset": offset, "count": count, "no_content": int(not with_content)}
    payload = client.post("/cgi-bin/draft/batchget", request)
    drafts = [_listed(one) for one in answers.objects(payload, "item")]
    return DraftPage(answers.number(payload, "total_count"), drafts)


def _listed(payload: Mapping[str, Any]) -> Draft:
    return _draft(answers.inner(payload, "content"), answers.text(payload, "media_id"))


def _draft(payload: Mapping[str, Any], media_id: str) -> Draft:
    return Draft(
        articles=[_article(one) for one in answers.objects(payload, "news_item")],
        media_id=media_id,
        create_time=answers.number_or_none(payload, "create_time"),
        update_time=answers.number_or_none(payload, "update_time"),
    )


def _article(payload: Mapping[str, Any]) -> DraftArticle:
    names = ("title", "content", "author", "digest", "content_source_url", "thumb_media_id", "thumb_url", "url")
    flags = ("need_open_comment", "only_fans_can_comment")
    fields: dict[str, Any] = {name: answers.text_or_empty(payload, name) for name in names}
    fields |= {name: bool(answers.number_or_zero(payload, name)) for name in flags}
    return DraftArticle(**fields, article_type=answers.text_or_empty(payload, "article_type") or "news")
