"""What is refused here, before WeChat is asked."""

import pytest

from tests.wechat.conftest import APPID
from wxportal.wechat import drafts, limits, mass, media, messages, tags, users
from wxportal.wechat.drafts import ArticlePayload

MPNEWS = messages.Mpnews("DRAFT_1")
ARTICLE = ArticlePayload("题", "<p>文</p>", "PERM_1")


def people(count):
    return [f"o{number}" for number in range(count)]


TOO_MUCH = {
    "profiles 0": lambda c: users.info_batch(c, []),
    "profiles 101": lambda c: users.info_batch(c, people(101)),
    "remark 30 bytes": lambda c: users.update_remark(c, "o1", "好" * 10),
    "blacklist 21": lambda c: users.blacklist(c, people(21)),
    "tagging 51": lambda c: tags.tag(c, 134, people(51)),
    "tagging nobody": lambda c: tags.untag(c, 134, []),
    "tag name 33 bytes": lambda c: tags.create(c, "好" * 11),
    "tag without a name": lambda c: tags.rename(c, 134, ""),
    "draft without articles": lambda c: drafts.add(c, []),
    "draft of 9 articles": lambda c: drafts.add(c, [ARTICLE] * 9),
    "drafts 21 a page": lambda c: drafts.list_page(c, 0, 21),
    "drafts from -1": lambda c: drafts.list_page(c, -1),
    "material 0 a page": lambda c: media.list_material(c, "image", 0, 0),
    "article picture of 1 MB": lambda c: media.upload_article_image(c, "a.jpg", b"x" * 1024**2),
    "thumb above 64 KB": lambda c: media.add_material(c, "thumb", "a.jpg", b"x" * (64 * 1024 + 1)),
    "empty file": lambda c: media.upload_article_image(c, "a.jpg", b""),
    "list of one": lambda c: mass.send_to_openids(c, ["o1"], MPNEWS, clientmsgid="a"),
    "list of 10,001": lambda c: mass.send_to_openids(c, people(10_001), MPNEWS, clientmsgid="a"),
    "list with a double": lambda c: mass.send_to_openids(c, ["o1", "o2", "o1"], MPNEWS, clientmsgid="a"),
    "clientmsgid of 33": lambda c: mass.send_to_all(c, MPNEWS, clientmsgid="a" * 33),
    "no clientmsgid": lambda c: mass.send_to_all(c, MPNEWS, clientmsgid=""),
    "clientmsgid in Chinese": lambda c: mass.send_to_all(c, MPNEWS, clientmsgid="一"),
    "no draft": lambda c: mass.send_to_all(c, messages.Mpnews(""), clientmsgid="a"),
    "no text": lambda c: mass.send_to_all(c, messages.Text("  "), clientmsgid="a"),
    "no pictures": lambda c: mass.send_to_all(c, messages.Images([]), clientmsgid="a"),
    "21 pictures": lambda c: mass.send_to_all(c, messages.Images(["P"] * 21), clientmsgid="a"),
    "preview for nobody": lambda c: mass.preview(c, MPNEWS),
    "preview for two": lambda c: mass.preview(c, MPNEWS, openid="o1", wechat_name="x"),
    "speed 5": lambda c: mass.set_speed(c, 5),
    "article -1": lambda c: mass.delete(c, 1, article_idx=-1),
    "a tag's id as text": lambda c: mass.send_to_tag(c, "134", MPNEWS, clientmsgid="a"),
    "a tag's id as bool": lambda c: tags.delete(c, True),
    "ignore_reprint as text": lambda c: mass.send_to_all(c, MPNEWS, clientmsgid="a", ignore_reprint="false"),
    "openids as one text": lambda c: mass.send_to_openids(c, "o1o2", MPNEWS, clientmsgid="a"),
    "openids with a gap": lambda c: mass.send_to_openids(c, ["o1", ""], MPNEWS, clientmsgid="a"),
    "msg_id as text": lambda c: mass.status(c, "1"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_it_never_leaves(client, wechat, what):
    with pytest.raises((ValueError, TypeError)):
        TOO_MUCH[what](client)
    assert wechat.received == []


JUST_RIGHT = {
    "profiles 100": lambda c: users.info_batch(c, people(100)),
    "remark 29 bytes": lambda c: users.update_remark(c, "o1", "好" * 9 + "ab"),
    "tagging 50": lambda c: tags.tag(c, 134, people(50)),
    "draft of 8 articles": lambda c: drafts.add(c, [ARTICLE] * 8),
    "list of 2": lambda c: mass.send_to_openids(c, people(2), MPNEWS, clientmsgid="a"),
    "list of 10,000": lambda c: mass.send_to_openids(c, people(10_000), MPNEWS, clientmsgid="a"),
    "clientmsgid of 32": lambda c: mass.send_to_all(c, MPNEWS, clientmsgid="A" * 32),
}


@pytest.mark.parametrize("what", JUST_RIGHT)
def test_it_leaves(client, wechat, what):
    wechat.will_answer({"msg_id": 1, "media_id": "M"})
    JUST_RIGHT[what](client)
    assert len(wechat.received) == 1


def test_the_smaller_of_contradicting_limits_stands():
    assert limits.TITLE_CHARACTERS == 32
    assert limits.AUTHOR_CHARACTERS == 8
    assert limits.DIGEST_CHARACTERS == 120
    assert limits.CLIENTMSGID_BYTES == 32
    assert limits.BLACKLIST_PAGE == 1_000
    assert limits.TEMPORARY_MEDIA_BYTES["image"] == 2 * 1024**2


def test_optional_fields_of_an_article_stay_out_when_empty():
    assert ARTICLE.as_dict() == {
        "article_type": "news",
        "title": "题",
        "content": "<p>文</p>",
        "thumb_media_id": "PERM_1",
        "need_open_comment": 0,
        "only_fans_can_comment": 0,
    }


def test_the_app_id_is_public(client):
    assert client.appid == APPID
