"""Whatever people upload becomes a picture WeChat takes, or a sentence they understand."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms

from accounts.models import OfficialAccount
from articles import images
from articles.models import MediaFile
from tests.articles.pictures import animation, opened, photograph, saved, turned_photograph
from wxportal.wechat.limits import ARTICLE_IMAGE_BYTES


def test_a_turned_photograph_stands_upright_and_forgets_where_it_was_taken() -> None:
    picture = images.prepare(turned_photograph())
    kept = opened(picture.content)
    assert (kept.width, kept.height) == (picture.width, picture.height) == (600, 900)
    assert not kept.getexif()
    assert "comment" not in kept.info


def test_a_cmyk_photograph_becomes_rgb() -> None:
    kept = opened(images.prepare(saved(photograph().convert("CMYK"))).content)
    assert kept.mode == "RGB"
    assert kept.format == "JPEG"


def test_a_colour_profile_is_applied_and_not_kept() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert "icc_profile" not in opened(images.prepare(saved(photograph(), icc_profile=profile)).content).info


def test_a_broken_colour_profile_does_no_harm() -> None:
    assert images.prepare(saved(photograph(), icc_profile=b"broken")).content_type == "image/jpeg"


def test_sixteen_bits_of_grey_keep_their_shades() -> None:
    grey = Image.linear_gradient("L").resize((300, 300)).convert("I").point(lambda value: value * 257).convert("I;16")
    kept = opened(images.prepare(saved(grey, "PNG")).content).convert("L")
    assert kept.getpixel((150, 10)) < 40
    assert 100 < kept.getpixel((150, 150)) < 160


def test_of_an_animation_the_first_frame_stays_and_people_are_told() -> None:
    picture = images.prepare(animation())
    assert picture.content_type == "image/jpeg"
    assert not getattr(opened(picture.content), "is_animated", False)
    assert any("Animated" in remark for remark in picture.remarks)


def test_a_transparent_picture_stays_transparent_and_a_drawing_stays_sharp() -> None:
    logo = Image.new("RGBA", (200, 100), (7, 193, 96, 128))
    kept = opened(images.prepare(saved(logo, "PNG")).content)
    assert (kept.format, kept.mode) == ("PNG", "RGBA")
    assert opened(images.prepare(saved(Image.new("P", (200, 100), 3), "GIF")).content).format == "PNG"


def test_a_large_photograph_gets_small_enough_for_an_article() -> None:
    picture = images.prepare(saved(photograph((4000, 3000)), quality=97))
    assert picture.width == images.MOST_WIDTH
    assert len(picture.content) <= ARTICLE_IMAGE_BYTES
    assert picture.remarks


def test_noise_that_no_quality_makes_small_is_shrunk() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((1440, 3000), 200) for _channel in range(3)])
    assert len(images.prepare(saved(noise, "PNG")).content) <= ARTICLE_IMAGE_BYTES


def test_a_transparent_picture_too_large_for_png_lies_on_white() -> None:
    noisy = Image.merge(
        "RGBA", [*(Image.effect_noise((900, 900), 200) for _channel in range(3)), Image.new("L", (900, 900))]
    )
    picture = images.prepare(saved(noisy, "PNG"))
    assert picture.content_type == "image/jpeg"
    assert opened(picture.content).getpixel((5, 5)) == (255, 255, 255)


def test_the_same_upload_gives_the_same_bytes() -> None:
    content = turned_photograph()
    assert images.prepare(content).sha256 == images.prepare(content).sha256


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just text",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        b"GIF89a",
        b"PK\x03\x04 a zip that claims to be a picture",
        saved(photograph())[:2000],
        saved(Image.new("RGB", (60, 60)), "PNG")[:60],
        saved(photograph((60, 60)), "TIFF"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(images.PictureRefused) as refused:
        images.prepare(content)
    assert len(str(refused.value)) > 20


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = saved(Image.new("1", (20_000, 20_000)), "PNG", optimize=True)
    assert len(bomb) < 100_000
    with pytest.raises(images.PictureRefused, match="million"):
        images.prepare(bomb)


def test_sixty_megapixels_are_too_many_and_the_size_is_named() -> None:
    with pytest.raises(images.PictureRefused, match="10,000 × 6,000"):
        images.prepare(saved(Image.new("L", (10_000, 6_000)), "PNG"))


def test_a_tracking_dot_is_no_picture() -> None:
    with pytest.raises(images.PictureRefused, match="1 × 1"):
        images.prepare(saved(Image.new("RGB", (1, 1)), "GIF"))


def test_a_40_mb_file_is_refused_unread(official_account: OfficialAccount) -> None:
    upload = SimpleUploadedFile("large.jpg", b"")
    upload.size = 40 * images.MB
    with pytest.raises(images.PictureRefused, match="40 MB"):
        images.keep(official_account, upload)


def test_the_same_picture_is_kept_once_an_account(official_account: OfficialAccount) -> None:
    picture = images.prepare(saved(photograph()))
    first = images.store(official_account, picture, name="a.jpg")
    assert images.store(official_account, picture, name="b.jpg") == first
    assert MediaFile.objects.count() == 1
    with first.file.open("rb") as file:
        assert file.read() == picture.content


def test_an_uploaded_name_never_becomes_a_path(official_account: OfficialAccount) -> None:
    media, _remarks = images.keep(official_account, SimpleUploadedFile("../../茶畑.php", saved(photograph())))
    assert media.file.name == f"articles/{official_account.pk}/{media.sha256[:2]}/{media.sha256}.jpg"
