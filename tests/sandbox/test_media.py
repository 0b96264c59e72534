"""Uploads and downloads (§4), and the trap of the file's name."""

import json

import pytest
import requests

from tests.sandbox.caller import JPEG, PNG, Caller

UPLOAD = "/cgi-bin/media/upload"
LIBRARY = "/cgi-bin/material/add_material"
MP4 = b"\0\0\0\x18ftypmp42" + b"\0" * 20


def download(caller: Caller, media_id: str) -> requests.Response:
    return requests.get(f"{caller.base}/cgi-bin/media/get", params={"access_token": caller.token, "media_id": media_id})


def test_a_temporary_picture_comes_back_as_it_went(service: Caller) -> None:
    uploaded = service.upload(UPLOAD, PNG, type="image")
    assert uploaded["type"] == "image"
    answer = download(service, uploaded["media_id"])
    assert answer.content == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="')


def test_a_temporary_upload_dies_after_three_days(service: Caller) -> None:
    media_id = service.upload(UPLOAD, PNG, type="image")["media_id"]
    service.sandbox.advance(3 * 86400 - 60)
    service.token = service.stable()["access_token"]
    assert download(service, media_id).content == PNG
    service.sandbox.advance(61)
    answer = download(service, media_id)
    assert (answer.status_code, answer.json()["errcode"]) == (200, 40007)


def test_a_thumb_answers_under_another_name(service: Caller) -> None:
    answer = service.upload(UPLOAD, JPEG, name="t.jpg", type="thumb")
    assert "media_id" not in answer
    assert download(service, answer["thumb_media_id"]).content == JPEG


def test_a_video_is_answered_with_json(service: Caller) -> None:
    media_id = service.upload(UPLOAD, MP4, name="v.mp4", type="video")["media_id"]
    url = download(service, media_id).json()["video_url"]
    assert requests.get(url).content == MP4


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("film", PNG, 40004),
        ("image", b"", 44001),
        ("image", b"plain text", 40005),
        ("thumb", PNG, 40005),
        ("thumb", JPEG + b"\0" * 65536, 40012),
        ("image", PNG + b"\0" * 10 * 1024 * 1024, 40009),
    ],
)
def test_what_is_no_such_file_is_refused(service: Caller, kind: str, content: bytes, code: int) -> None:
    assert service.upload(UPLOAD, content, type=kind)["errcode"] == code


def test_a_name_that_is_not_ascii_hides_the_file(service: Caller) -> None:
    boundary = "b0undary"
    head = f"--{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename*=utf-8''%E5%B0%81.png\r\n\r\n"
    body = head.encode() + PNG + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    query = {"access_token": service.token, "type": "image"}
    answer = requests.post(service.base + UPLOAD, params=query, data=body, headers=headers)
    assert answer.json()["errcode"] == 41005


def test_a_chunked_body_is_refused(service: Caller) -> None:
    answer = requests.post(service.base + UPLOAD, params={"access_token": service.token}, data=iter([b"x", b"y"]))
    assert answer.json()["errcode"] == 41005


def test_a_body_beyond_everything_is_refused_unread(service: Caller) -> None:
    headers = {"Content-Length": str(13 * 1024 * 1024)}
    with requests.Session() as session:
        request = requests.Request("POST", service.base + UPLOAD, headers=headers).prepare()
        request.headers["Content-Length"] = headers["Content-Length"]
        assert session.send(request, timeout=3).status_code == 413


def test_a_permanent_picture_has_an_address_on_wechats_host(service: Caller) -> None:
    added = service.upload(LIBRARY, PNG, type="image")
    assert added["url"].startswith("http://mmbiz.qpic.cn/mmbiz_png/")
    service.sandbox.advance(90 * 86400)
    service.token = service.stable()["access_token"]
    body = {"media_id": added["media_id"]}
    assert service.raw_post("/cgi-bin/material/get_material", body).content == PNG
    assert service.get("/cgi-bin/material/get_materialcount")["image_count"] == 1
    page = service.post("/cgi-bin/material/batchget_material", {"type": "image", "offset": 0, "count": 20})
    assert (page["total_count"], page["item"][0]["media_id"]) == (1, added["media_id"])
    assert service.post("/cgi-bin/material/del_material", body)["errcode"] == 0
    assert service.post("/cgi-bin/material/get_material", body)["errcode"] == 40007


def test_permanent_material_is_not_temporary_media(service: Caller) -> None:
    assert download(service, service.cover()).json()["errcode"] == 40007


def test_a_video_in_the_library_keeps_its_words(service: Caller) -> None:
    files = {"media": ("v.mp4", MP4)}
    words = {"description": json.dumps({"title": "春茶", "introduction": "…"}, ensure_ascii=False).encode()}
    query = {"access_token": service.token, "type": "video"}
    added = requests.post(service.base + LIBRARY, params=query, files=files, data=words).json()
    assert service.post("/cgi-bin/material/get_material", {"media_id": added["media_id"]})["title"] == "春茶"


def test_a_picture_for_an_article_is_served_by_the_sandbox(service: Caller) -> None:
    url = service.upload("/cgi-bin/media/uploadimg", PNG)["url"]
    path = url.removeprefix("http://mmbiz.qpic.cn")
    assert requests.get(f"{service.base}/_sandbox/mmbiz{path}").content == PNG
    assert service.get("/cgi-bin/material/get_materialcount")["image_count"] == 0


@pytest.mark.parametrize(("content", "code"), [(b"GIF89a...", 40005), (PNG + b"\0" * 1024 * 1024, 40009), (b"", 44001)])
def test_a_picture_for_an_article_is_jpg_or_png_below_a_megabyte(service: Caller, content: bytes, code: int) -> None:
    assert service.upload("/cgi-bin/media/uploadimg", content)["errcode"] == code


def test_media_of_another_account_is_unknown(service: Caller, subscription: Caller) -> None:
    media_id = subscription.upload(UPLOAD, PNG, type="image")["media_id"]
    assert download(service, media_id).json()["errcode"] == 40007
