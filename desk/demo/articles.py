"""The demo's articles, written through the same door as a person's."""

from django.db.models import QuerySet

from accounts.models import OfficialAccount, User
from articles import images, writing
from articles.models import Article, MediaFile
from desk.demo import pictures
from desk.demo.content import ARTICLES, DemoArticle, Drawing


def make_articles(accounts: dict[str, OfficialAccount], people: dict[str, User]) -> dict[str, Article]:
    """Return the demo's articles by the name of their text; those that are there already stay as they are."""
    by = people["mei"]
    return {each.text: _find(accounts, each) or _write(accounts[each.account], each, by) for each in ARTICLES}


def _find(accounts: dict[str, OfficialAccount], wanted: DemoArticle) -> Article | None:
    known: QuerySet[Article] = Article.objects.filter(official_account=accounts[wanted.account], title=wanted.title)
    return known.first()


def _write(account: OfficialAccount, wanted: DemoArticle, by: User) -> Article:
    body = wanted.body()
    for number, drawing in enumerate(wanted.pictures):
        picture = _picture(account, drawing, pictures.INSIDE, by)
        figure = f'<p><img src="{picture.get_absolute_url()}" alt="{wanted.shown(drawing)}"></p>'
        body = body.replace(f"{{picture:{number}}}", figure)
    return writing.create(
        account,
        by=by,
        title=wanted.title,
        author=wanted.author,
        digest=wanted.digest,
        body=body,
        cover=_picture(account, wanted.cover, pictures.COVER, by),
    )


def _picture(account: OfficialAccount, drawing: Drawing, size: tuple[int, int], by: User) -> MediaFile:
    scene, palette = drawing
    content = pictures.draw(scene, size, palette)
    return images.store(account, images.prepare(content), name=f"{scene}.jpg", by=by)
