"""The pages: what people see, what they lose (nothing), and how many queries a list takes."""

import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Brand, OfficialAccount, User
from articles import images, writing
from articles.models import Article, MediaFile
from articles.models.article import TEXT_FIELDS
from tests.articles.pictures import opened, photograph, saved
from tests.people import connect

MOST_LIST_QUERIES = 8  # session, person, accounts, memberships, count, articles, and two of the shell


@pytest.fixture
def writer(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def typed(article: Article, **changed: object) -> dict[str, object]:
    """Return the form as a browser sends it, with some fields changed."""
    known = {name: getattr(article, name) for name in TEXT_FIELDS}
    known = {name: value for name, value in known.items() if value is not False}
    return {**known, "cover": article.cover.sha256 if article.cover else "", "version": article.version, **changed}


def edit(article: Article) -> str:
    return reverse("articles:edit", args=[article.pk])


def read(answer: object) -> str:
    return html.unescape(answer.content.decode())  # type: ignore[attr-defined]


def test_a_new_article_begins_with_its_account_and_title(writer: Client, official_account: OfficialAccount) -> None:
    form = {"official_account": official_account.pk, "title": "冬の新茶"}
    answer = writer.post(reverse("articles:new"), form)
    article = Article.objects.get()
    assert answer.url == edit(article)
    assert "There is no cover." in read(writer.get(answer.url))


def test_saving_says_so_and_keeps_every_field(writer: Client, article: Article) -> None:
    answer = writer.post(edit(article), typed(article, digest="新しい要約", need_open_comment="on"), follow=True)
    saved_one = Article.objects.get(pk=article.pk)
    assert (saved_one.version, saved_one.digest, saved_one.need_open_comment) == (2, "新しい要約", True)
    assert saved_one.cover == article.cover
    assert "Saved." in read(answer)


def test_a_second_writer_never_overwrites_the_first(writer: Client, article: Article, erin: User) -> None:
    writing.save(article, {"title": "エリンの題", "digest": "エリンの要約"}, version=1, by=erin)
    answer = writer.post(edit(article), typed(article, title="アリスの題", body="<p>アリスの文</p>"))
    words = read(answer)
    assert answer.status_code == 409
    assert Article.objects.get(pk=article.pk).title == "エリンの題"
    assert "erin saved version 2" in words
    assert 'value="アリスの題"' in words  # both changed it: the writer's own stays in the form
    assert "<ins>エリンの題</ins>" in words
    assert "アリスの文" in words
    assert ">\nエリンの要約</textarea>" in words  # only Erin changed it: taken over
    assert 'name="version" value="2"' in words


def test_after_reading_both_the_writer_saves_over_it(writer: Client, article: Article, erin: User) -> None:
    writing.save(article, {"title": "エリンの題"}, version=1, by=erin)
    writer.post(edit(article), typed(article, title="アリスの題"))
    answer = writer.post(edit(article), typed(article, title="アリスの題", version=2))
    assert answer.status_code == 302
    assert [one.title for one in article.revisions.order_by("number")] == ["冬の新茶", "エリンの題", "アリスの題"]


def test_a_cover_that_is_no_picture_loses_nothing_typed(writer: Client, article: Article) -> None:
    upload = SimpleUploadedFile("cover.jpg", b"%PDF-1.7 not a picture")
    answer = writer.post(edit(article), typed(article, title="新しい題", body="<p>新しい文</p>", cover_upload=upload))
    words = read(answer)
    assert answer.status_code == 400
    assert "no picture we can read" in words
    assert 'value="新しい題"' in words
    assert "新しい文" in words
    assert article.cover is not None
    assert article.cover.sha256 in words
    assert article.revisions.count() == 1


def test_a_good_cover_stays_when_another_field_is_wrong(writer: Client, article: Article) -> None:
    upload = SimpleUploadedFile("cover.jpg", saved(photograph((900, 383), seed=5)))
    words = read(writer.post(edit(article), typed(article, title="", cover_upload=upload)))
    newest = MediaFile.objects.order_by("-pk").first()
    assert newest is not None
    assert f'name="cover" value="{newest.sha256}"' in words


def test_a_cover_chosen_with_the_form_is_saved_with_it(writer: Client, article: Article) -> None:
    upload = SimpleUploadedFile("cover.jpg", saved(photograph((900, 383), seed=5)))
    writer.post(edit(article), typed(article, cover_upload=upload))
    cover = Article.objects.get(pk=article.pk).cover
    assert cover is not None
    assert cover != article.cover
    assert cover.name == "cover.jpg"


def test_another_accounts_picture_is_no_cover(writer: Client, article: Article, other_brand: Brand) -> None:
    other = connect(other_brand, appid="wxfedcba9876543210", original_id="gh_ba9876543210")
    foreign = images.store(other, images.prepare(saved(photograph((900, 383), seed=6))))
    answer = writer.post(edit(article), typed(article, cover=foreign.sha256))
    assert answer.status_code == 400
    assert "belongs to another account" in read(answer)
    assert article.revisions.count() == 1


def test_live_checks_see_what_stands_in_the_form_and_save_nothing(writer: Client, article: Article) -> None:
    body = '<p>新しい文</p><img src="https://x.example/a.png" alt="a">'
    words = read(writer.post(reverse("articles:live", args=[article.pk]), typed(article, title="茶" * 33, body=body)))
    assert "33 of 32" in words
    assert "https://x.example/a.png" in words
    assert "新しい文" in words
    assert article.revisions.count() == 1


def test_live_checks_bear_any_nonsense(writer: Client, article: Article) -> None:
    answer = writer.post(
        reverse("articles:live", args=[article.pk]), {"version": "x", "cover": "y", "title": "茶" * 500}
    )
    assert answer.status_code == 200


def test_the_frame_runs_nothing_and_loads_nothing_from_elsewhere(writer: Client, article: Article) -> None:
    answer = writer.get(reverse("articles:frame", args=[article.pk]))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-same-origin" in policy
    assert "allow-scripts" not in policy


def test_a_title_cannot_leave_its_place_in_the_frame(writer: Client, article: Article) -> None:
    writer.post(edit(article), typed(article, title='"><img src=x onerror=alert(1)>'))
    page = writer.get(edit(article)).content.decode()
    assert "<img src=x" not in page
    frame = html.unescape(page.split('srcdoc="')[1].split('"')[0])
    assert "<img src=x" not in frame
    assert "</html>" in frame


def upload(client: Client, account: OfficialAccount, content: bytes, name: str = "茶畑.jpg") -> object:
    return client.post(reverse("articles:upload", args=[account.pk]), {"file": SimpleUploadedFile(name, content)})


def test_an_uploaded_picture_has_an_address_for_people_of_the_brand(
    writer: Client, official_account: OfficialAccount
) -> None:
    answer = upload(writer, official_account, saved(photograph()))
    assert answer.status_code == 201  # type: ignore[attr-defined]
    picture = writer.get(answer.json()["url"])  # type: ignore[attr-defined]
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert opened(b"".join(picture.streaming_content)).size == (1200, 800)


def test_the_small_copy_is_small(writer: Client, picture: MediaFile) -> None:
    answer = writer.get(f"{picture.get_absolute_url()}?small")
    assert max(opened(b"".join(answer.streaming_content)).size) == 320


def test_a_picture_whose_file_is_gone_is_not_found(writer: Client, picture: MediaFile) -> None:
    picture.file.storage.delete(picture.file.name)
    assert writer.get(picture.get_absolute_url()).status_code == 404
    assert writer.get(f"{picture.get_absolute_url()}?small").status_code == 404


def test_pictures_stay_behind_the_brand_wall(client: Client, picture: MediaFile, charlie: User, bob: User) -> None:
    client.force_login(charlie)
    assert client.get(picture.get_absolute_url()).status_code == 404
    client.force_login(bob)
    assert client.get(picture.get_absolute_url()).status_code == 200


def test_an_svg_is_refused_in_words(writer: Client, official_account: OfficialAccount) -> None:
    answer = upload(writer, official_account, b"<svg><script>alert(1)</script></svg>", "a.svg")
    assert answer.status_code == 400  # type: ignore[attr-defined]
    assert "no picture" in answer.json()["error"]  # type: ignore[attr-defined]


def test_an_upload_without_a_file_is_answered(writer: Client, official_account: OfficialAccount) -> None:
    answer = writer.post(reverse("articles:upload", args=[official_account.pk]))
    assert (answer.status_code, "error" in answer.json()) == (400, True)


def test_an_empty_list_teaches(writer: Client, official_account: OfficialAccount) -> None:
    assert "Write the first one" in read(writer.get(reverse("articles:list")))


def test_a_reader_is_led_to_the_preview_and_not_to_the_editor(client: Client, article: Article, bob: User) -> None:
    client.force_login(bob)
    words = read(client.get(reverse("articles:list")))
    assert reverse("articles:preview", args=[article.pk]) in words
    assert edit(article) + '"' not in words
    assert "New article" not in words


def test_the_list_shows_one_account_when_asked(writer: Client, article: Article, other_brand: object) -> None:
    assert "冬の新茶" in read(writer.get(reverse("articles:list"), {"account": article.official_account_id}))
    assert "冬の新茶" in read(writer.get(reverse("articles:list"), {"account": "nonsense"}))


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_list_takes_as_many_queries_for_thirty_articles_as_for_one(writer: Client, article: Article) -> None:
    writer.get(reverse("articles:list"))
    for_one = queries_of(writer, reverse("articles:list"))
    for number in range(32):
        writing.create(article.official_account, title=f"題{number}", body=article.body, cover=article.cover)
    assert queries_of(writer, reverse("articles:list")) == for_one <= MOST_LIST_QUERIES
    assert "Page 1 of 2" in read(writer.get(reverse("articles:list")))


def test_the_editor_takes_few_queries(writer: Client, article: Article, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        writer.get(edit(article))


def test_the_admin_shows_every_model_and_lets_nobody_write(
    client: Client, article: Article, administrator: User
) -> None:
    client.force_login(administrator)
    for model in ("article", "revision", "mediafile", "draftpush"):
        assert client.get(reverse(f"admin:articles_{model}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:articles_{model}_add")).status_code == 403
    assert client.get(reverse("admin:articles_article_change", args=[article.pk])).status_code == 200
