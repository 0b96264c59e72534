"""JSON and multipart as they go out."""

import math

import pytest

from wxportal.wechat import body

JPEG = b"\xff\xd8\xff\xe0 picture"
PNG = b"\x89PNG\r\n\x1a\n picture"


def test_json_is_raw_utf_8():
    assert body.encoded({"title": "秋季 😀"}) == '{"title":"秋季 😀"}'.encode()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_numbers_json_does_not_have_are_refused(value):
    with pytest.raises(ValueError):
        body.encoded({"a": value})


@pytest.mark.parametrize(
    ("given", "content", "sent"),
    [
        ("cover.jpg", JPEG, b"cover.jpg"),
        ("封面.jpg", JPEG, b"media.jpg"),
        ("封面", PNG, b"media.png"),
        ('a"; name="x.jpg', JPEG, b"media.jpg"),
        ("a\r\nb.jpg", JPEG, b"media.jpg"),
        ("", JPEG, b"media.jpg"),
        ("../../etc", b"?", b"media.bin"),
        ("a" * 200 + ".jpg", JPEG, b"media.jpg"),
    ],
)
def test_a_files_name_is_always_plain_ascii(given, content, sent):
    form, _ = body.upload(given, content)
    assert b'name="media"; filename="' + sent + b'"' in form
    assert b"filename*" not in form


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (JPEG, "image/jpeg"),
        (PNG, "image/png"),
        (b"GIF89a", "image/gif"),
        (b"BM6", "image/bmp"),
        (b"#!AMR\n", "audio/amr"),
        (b"ID3\x03", "audio/mpeg"),
        (b"RIFF\n\x00\x00\x00WAVE", "audio/wav"),
        (b"\x00\x00\x00\nftypisom", "video/mp4"),
        (b"?", "application/octet-stream"),
    ],
)
def test_the_content_type_is_read_from_the_file(content, kind):
    assert body.kind_of(content)[0] == kind


def test_an_empty_file_is_refused():
    with pytest.raises(ValueError):
        body.upload("a.jpg", b"")
