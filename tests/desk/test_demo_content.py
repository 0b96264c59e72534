"""The demo's texts and pictures keep WeChat's limits, and the accounts they name exist."""

import io

import pytest
from PIL import Image

from desk.demo import content, pictures
from desk.demo.content import ARTICLES, DemoArticle

ACCOUNTS = {account.key for account in content.ACCOUNTS}


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.text)
def test_an_article_keeps_wechats_limits(article: DemoArticle) -> None:
    assert len(article.title) <= 32
    assert len(article.author) <= 8
    assert len(article.digest) <= 120
    assert article.account in ACCOUNTS


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.text)
def test_every_picture_has_its_place_in_the_text(article: DemoArticle) -> None:
    places = [f"{{picture:{number}}}" for number in range(len(article.pictures))]
    assert [article.body().count(place) for place in places] == [1] * len(places)
    assert article.body().count("{picture:") == len(places)


@pytest.mark.parametrize("scene", pictures.SCENES)
def test_a_picture_is_a_small_jpeg_and_the_same_each_time(scene: str) -> None:
    first = pictures.draw(scene, pictures.COVER, pictures.MORNING)
    image = Image.open(io.BytesIO(first))
    assert (image.format, image.size) == ("JPEG", pictures.COVER)
    assert len(first) < 1_000_000
    assert first == pictures.draw(scene, pictures.COVER, pictures.MORNING)


def test_people_work_only_for_brands_that_exist() -> None:
    assert {key for person in content.PEOPLE for key in person.roles} <= ACCOUNTS


def test_one_account_is_verified_for_five_weeks_only() -> None:
    assert min(account.verified_days for account in content.ACCOUNTS) == 35
