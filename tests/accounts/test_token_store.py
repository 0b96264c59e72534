"""One token per account: one worker asks, the others wait, and nobody asks without the lock."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings

from accounts import token_store
from accounts.token_store import RedisTokens, TokenStoreDown, TokenUnavailable
from wxportal.wechat import limits
from wxportal.wechat.errors import ApiError, OperatorNeeded, OutcomeUnknown, error_for
from wxportal.wechat.tokens import Token

WRONG_SECRET = error_for(40125, "invalid appsecret", "/cgi-bin/stable_token")


class FakeWeChat:
    """stable_token as its page describes it: normal mode repeats itself, forced mode makes a new one."""

    def __init__(self) -> None:
        self.calls: list[bool] = []
        self.number = 1
        self.expires_in = 7200
        self.takes = 0.0
        self.failure: Exception | None = None

    def fetch(self, force: bool) -> Token:
        self.calls.append(force)
        time.sleep(self.takes)
        if self.failure:
            raise self.failure
        self.number += force
        return Token(f"token {self.number}", self.expires_in)


@pytest.fixture
def wechat() -> FakeWeChat:
    return FakeWeChat()


@pytest.fixture
def store() -> Iterator[redis.Redis]:
    store = token_store.connect(settings.REDIS_URL)
    _clean(store)
    yield store
    _clean(store)


@pytest.fixture
def tokens(wechat: FakeWeChat, store: redis.Redis) -> RedisTokens:
    return RedisTokens("test", wechat.fetch, store)


def test_a_token_is_asked_for_once_and_shared(tokens: RedisTokens, wechat: FakeWeChat, store) -> None:
    sibling = RedisTokens("test", wechat.fetch, store)
    assert tokens.current() == tokens.current() == sibling.current() == "token 1"
    assert wechat.calls == [False]


def test_accounts_do_not_share(tokens: RedisTokens, wechat: FakeWeChat, store) -> None:
    tokens.current()
    wechat.number = 7
    assert RedisTokens("test-other", wechat.fetch, store).current() == "token 7"


def test_fifty_workers_at_once_ask_once(tokens: RedisTokens, wechat: FakeWeChat) -> None:
    wechat.takes = 0.3
    assert at_once(50, tokens.current) == ["token 1"] * 50
    assert wechat.calls == [False]


def test_a_token_is_renewed_five_minutes_early(tokens: RedisTokens, store) -> None:
    tokens.current()
    assert store.ttl("wxportal:token:test") == 7200 - limits.TOKEN_RENEW_EARLY


@pytest.mark.parametrize("expires_in", [0, 1, 299, 300])
def test_a_token_near_its_end_is_still_kept_a_moment(expires_in: int, tokens: RedisTokens, wechat: FakeWeChat) -> None:
    wechat.expires_in = expires_in
    tokens.current()
    tokens.current()
    assert len(wechat.calls) == 1


def test_the_token_is_not_readable_in_redis(tokens: RedisTokens, store) -> None:
    tokens.current()
    assert "token 1" not in store.get("wxportal:token:test")


def test_a_token_somebody_wrote_into_redis_is_not_used(tokens: RedisTokens, store) -> None:
    store.set("wxportal:token:test", "k1:AAAA")
    assert tokens.current() == "token 1"


def test_a_token_copied_from_another_account_is_not_used(tokens: RedisTokens, wechat: FakeWeChat, store) -> None:
    tokens.current()
    store.set("wxportal:token:test-other", store.get("wxportal:token:test"))
    wechat.number = 7
    assert RedisTokens("test-other", wechat.fetch, store).current() == "token 7"


# --- a rejected token ---
def test_a_token_a_sibling_replaced_already_is_taken(tokens: RedisTokens, wechat: FakeWeChat) -> None:
    assert tokens.current() == "token 1"
    assert tokens.replace("token 0") == "token 1"
    assert wechat.calls == [False]


def test_normal_mode_is_asked_before_anything_is_forced(tokens: RedisTokens, wechat: FakeWeChat) -> None:
    tokens.current()
    wechat.number = 2
    assert tokens.replace("token 1") == "token 2"
    assert wechat.calls == [False, False]


def test_only_a_token_wechat_insists_on_is_forced(tokens: RedisTokens, wechat: FakeWeChat) -> None:
    tokens.current()
    assert tokens.replace("token 1") == "token 2"
    assert wechat.calls == [False, False, True]
    assert tokens.current() == "token 2"


def test_fifty_workers_with_one_rejected_token_force_once(tokens: RedisTokens, wechat: FakeWeChat) -> None:
    tokens.current()
    wechat.takes = 0.1
    assert at_once(50, lambda: tokens.replace("token 1")) == ["token 2"] * 50
    assert wechat.calls == [False, False, True]


def test_within_thirty_seconds_nothing_is_forced_twice(tokens: RedisTokens, wechat: FakeWeChat, store) -> None:
    tokens.current()
    tokens.replace("token 1")
    with pytest.raises(TokenUnavailable):
        tokens.replace("token 2")
    assert store.ttl("wxportal:token:test:forced") <= limits.STABLE_TOKEN_FORCE_GAP
    store.delete("wxportal:token:test:forced")
    assert tokens.replace("token 2") == "token 3"


def test_no_more_than_twenty_are_forced_a_day(tokens: RedisTokens, wechat: FakeWeChat, store) -> None:
    for number in range(1, 21):
        store.delete("wxportal:token:test:forced")
        assert tokens.replace(f"token {number}") == f"token {number + 1}"
    store.delete("wxportal:token:test:forced")
    with pytest.raises(TokenUnavailable):
        tokens.replace("token 21")
    assert wechat.calls.count(True) == limits.STABLE_TOKEN_FORCES_PER_DAY


# --- check, lock, check again: a sibling may be done between the first look and the lock ---
def just_too_late(tokens: RedisTokens, sibling_acts: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a sibling act right after the first look of ``tokens``."""
    real, looks = tokens._stored, []

    def look() -> str:
        answer = real()
        looks.append(answer)
        if len(looks) == 1:
            sibling_acts()
        return answer

    monkeypatch.setattr(tokens, "_stored", look)


def test_a_token_fetched_between_look_and_lock_is_taken(
    tokens: RedisTokens, wechat: FakeWeChat, store: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    just_too_late(tokens, RedisTokens("test", wechat.fetch, store).current, monkeypatch)
    assert tokens.current() == "token 1"
    assert wechat.calls == [False]


def test_a_token_replaced_between_look_and_lock_is_taken(
    tokens: RedisTokens, wechat: FakeWeChat, store: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.current()
    sibling = RedisTokens("test", wechat.fetch, store)
    just_too_late(tokens, lambda: sibling.replace("token 1"), monkeypatch)
    assert tokens.replace("token 1") == "token 2"
    assert wechat.calls == [False, False, True]


# --- when something fails ---
def test_without_redis_nobody_asks_wechat(wechat: FakeWeChat) -> None:
    tokens, started = RedisTokens("test", wechat.fetch, token_store.connect("redis://127.0.0.1:9")), time.monotonic()
    for call in (tokens.current, lambda: tokens.replace("x"), tokens.ask, tokens.forget):
        with pytest.raises(TokenStoreDown):
            call()
    assert wechat.calls == []
    assert time.monotonic() - started < 2, "a page must not wait for a dead Redis"


def test_a_refused_secret_is_told_as_wechat_said_it(tokens: RedisTokens, wechat: FakeWeChat) -> None:
    wechat.failure = WRONG_SECRET
    with pytest.raises(ApiError, match="40125"):
        tokens.current()


def test_what_only_a_person_can_change_is_not_asked_again_at_once(
    tokens: RedisTokens, wechat: FakeWeChat, store: redis.Redis
) -> None:
    wechat.failure = WRONG_SECRET
    for _ in range(5):
        with pytest.raises(OperatorNeeded, match="invalid appsecret"):
            tokens.current()
    assert wechat.calls == [False]
    assert store.ttl("wxportal:token:test:refused") <= token_store.REFUSAL_STAYS


def test_the_connection_test_asks_anew_and_ends_the_waiting(tokens: RedisTokens, wechat: FakeWeChat) -> None:
    wechat.failure = WRONG_SECRET
    with pytest.raises(OperatorNeeded):
        tokens.current()
    wechat.failure = None
    tokens.ask()
    assert tokens.current() == "token 1"


def test_a_new_secret_ends_the_waiting(tokens: RedisTokens, wechat: FakeWeChat) -> None:
    wechat.failure = WRONG_SECRET
    with pytest.raises(OperatorNeeded):
        tokens.current()
    wechat.failure = None
    tokens.forget()
    assert tokens.current() == "token 1"


def test_a_failure_leaves_the_lock_free(tokens: RedisTokens, wechat: FakeWeChat, store) -> None:
    wechat.failure = OutcomeUnknown()
    with pytest.raises(OutcomeUnknown):
        tokens.current()
    assert not store.exists("wxportal:token:test:lock")
    wechat.failure = None
    assert tokens.current() == "token 1"


def test_a_lock_of_a_killed_worker_ends_by_itself(tokens: RedisTokens, store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.set("wxportal:token:test:lock", "a dead worker", px=300)
    assert tokens.current() == "token 1"


def test_a_waiter_gives_up_at_last(tokens: RedisTokens, store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_store, "LONGEST_WAIT", 0.2)
    store.set("wxportal:token:test:lock", "somebody", px=5000)
    with pytest.raises(TokenUnavailable):
        tokens.current()


def test_a_lock_that_expired_is_not_taken_from_its_next_holder(
    tokens: RedisTokens, wechat: FakeWeChat, store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_store, "LOCK_EXPIRY", 0.05)
    wechat.takes = 0.2
    worker = threading.Thread(target=tokens.current)
    worker.start()
    time.sleep(0.1)
    store.set("wxportal:token:test:lock", "the next holder", px=5000)
    worker.join()
    assert store.get("wxportal:token:test:lock") == "the next holder"


def test_the_lock_outlives_the_slowest_token_call() -> None:
    assert token_store.LOCK_EXPIRY > 3 + 10
    assert token_store.LONGEST_WAIT > token_store.LOCK_EXPIRY


def test_no_token_is_shown(tokens: RedisTokens) -> None:
    tokens.current()
    assert "token 1" not in repr(tokens)


def at_once(count: int, call) -> list[str]:
    start, answers = threading.Barrier(count), []

    def work() -> None:
        start.wait()
        answers.append(call())

    threads = [threading.Thread(target=work) for _ in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return answers


def _clean(store: redis.Redis) -> None:
    if keys := store.keys("wxportal:token:test*"):
        store.delete(*keys)
