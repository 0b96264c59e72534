"""Getting tokens, and keeping them for one process."""

import threading
import time

import pytest

from tests.wechat.servers import fixture
from wxportal.wechat.errors import NotSent, OperatorNeeded, UnreadableAnswer
from wxportal.wechat.tokens import MemoryTokens, Token, fetch_stable_token
from wxportal.wechat.transport import Transport

APPID, SECRET = "wx0123456789abcdef", "00112233445566778899aabbccddeeff"
CASES = fixture("/cgi-bin/stable_token")["cases"]


def fetch(wechat, answer, **options):
    wechat.will_answer(answer)
    return fetch_stable_token(Transport(wechat.url), APPID, SECRET, **options)


def test_a_token_is_fetched_as_the_page_shows(wechat):
    token = fetch(wechat, CASES["first"]["answer"])
    assert token == Token("99_EXAMPLEstable", 7200)
    assert wechat.last.json == CASES["first"]["json"]
    assert (wechat.last.method, wechat.last.path, wechat.last.query) == ("POST", "/cgi-bin/stable_token", {})


def test_force_is_a_real_boolean(wechat):
    fetch(wechat, CASES["later"]["answer"], force=True)
    assert wechat.last.json["force_refresh"] is True


def test_a_wrong_secret_needs_a_person(wechat):
    with pytest.raises(OperatorNeeded) as caught:
        fetch(wechat, CASES["wrong_secret"]["answer"])
    assert caught.value.errcode == 40125
    assert SECRET not in str(caught.value)


def test_an_answer_without_a_token_is_unreadable(wechat):
    with pytest.raises(UnreadableAnswer):
        fetch(wechat, {"expires_in": 7200})


def test_a_tokens_repr_has_no_token():
    assert "99_" not in repr(Token("99_x", 7200))


class Shop:
    """Hands out tokens: the same in normal mode, a new one when forced."""

    def __init__(self):
        self.asked = []
        self.now = 0.0
        self.stock = "1"

    def fetch(self, force):
        self.asked.append(force)
        if force:
            self.stock += "+"
        return Token(self.stock, 7200)

    def clock(self):
        return self.now


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture
def memory(shop):
    return MemoryTokens(shop.fetch, shop.clock)


def test_a_token_is_asked_for_once(memory, shop):
    assert [memory.current() for _ in range(3)] == ["1", "1", "1"]
    assert shop.asked == [False]


def test_a_token_is_renewed_five_minutes_before_its_end(memory, shop):
    memory.current()
    shop.now = 7200 - 301
    memory.current()
    assert shop.asked == [False]
    shop.now = 7200 - 299
    memory.current()
    assert shop.asked == [False, False]


def test_a_siblings_new_token_is_taken(memory, shop):
    memory.current()
    assert memory.replace("an older one") == "1"
    assert shop.asked == [False]


def test_wechats_newer_token_is_taken_before_one_is_forced(memory, shop):
    memory.current()
    shop.stock = "2"
    assert memory.replace("1") == "2"
    assert shop.asked == [False, False]


def test_a_token_is_forced_only_when_wechat_insists_on_the_rejected_one(memory, shop):
    memory.current()
    assert memory.replace("1") == "1+"
    assert shop.asked == [False, False, True]


def test_a_token_is_not_forced_twice_within_30_seconds(memory, shop):
    memory.replace(memory.current())
    with pytest.raises(NotSent):
        memory.replace("1+")
    shop.now = 31
    assert memory.replace("1+") == "1++"


def test_threads_that_miss_the_token_at_once_ask_once(shop):
    def slow(force):
        time.sleep(0.05)
        return shop.fetch(force)

    memory = MemoryTokens(slow)
    threads = [threading.Thread(target=memory.current) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shop.asked == [False]
