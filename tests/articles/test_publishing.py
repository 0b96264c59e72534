"""Against the real sandbox: what WeChat keeps is what the preview showed, and no picture goes up twice."""

from dataclasses import dataclass

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.gateway import client_for
from accounts.models import Brand, OfficialAccount, User
from articles import composing, images, publishing, writing
from articles.models import Article, DraftPush, MediaFile
from articles.models.article import TEXT_FIELDS
from tests.articles.pictures import photograph, saved
from tests.people import connect
from wxportal.sandbox.control import Control
from wxportal.wechat import drafts, media
from wxportal.wechat.client import Client
from wxportal.wechat.errors import OutcomeUnknown, Refused


@dataclass
class WeChat:
    """The sandbox's side of the account."""

    control: Control
    appid: str

    def calls(self, path: str) -> int:
        return int(self.control.books(self.appid)["calls"].get(path, 0))

    @property
    def drafts(self) -> int:
        return int(self.control.books(self.appid)["drafts"])


@pytest.fixture
def wechat(sandbox: Control) -> WeChat:
    made = sandbox.create_account(followers=3)
    return WeChat(sandbox, made["appid"])


@pytest.fixture
def official_account(tea_brand: Brand, wechat: WeChat, wechat_url: str) -> OfficialAccount:
    """The tea brand's account, connected to the sandbox (in the place of the one that reaches no WeChat)."""
    made = wechat.control.create_account(appid=wechat.appid)
    account = connect(tea_brand, appid=made["appid"], original_id=made["original_id"], api_base_url=wechat_url)
    account.set_secret(made["secret"])
    account.save()
    return account


@pytest.fixture
def client_of(official_account: OfficialAccount) -> Client:
    return client_for(official_account)


def changed(article: Article, **fields: object) -> Article:
    known = {name: getattr(article, name) for name in TEXT_FIELDS}
    writing.save(article, {**known, **fields}, version=article.version, by=None)
    return Article.objects.get(pk=article.pk)


def test_wechat_keeps_exactly_what_we_rendered(article: Article, client_of: Client) -> None:
    media_id = publishing.make_draft(client_of, article.official_account, [article.latest_revision()])
    (kept,) = drafts.get(client_of, media_id).articles
    pictures = composing.pictures_of(article.official_account, [article.body])
    assert kept.content == composing.for_wechat(article.body, pictures).html
    assert (kept.title, kept.author, kept.digest) == (article.title, article.author, article.digest)
    assert "mmbiz.qpic.cn" in kept.content


def test_wechat_keeps_exactly_what_the_preview_shows(
    article: Article, client_of: Client, alice: User, client: Browser
) -> None:
    media_id = publishing.make_draft(client_of, article.official_account, [article.latest_revision()])
    (kept,) = drafts.get(client_of, media_id).articles
    client.force_login(alice)
    shown = client.get(reverse("articles:frame", args=[article.pk])).content.decode()
    for picture in MediaFile.objects.exclude(wechat_url=""):
        shown = shown.replace(picture.get_absolute_url(), picture.wechat_url)
    assert f'<div class="content">{kept.content}</div>' in shown


def test_each_picture_goes_up_once_for_each_use(article: Article, client_of: Client, wechat: WeChat) -> None:
    revision = article.latest_revision()
    for _push in range(3):
        publishing.make_draft(client_of, article.official_account, [revision, revision])
    assert wechat.calls("/cgi-bin/media/uploadimg") == 1
    assert wechat.calls("/cgi-bin/material/add_material") == 1
    assert wechat.drafts == 3


def test_a_picture_that_is_both_inside_and_cover_has_both_copies(
    article: Article, picture: MediaFile, client_of: Client
) -> None:
    both = changed(article, cover=picture)
    publishing.make_draft(client_of, article.official_account, [both.latest_revision()])
    picture.refresh_from_db()
    assert picture.wechat_url
    assert picture.wechat_media_id


def test_several_articles_keep_their_order(article: Article, client_of: Client) -> None:
    second = writing.create(
        article.official_account, title="二番目", digest="要約", body="<p>文</p>", cover=article.cover
    )
    revisions = [second.latest_revision(), article.latest_revision()]
    media_id = publishing.make_draft(client_of, article.official_account, revisions)
    assert [kept.title for kept in drafts.get(client_of, media_id).articles] == ["二番目", "冬の新茶"]


def test_pushing_again_replaces_the_draft(article: Article, client_of: Client, wechat: WeChat, alice: User) -> None:
    first = publishing.push_draft(client_of, article.latest_revision(), by=alice)
    newer = changed(article, title="春の新茶")
    second = publishing.push_draft(client_of, newer.latest_revision(), by=alice)
    assert second.media_id == first.media_id
    assert wechat.drafts == 1
    assert drafts.get(client_of, second.media_id).articles[0].title == "春の新茶"
    assert DraftPush.objects.get().revision.number == 2


def test_a_draft_that_is_gone_is_made_again(article: Article, client_of: Client, alice: User) -> None:
    first = publishing.push_draft(client_of, article.latest_revision(), by=alice)
    drafts.delete(client_of, first.media_id)
    second = publishing.push_draft(client_of, article.latest_revision(), by=alice)
    assert second.media_id != first.media_id
    assert DraftPush.objects.count() == 1


def test_a_cover_deleted_in_the_console_goes_up_again(article: Article, cover: MediaFile, client_of: Client) -> None:
    publishing.make_draft(client_of, article.official_account, [article.latest_revision()])
    cover.refresh_from_db()
    media.delete_material(client_of, cover.wechat_media_id)
    media_id = publishing.make_draft(client_of, article.official_account, [article.latest_revision()])
    assert drafts.get(client_of, media_id).articles[0].thumb_media_id != cover.wechat_media_id


def test_a_push_that_broke_off_goes_on_where_it_stopped(article: Article, client_of: Client, wechat: WeChat) -> None:
    wechat.control.fault("/cgi-bin/draft/add", "hang_up_before", appid=wechat.appid)
    with pytest.raises(OutcomeUnknown):
        publishing.make_draft(client_of, article.official_account, [article.latest_revision()])
    publishing.make_draft(client_of, article.official_account, [article.latest_revision()])
    assert wechat.calls("/cgi-bin/media/uploadimg") == 1


def test_a_refusal_of_the_text_is_no_reason_to_upload_again(
    article: Article, client_of: Client, wechat: WeChat
) -> None:
    too_long = changed(article, title="茶" * 33)
    with pytest.raises(Refused) as refused:
        publishing.make_draft(client_of, article.official_account, [too_long.latest_revision()])
    assert refused.value.errcode == 45003
    assert wechat.calls("/cgi-bin/draft/add") == 1


def test_an_article_without_cover_never_reaches_wechat(article: Article, client_of: Client, wechat: WeChat) -> None:
    bare = changed(article, cover=None)
    with pytest.raises(publishing.NotReady):
        publishing.make_draft(client_of, article.official_account, [bare.latest_revision()])
    assert wechat.calls("/cgi-bin/draft/add") == 0


def test_after_a_move_to_another_wechat_every_picture_goes_up_again(
    article: Article, client_of: Client, sandbox: Control
) -> None:
    account = article.official_account
    publishing.make_draft(client_of, account, [article.latest_revision()])
    made = sandbox.create_account(followers=1)
    account.appid = made["appid"]
    account.set_secret(made["secret"])
    account.save()
    publishing.make_draft(client_for(account), account, [article.latest_revision()])
    assert WeChat(sandbox, made["appid"]).calls("/cgi-bin/media/uploadimg") == 1


def test_an_article_goes_out_through_its_own_account_only(
    article: Article, client_of: Client, other_brand: Brand
) -> None:
    other = connect(other_brand, appid="wxfedcba9876543210", original_id="gh_ba9876543210")
    with pytest.raises(ValueError, match="own account"):
        publishing.make_draft(client_of, other, [article.latest_revision()])


def test_a_picture_of_another_account_is_not_sent(article: Article, other_brand: Brand) -> None:
    other = connect(other_brand, appid="wxfedcba9876543210", original_id="gh_ba9876543210")
    foreign = images.store(other, images.prepare(saved(photograph(seed=9))))
    body = f'<img src="{foreign.get_absolute_url()}" alt="x">'
    assert composing.for_wechat(body, composing.pictures_of(article.official_account, [body])).html == ""


def test_the_fingerprint_changes_with_what_is_said_and_not_with_wechats_ids(
    article: Article, client_of: Client, picture: MediaFile
) -> None:
    first = article.latest_revision()
    before = publishing.content_fingerprint([first])
    publishing.make_draft(client_of, article.official_account, [first])
    assert publishing.content_fingerprint([article.latest_revision()]) == before
    for fields in (
        {"title": "他"},
        {"need_open_comment": True},
        {"cover": picture},
        {"source_url": "https://x.example/"},
    ):
        article = changed(article, **fields)
        now = publishing.content_fingerprint([article.latest_revision()])
        assert now != before
        before = now
    assert publishing.content_fingerprint([first, first]) != publishing.content_fingerprint([first])


def test_the_push_button_tells_what_became_of_it(
    article: Article, alice: User, client: Browser, wechat: WeChat
) -> None:
    client.force_login(alice)
    answer = client.post(reverse("articles:push", args=[article.pk]), follow=True)
    assert wechat.drafts == 1
    assert "Nobody was notified" in answer.content.decode()
    assert DraftPush.objects.get().pushed_by == alice


def test_wechats_refusal_is_shown_in_its_own_words(
    article: Article, alice: User, client: Browser, wechat: WeChat
) -> None:
    wechat.control.fault("/cgi-bin/draft/add", "errcode", appid=wechat.appid, code=48001, errmsg="api unauthorized")
    client.force_login(alice)
    words = client.post(reverse("articles:push", args=[article.pk]), follow=True).content.decode()
    assert "48001 api unauthorized" in words
    assert "verification" in words
    assert not DraftPush.objects.exists()


def test_what_wechat_would_refuse_is_refused_before_any_call(
    article: Article, alice: User, client: Browser, wechat: WeChat
) -> None:
    changed(article, title="茶" * 33)
    client.force_login(alice)
    words = client.post(reverse("articles:push", args=[article.pk]), follow=True).content.decode()
    assert "1 thing to fix before WeChat: Title: 33 of 32" in words
    assert wechat.control.books(wechat.appid)["calls"] == {}
