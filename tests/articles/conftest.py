"""An account with pictures and an article; files lie in a folder of the test's own."""

from pathlib import Path

import pytest

from accounts.models import OfficialAccount, User
from articles import images, writing
from articles.models import Article, MediaFile
from tests.articles.pictures import photograph, saved


@pytest.fixture(autouse=True)
def media_root(settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    monkeypatch.setenv("MEDIA_ROOT", str(tmp_path / "media"))  # what this test starts keeps its files there, too
    return tmp_path / "media"


@pytest.fixture
def picture(official_account: OfficialAccount) -> MediaFile:
    """A picture for the inside of a text."""
    return images.store(official_account, images.prepare(saved(photograph((800, 600), seed=1))), name="hills.jpg")


@pytest.fixture
def cover(official_account: OfficialAccount) -> MediaFile:
    return images.store(official_account, images.prepare(saved(photograph((900, 383), seed=2))), name="cover.jpg")


@pytest.fixture
def article(official_account: OfficialAccount, picture: MediaFile, cover: MediaFile, alice: User) -> Article:
    """An article WeChat would take: two paragraphs around a picture."""
    figure = f'<figure><img src="{picture.get_absolute_url()}" alt="茶畑"></figure>'
    body = f"<p>霜の朝に</p>{figure}<p>半年寝かせた<ruby>茶<rt>ちゃ</rt></ruby>を。</p>"
    text = {"title": "冬の新茶", "author": "茶の間", "digest": "三つの新茶。", "body": body, "cover": cover}
    return writing.create(official_account, by=alice, **text)
