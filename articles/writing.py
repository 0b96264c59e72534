"""Create and save articles. Every save is a revision; nobody overwrites what they have not read.

A writer says which version they started from. When somebody saved in between,
nothing is written and the caller gets both texts to show.
"""

from typing import Any

from django.db import transaction
from django.http import HttpRequest

from accounts import audit
from accounts.models import OfficialAccount, User
from articles import checks
from articles.models import Article, Revision
from articles.models.article import TEXT_FIELDS
from articles.sanitising import sanitise


class Stale(Exception):
    """Somebody saved after the writer had opened the article; ``base`` is what the writer started from."""

    def __init__(self, base: Revision | None, theirs: Revision) -> None:
        super().__init__(f"revision {theirs.number} was saved meanwhile")
        self.base = base
        self.theirs = theirs


def create(
    official_account: OfficialAccount, *, by: User | None = None, request: HttpRequest | None = None, **fields: Any
) -> Article:
    """Make an article of ``official_account`` with its first revision; ``fields`` as in ArticleText."""
    with transaction.atomic():
        article = Article(official_account=official_account)
        _write(article, fields, by)
        audit.record(request, "article.create", article, brand=official_account.brand)
    return article


def save(
    article: Article, fields: dict[str, Any], *, version: int, by: User | None, request: HttpRequest | None = None
) -> Revision | None:
    """Write ``fields`` over ``version`` and return the new revision, or None where nothing changed.

    Raises Stale, with nothing written, when ``version`` is not the newest.
    """
    with transaction.atomic():
        locked = Article.objects.select_for_update(of=("self",)).select_related("cover").get(pk=article.pk)
        if locked.version != version:
            raise Stale(locked.revisions.filter(number=version).first(), locked.latest_revision())
        changed = changes(locked, fields)
        if not changed:
            return None
        locked.official_account = article.official_account
        revision = _write(locked, changed, by)
        after = {"revision": revision.number, "fields": sorted(changed)}
        audit.record(request, "article.save", locked, brand=article.official_account.brand, after=after)
    return revision


def changes(article: Article, fields: dict[str, Any]) -> dict[str, Any]:
    """Return those of ``fields`` that would change ``article``, the body as it would be stored."""
    wanted = {**fields, **({"body": sanitise(fields["body"])} if "body" in fields else {})}
    return {name: value for name, value in wanted.items() if getattr(article, name) != value}


def _write(article: Article, fields: dict[str, Any], by: User | None) -> Revision:
    for name, value in fields.items():
        setattr(article, name, value)
    article.body = sanitise(article.body)
    found = checks.of(article, article.official_account)
    article.stops, article.warnings = len(checks.stops(found)), len(checks.warnings(found))
    article.version += 1
    article.updated_by = by
    article.save()
    text = {name: getattr(article, name) for name in TEXT_FIELDS}
    return Revision.objects.create(article=article, number=article.version, created_by=by, **text)
