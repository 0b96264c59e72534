"""Articles: everybody of the brand reads them and sees their pictures, writers write and push; strangers get 404."""

import io
from typing import Any

from PIL import Image

from articles import images, writing
from articles.models import Article, MediaFile
from tests.permissions.table import Row, World, the_account


def an_article(world: World) -> tuple[Any, ...]:
    return (writing.create(world.official_account, title="冬の新茶").pk,)


def a_picture(world: World) -> tuple[Any, ...]:
    out = io.BytesIO()
    Image.new("RGB", (20, 20)).save(out, "PNG")
    media: MediaFile = images.store(world.official_account, images.prepare(out.getvalue()))
    return (media.sha256,)


def a_title(world: World) -> dict[str, Any]:
    return {"official_account": world.official_account.pk, "title": "春の新茶"}


def another_title(world: World) -> dict[str, Any]:
    return {"title": "春の新茶", "version": Article.objects.values_list("version", flat=True).first() or 1}


WRITERS_ONLY: dict[str, int] = {"viewer": 403}
ROWS = [
    Row("articles:list", stranger=200),
    Row("articles:new", stranger=200, **WRITERS_ONLY),
    # Charlie writes for a brand of his own: the tea brand's account is no valid choice, and the form says so.
    Row("articles:new", "post", data=a_title, editor=302, manager=302, stranger=200, **WRITERS_ONLY),
    Row("articles:edit", args=an_article, **WRITERS_ONLY),
    Row("articles:edit", "post", args=an_article, data=another_title, editor=302, manager=302, **WRITERS_ONLY),
    Row("articles:preview", args=an_article),
    Row("articles:frame", args=an_article),
    Row("articles:live", "post", args=an_article, data=another_title, **WRITERS_ONLY),
    # Nothing is written yet, so the push is refused in words: the address itself still leads to the preview.
    Row("articles:push", "post", args=an_article, editor=302, manager=302, **WRITERS_ONLY),
    Row("articles:upload", "post", args=the_account, editor=400, manager=400, **WRITERS_ONLY),
    Row("articles:media", args=a_picture),
    *(
        Row(name, args=args, anonymous=405, viewer=405, editor=405, manager=405, stranger=405)
        for name, args in (
            ("articles:push", an_article),
            ("articles:live", an_article),
            ("articles:upload", the_account),
        )
    ),
]
