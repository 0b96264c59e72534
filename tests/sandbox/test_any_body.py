"""Whatever is in a body, WeChat answers HTTP 200 with JSON; so does the sandbox."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxportal.sandbox import api, gate
from wxportal.sandbox.callbacks import Postman
from wxportal.sandbox.calls import INTERFACES
from wxportal.sandbox.wire import Request
from wxportal.sandbox.world import World

NAMES = (
    *("tag", "id", "name", "openid_list", "tagid", "openid", "user_list", "remark", "articles", "media_id", "index"),
    *("title", "content", "thumb_media_id", "filter", "is_to_all", "tag_id", "msgtype", "text", "mpnews", "images"),
    *("image", "media_ids", "touser", "clientmsgid", "msg_id", "article_idx", "speed", "offset", "count", "type"),
    *("article_type", "image_info", "image_list", "digest", "author", "content_source_url", "begin_openid", "url"),
    *("next_openid", "cgi_path", "rid", "appid", "action", "check_operator", "towxname"),
)
KINDS = st.sampled_from(["mpnews", "text", "image", "voice", "newspic", "news"])
LEAF = st.one_of(st.none(), st.booleans(), st.integers(-3, 200), st.floats(), st.text(max_size=5), KINDS)
TREE = st.recursive(
    LEAF,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), TREE, max_size=6)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(Path(tmp_path_factory.mktemp("world")))
    world.postman = Postman(world)
    account = world.create({"followers": 50, "appid": "wx1", "secret": "s"})
    world.record("token.issued", account, slot="stable", value="token", life=10**9, forced=False)
    yield world
    world.close()


def ask(world: World, method: str, path: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    request = Request(method, path, {"access_token": "token", **query}, {}, body, "127.0.0.1")
    answer = gate.answer(world, request)
    assert answer.status == 200
    return json.loads(answer.body)


def test_every_family_is_registered() -> None:
    assert {f"wxportal.sandbox.api.{name}" for name in api.__all__} == {
        interface.function.__module__ for interface in INTERFACES.values()
    }


@pytest.mark.parametrize("path", sorted(path for path, one in INTERFACES.items() if one.method == "POST"))
@settings(max_examples=40, deadline=None)
@given(body=BODIES)
def test_any_json_gets_an_answer(world: World, path: str, body: dict[str, Any]) -> None:
    assert isinstance(ask(world, "POST", path, {}, json.dumps(body).encode()), dict)


@pytest.mark.parametrize("path", sorted(path for path, one in INTERFACES.items() if one.method == "GET"))
@settings(max_examples=20, deadline=None)
@given(value=st.text(max_size=10))
def test_any_query_gets_an_answer(world: World, path: str, value: str) -> None:
    names = ("openid", "next_openid", "media_id", "appid", "secret", "grant_type", "type")
    assert isinstance(ask(world, "GET", path, dict.fromkeys(names, value), b""), dict)


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=60))
def test_any_bytes_get_an_answer(world: World, body: bytes) -> None:
    for path in ("/cgi-bin/draft/add", "/cgi-bin/media/uploadimg", "/cgi-bin/stable_token"):
        assert isinstance(ask(world, "POST", path, {}, body), dict)
