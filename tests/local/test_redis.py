"""Our Redis: from the PATH when it is new enough, else from the wheel, else one sentence."""

import os
from pathlib import Path

import pytest
import redis

from wxportal.local import redis as local_redis
from wxportal.local.redis import Redis, find_server
from wxportal.local.trouble import Trouble


def program(folder: Path, name: str, version: str) -> Path:
    """Put a stand-in on a PATH that answers to --version."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=00000000:0 malloc=libc bits=64'\n")
    path.chmod(0o755)
    return path


def test_one_on_the_path_comes_first(tmp_path: Path):
    assert find_server(str(tmp_path / "nothing")) != program(tmp_path, "redis-server", "7.0.15")
    assert find_server(str(tmp_path)) == tmp_path / "redis-server"


def test_valkey_does_as_well(tmp_path: Path):
    assert find_server(str(tmp_path)) != program(tmp_path, "valkey-server", "8.1.1")
    assert find_server(str(tmp_path)) == tmp_path / "valkey-server"


def test_one_that_is_too_old_is_passed_over(tmp_path: Path):
    assert find_server(str(tmp_path)) != program(tmp_path, "redis-server", "6.0.16")
    assert find_server(str(tmp_path)) != tmp_path / "redis-server"


def test_where_there_is_none_one_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(local_redis, "find_spec", lambda name: None)
    with pytest.raises(Trouble, match=r"set REDIS_URL=.* or use Python 3.11 or 3.12"):
        find_server(str(tmp_path))


def test_it_asks_for_its_password_and_keeps_nothing_on_disk(redis_server: Redis):
    client = redis.Redis.from_url(redis_server.url())
    client.set("a", "1")
    assert (client.config_get("save")["save"], client.config_get("appendonly")["appendonly"]) == ("", "no")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=redis_server.port).ping()


def test_its_password_is_in_no_process_list(redis_server: Redis):
    assert redis_server.password not in Path(f"/proc/{redis_server.child.pid}/cmdline").read_text()


def test_another_redis_on_our_port_is_not_taken_for_ours(redis_server: Redis, tmp_path: Path):
    second = Redis(tmp_path / "second", tmp_path / "second.log", port=redis_server.port)
    with pytest.raises(Trouble, match="Cannot start Redis"):
        second.start(os.environ)


def test_an_orphan_in_our_folder_is_ended_first(redis_server: Redis):
    orphan, redis_server.child = redis_server.child, None
    redis_server.start(os.environ)
    assert orphan.poll() is not None
    assert redis.Redis.from_url(redis_server.url()).ping()
