"""Every save is a revision, and nobody overwrites what they have not read."""

import threading
from contextlib import suppress

import pytest
from django.db import connection

from accounts.models import AuditEntry, OfficialAccount, User
from articles import checks, merging, writing
from articles.models import Article, MediaFile, Revision
from articles.models.article import TEXT_FIELDS


def fields(article: Article, **changed: object) -> dict[str, object]:
    return {**{name: getattr(article, name) for name in TEXT_FIELDS}, **changed}


def test_a_new_article_has_its_first_revision(article: Article, alice: User) -> None:
    revision = article.latest_revision()
    assert (article.version, revision.number, revision.created_by) == (1, 1, alice)
    assert (revision.title, revision.body, revision.cover) == (article.title, article.body, article.cover)


def test_saving_writes_the_next_revision_and_keeps_the_first(article: Article, alice: User) -> None:
    revision = writing.save(article, fields(article, title="春の新茶"), version=1, by=alice)
    assert revision is not None
    assert (revision.number, revision.title) == (2, "春の新茶")
    assert article.revisions.get(number=1).title == "冬の新茶"
    assert Article.objects.get(pk=article.pk).title == "春の新茶"


def test_saving_what_is_there_already_writes_nothing(article: Article, alice: User) -> None:
    assert writing.save(article, fields(article), version=1, by=alice) is None
    assert article.revisions.count() == 1


def test_a_stale_save_writes_nothing_and_says_what_the_other_wrote(article: Article, alice: User, erin: User) -> None:
    writing.save(article, fields(article, title="アリスの題"), version=1, by=alice)
    with pytest.raises(writing.Stale) as stale:
        writing.save(article, fields(article, title="エリンの題"), version=1, by=erin)
    assert stale.value.theirs.title == "アリスの題"
    assert stale.value.base == article.revisions.get(number=1)
    assert Article.objects.get(pk=article.pk).title == "アリスの題"
    assert article.revisions.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_once_one_is_stale(article: Article, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[str] = []
    both_have_read = threading.Barrier(2)

    def slow_checks(*_args: object) -> list[checks.Check]:
        # Between reading and writing: whoever is not held back by the first one's lock stands here beside it.
        with suppress(threading.BrokenBarrierError):
            both_have_read.wait(timeout=1)
        return []

    monkeypatch.setattr(checks, "of", slow_checks)

    def save(title: str) -> None:
        try:
            writing.save(article, fields(article, title=title), version=1, by=alice)
            outcomes.append("saved")
        except writing.Stale:
            outcomes.append("stale")
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(f"題{number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved", "stale"]


def test_a_revision_is_never_changed(article: Article) -> None:
    revision = article.latest_revision()
    revision.title = "もう一度"
    with pytest.raises(ValueError, match="never changed"):
        revision.save()


def test_what_is_stored_is_sanitised(article: Article, alice: User) -> None:
    revision = writing.save(article, fields(article, body="<p onclick=x>a</p><script>1</script>"), version=1, by=alice)
    assert revision is not None
    assert revision.body == "<p>a</p>"


def test_what_is_stored_is_sanitised_from_the_first_moment(official_account: OfficialAccount) -> None:
    article = writing.create(official_account, title="題", body="<p onclick=x>a</p><script>1</script>")
    assert article.latest_revision().body == article.body == "<p>a</p>"


def test_the_list_knows_what_the_checks_said(official_account: OfficialAccount) -> None:
    article = writing.create(official_account, title="題")
    assert (article.stops, article.warnings) == (2, 1)  # no text, no cover; no digest


def test_who_wrote_is_in_the_audit_trail(article: Article, alice: User) -> None:
    writing.save(article, fields(article, digest="新しい"), version=1, by=alice)
    entry = AuditEntry.objects.filter(action="article.save").get()
    assert entry.after == {"revision": 2, "fields": ["digest"]}
    assert entry.brand == article.official_account.brand
    assert AuditEntry.objects.filter(action="article.create").count() == 1


def merged(article: Article, theirs: dict[str, object], mine: dict[str, object]) -> merging.Merge:
    base = article.latest_revision()
    writing.save(article, fields(article, **theirs), version=1, by=None)
    return merging.merge(base, Revision.objects.get(article=article, number=2), fields(article, **mine))


def test_fields_only_the_other_changed_are_taken_over(article: Article) -> None:
    merge = merged(article, {"digest": "彼女の要約"}, {"title": "私の題"})
    assert merge.fields["digest"] == "彼女の要約"
    assert merge.fields["title"] == "私の題"
    assert [(one.label, one.both) for one in merge.differences] == [("digest", False)]


def test_where_both_changed_the_writers_own_words_stay(article: Article) -> None:
    merge = merged(article, {"title": "彼女の題"}, {"title": "私の題"})
    assert merge.fields["title"] == "私の題"
    (difference,) = merge.differences
    assert difference.both
    assert [(line.kind, line.text) for line in difference.lines] == [("removed", "冬の新茶"), ("added", "彼女の題")]


def test_a_body_is_compared_paragraph_by_paragraph(article: Article) -> None:
    merge = merged(article, {"body": "<p>霜の朝に</p><p>新しい &amp; 段落</p>"}, {"title": "私の題"})
    (difference,) = merge.differences
    assert ("added", "新しい & 段落") in [(line.kind, line.text) for line in difference.lines]
    assert "霜の朝に" not in [line.text for line in difference.lines]


def test_the_other_taking_the_cover_away_is_told(article: Article, cover: MediaFile) -> None:
    merge = merged(article, {"cover": None}, {"title": "私の題"})
    assert merge.fields["cover"] is None
    assert [line.kind for line in merge.differences[0].lines] == ["removed"]


def test_the_same_change_by_both_is_no_difference(article: Article) -> None:
    assert merged(article, {"title": "同じ題"}, {"title": "同じ題"}).differences == ()
