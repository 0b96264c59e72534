"""Every call against the exchange WeChat's documents print for it: what goes out, and what is made of the answer."""

from dataclasses import astuple

import pytest

from tests.wechat.servers import FIXTURES, fixture
from wxportal.wechat import base, drafts, mass, media, messages, quota, tags, users
from wxportal.wechat.drafts import ArticlePayload, Draft, DraftArticle

A, B, C = (f"oPORTALuser{number:018d}" for number in (1, 2, 3))
JPEG = b"\xff\xd8\xff\xe0 picture"
CONTENT = '<p>正文<img src="https://mmbiz.qpic.cn/EXAMPLE/0"></p>'
ARTICLE = ArticlePayload(
    title="秋季新品",
    author="市场部",
    digest="三款新品上市",
    content=CONTENT,
    content_source_url="https://www.example.com/new",
    thumb_media_id="PERM_1",
    need_open_comment=True,
    pic_crop_235_1="0.1945_0_1_0.5236",
    pic_crop_1_1="0.166454_0_0.833545_1",
)
KEPT = DraftArticle(
    title="秋季新品",
    content=CONTENT,
    author="市场部",
    digest="三款新品上市",
    content_source_url="https://www.example.com/new",
    thumb_media_id="PERM_1",
    thumb_url="http://mmbiz.qpic.cn/EXAMPLE/0",
    url="https://mp.weixin.qq.com/s?tempkey=EXAMPLE",
    need_open_comment=True,
    only_fans_can_comment=False,
    article_type="news",
)
MPNEWS = messages.Mpnews("DRAFT_1")
ACCEPTED = mass.Accepted(3147483701, 2247483650)

# (path, case, call, what it returns)
CALLS = [
    ("getcallbackip", "some", base.callback_ips, ["203.0.113.1", "203.0.113.0/26"]),
    ("get_api_domain_ip", "some", base.api_domain_ips, ["203.0.113.1", "203.0.113.0/26"]),
    (
        "callback/check",
        "all",
        base.check_callback,
        base.CallbackCheck(
            [base.Resolved("203.0.113.9", "UNICOM")], [base.Ping("203.0.113.9", "UNICOM", "0%", "23.1ms")]
        ),
    ),
    ("clear_quota", "cleared", quota.clear, None),
    ("openapi/quota/clear", "cleared", lambda c: quota.clear_path(c, "/cgi-bin/user/get"), None),
    ("openapi/quota/get", "sendall", lambda c: quota.get(c, mass.SENDALL), quota.Quota(100, 3, 97)),
    (
        "openapi/rid/get",
        "found",
        lambda c: quota.rid(c, "6a1f22c3-0b7d1e42-5c9a8f10"),
        quota.CallRecord(
            1767225600,
            30,
            "access_token=***",
            "{}",
            '{"errcode":45009,"errmsg":"reach max api daily quota limit"}',
            "203.0.113.7",
        ),
    ),
    ("user/get", "first", users.list_page, users.FollowerPage(3, 2, [A, B], B)),
    ("user/get", "last", lambda c: users.list_page(c, B), users.FollowerPage(3, 1, [C], C)),
    ("user/get", "behind_the_last", lambda c: users.list_page(c, C), users.FollowerPage(3, 0, [], "")),
    (
        "user/info",
        "follower",
        lambda c: users.info(c, A),
        users.Profile(
            A,
            True,
            1767225600,
            "oUNION0000000000000000000001",
            "VIP",
            (101, 2),
            "ADD_SCENE_QR_CODE",
            "98765",
            "zh_CN",
        ),
    ),
    ("user/info", "stranger", lambda c: users.info(c, B), users.Profile(B, False)),
    (
        "user/info/batchget",
        "two",
        lambda c: users.info_batch(c, [A, B]),
        [users.Profile(B, False), users.Profile(A, True, 1767225600)],
    ),
    ("user/info/updateremark", "set", lambda c: users.update_remark(c, A, "VIP 上海"), None),
    ("tags/members/getblacklist", "first", users.blacklist_page, users.FollowerPage(120, 1, [A], A)),
    ("tags/members/batchblacklist", "two", lambda c: users.blacklist(c, [A, B]), None),
    ("tags/members/batchunblacklist", "two", lambda c: users.unblacklist(c, [A, B]), None),
    ("tags/create", "created", lambda c: tags.create(c, "广东"), tags.Tag(134, "广东")),
    ("tags/get", "two", tags.list_all, [tags.Tag(2, "星标组", 0), tags.Tag(134, "广东", 5)]),
    ("tags/update", "renamed", lambda c: tags.rename(c, 134, "广东人"), None),
    ("tags/delete", "deleted", lambda c: tags.delete(c, 134), None),
    ("user/tag/get", "two", lambda c: tags.followers_page(c, 134), users.FollowerPage(0, 2, [A, B], B)),
    ("tags/members/batchtagging", "two", lambda c: tags.tag(c, 134, [A, B]), None),
    ("tags/members/batchuntagging", "two", lambda c: tags.untag(c, 134, [A, B]), None),
    ("tags/getidlist", "two", lambda c: tags.of_follower(c, A), [134, 2]),
    (
        "media/upload",
        "image",
        lambda c: media.upload_temporary(c, "image", "a.jpg", JPEG),
        media.TemporaryMedia("TMP_abcdef", "image", 1767225600),
    ),
    (
        "media/upload",
        "thumb",
        lambda c: media.upload_temporary(c, "thumb", "a.jpg", JPEG),
        media.TemporaryMedia("TMP_thumb", "thumb", 1767225600),
    ),
    (
        "material/add_material",
        "image",
        lambda c: media.add_material(c, "image", "a.jpg", JPEG),
        media.Material("PERM_1", "http://mmbiz.qpic.cn/EXAMPLE/0"),
    ),
    (
        "material/add_material",
        "video",
        lambda c: media.add_material(c, "video", "a.mp4", b"\x00\x00\x00\nftyp", title="片", introduction="说明"),
        media.Material("PERM_2"),
    ),
    ("material/del_material", "deleted", lambda c: media.delete_material(c, "PERM_1"), None),
    ("material/get_materialcount", "some", media.material_count, media.MaterialCount(0, 0, 3, 0)),
    (
        "media/uploadimg",
        "png",
        lambda c: media.upload_article_image(c, "a.png", JPEG),
        "http://mmbiz.qpic.cn/mmbiz_png/EXAMPLE/0",
    ),
    ("draft/add", "one", lambda c: drafts.add(c, [ARTICLE]), "DRAFT_1"),
    ("draft/update", "first_article", lambda c: drafts.update(c, "DRAFT_1", 0, ARTICLE), None),
    ("draft/get", "one", lambda c: drafts.get(c, "DRAFT_1"), Draft([KEPT], "DRAFT_1")),
    ("draft/delete", "deleted", lambda c: drafts.delete(c, "DRAFT_1"), None),
    ("draft/count", "three", drafts.count, 3),
    (
        "message/mass/sendall",
        "tag",
        lambda c: mass.send_to_tag(c, 134, MPNEWS, clientmsgid="wxp-4f1c2a9e7b"),
        ACCEPTED,
    ),
    ("message/mass/sendall", "all", lambda c: mass.send_to_all(c, MPNEWS, clientmsgid="wxp-4f1c2a9e7b"), ACCEPTED),
    (
        "message/mass/send",
        "two",
        lambda c: mass.send_to_openids(c, [A, B], MPNEWS, clientmsgid="wxp-4f1c2a9e7b-001"),
        ACCEPTED,
    ),
    ("message/mass/preview", "openid", lambda c: mass.preview(c, MPNEWS, openid=A), None),
    (
        "message/mass/preview",
        "name",
        lambda c: mass.preview(c, messages.Text("预览"), wechat_name="sample_wechat_id"),
        None,
    ),
    ("message/mass/get", "done", lambda c: mass.status(c, 3147483701), "SEND_SUCCESS"),
    ("message/mass/delete", "one", lambda c: mass.delete(c, 3147483701, article_idx=1), None),
    ("message/mass/speed/get", "three", mass.speed, mass.Speed(3, 30)),
    ("message/mass/speed/set", "one", lambda c: mass.set_speed(c, 1), None),
]


@pytest.mark.parametrize(("path", "case", "call", "result"), CALLS, ids=[f"{call[0]} {call[1]}" for call in CALLS])
def test_a_call_is_as_the_document_prints_it(client, wechat, path, case, call, result):
    paper = fixture(f"/cgi-bin/{path}")
    exchange = paper["cases"][case]
    wechat.will_answer(exchange["answer"])
    assert call(client) == result
    assert (wechat.last.method, wechat.last.path) == (paper["method"], f"/cgi-bin/{path}")
    sent = {name: value for name, value in wechat.last.query.items() if name != "access_token"}
    assert sent == exchange.get("query", {})
    if "json" in exchange:
        assert wechat.last.json == exchange["json"]


def test_every_path_on_paper_is_tested():
    elsewhere = {"stable_token", "clear_quota/v2", "media/get", "material/get_material"}
    elsewhere |= {"material/batchget_material", "draft/batchget"}  # below
    root = FIXTURES / "cgi-bin"
    on_paper = {str(file.relative_to(root).with_suffix("")) for file in root.rglob("*.json")}
    assert on_paper == {call[0] for call in CALLS} | elsewhere


def test_clearing_with_the_secret_needs_no_token(client, wechat, tokens):
    wechat.will_answer(fixture("/cgi-bin/clear_quota/v2")["cases"]["cleared"]["answer"])
    quota.clear_with_secret(client, "00112233")
    assert (wechat.last.method, wechat.last.body) == ("POST", b"")
    assert wechat.last.query == {"appid": client.appid, "appsecret": "00112233"}


def test_a_videos_address_comes_instead_of_the_file(client, wechat):
    wechat.will_answer(fixture("/cgi-bin/media/get")["cases"]["video"]["answer"], content_type="text/plain")
    file = media.download_temporary(client, "TMP_abcdef")
    assert (file.content, file.payload) == (b"", {"video_url": "http://video.example.com/1.mp4"})


def test_permanent_material_is_fetched_with_a_post(client, wechat):
    exchange = fixture("/cgi-bin/material/get_material")["cases"]["video"]
    wechat.will_answer(exchange["answer"])
    assert media.download_material(client, "PERM_1").payload == exchange["answer"]
    assert (wechat.last.method, wechat.last.json) == ("POST", exchange["json"])


def test_a_page_of_the_library(client, wechat):
    exchange = fixture("/cgi-bin/material/batchget_material")["cases"]["images"]
    wechat.will_answer(exchange["answer"])
    page = media.list_material(client, "image")
    assert (page.total, wechat.last.json) == (3, exchange["json"])
    expected = ("PERM_1", "cover.jpg", 1767225600, "http://mmbiz.qpic.cn/EXAMPLE/0")
    assert astuple(page.items[0])[:4] == expected


def test_a_page_of_drafts(client, wechat):
    exchange = fixture("/cgi-bin/draft/batchget")["cases"]["without_content"]
    wechat.will_answer(exchange["answer"])
    page = drafts.list_page(client)
    assert (page.total, wechat.last.json) == (3, exchange["json"])
    [draft] = page.drafts
    assert (draft.media_id, draft.create_time, draft.update_time) == ("DRAFT_1", 1767225000, 1767225600)
    assert draft.articles[0].content == ""


def test_a_videos_title_goes_along_as_raw_json(client, wechat):
    wechat.will_answer({"media_id": "PERM_2"})
    media.add_material(client, "video", "a.mp4", b"\x00\x00\x00\nftyp", title="片")
    description = wechat.last.parts()["description"].get_payload(decode=True)
    assert description == '{"title": "片", "introduction": ""}'.encode()
