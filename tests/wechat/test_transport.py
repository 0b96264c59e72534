"""What a failure says about the request: nothing left (NotSent), or nobody knows (OutcomeUnknown)."""

import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.wechat.servers import answer, read_request
from wxportal.wechat import transport
from wxportal.wechat.errors import NotSent, OutcomeUnknown, UnreadableAnswer
from wxportal.wechat.transport import Transport

SECRET = "99_NEVERinALOG"


def post(url, **options):
    return Transport(url).request("POST", "/cgi-bin/x", {"access_token": SECRET}, b"{}", "application/json", **options)


def test_a_refused_connection_is_not_sent(closed_port):
    with pytest.raises(NotSent, match="Connection refused"):
        post(f"http://127.0.0.1:{closed_port}")


def test_an_unknown_host_is_not_sent():
    with pytest.raises(NotSent):
        post("https://no-such-host.invalid")


def test_a_connection_that_is_not_accepted_in_time_is_not_sent():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(3)]
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        for one in waiting:  # fill the queue: the next connect gets no answer at all
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(NotSent):
            Transport(url, connect_timeout=0.3).request("GET", "/")
        started = time.monotonic()
        with pytest.raises(NotSent):
            Transport(url).request("GET", "/", timeout=0.3)
        assert time.monotonic() - started < 1
        for one in waiting:
            one.close()


def test_a_failed_tls_handshake_is_not_sent(raw_server):
    server = raw_server(lambda connection: connection.sendall(answer()) or connection.recv(100))
    with pytest.raises(NotSent, match="SSL"):
        post(f"https://127.0.0.1:{server.port}")


def test_a_connection_closed_during_the_tls_handshake_is_not_sent(raw_server):
    server = raw_server(lambda connection: connection.recv(1))
    with pytest.raises(NotSent):
        post(f"https://127.0.0.1:{server.port}")


def test_hanging_up_after_the_request_is_unknown(raw_server):
    server = raw_server(read_request)
    with pytest.raises(OutcomeUnknown):
        post(server.url)


def test_hanging_up_in_the_middle_of_the_request_is_unknown(raw_server):
    server = raw_server(lambda connection: connection.recv(10))
    with pytest.raises(OutcomeUnknown):
        Transport(server.url).request("POST", "/", {}, b"x" * 5_000_000)


def test_a_cut_body_is_unknown(raw_server):
    server = raw_server(lambda connection: (read_request(connection), connection.sendall(answer(length=500))))
    with pytest.raises(OutcomeUnknown):
        post(server.url)


def test_silence_is_unknown_after_the_read_timeout(raw_server):
    server = raw_server(lambda connection: (read_request(connection), time.sleep(5)))
    with pytest.raises(OutcomeUnknown):
        Transport(server.url, read_timeout=0.2).request("POST", "/", {}, b"{}")


def trickle(data):
    def script(connection):
        read_request(connection)
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    return script


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_trickling_answer_cannot_outlive_the_timeout(raw_server, where):
    slow = answer(head=b"HTTP/1.1 200 " + b"O" * 500) if where == "head" else answer(b"{" + b" " * 500 + b"}")
    server = raw_server(trickle(slow))
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        post(server.url, timeout=0.5)
    assert time.monotonic() - started < 1.5


def test_a_receiver_that_stops_reading_cannot_outlive_the_timeout(raw_server):
    server = raw_server(lambda connection: (connection.recv(10), time.sleep(5)))
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        Transport(server.url).request("POST", "/", {}, b"x" * 50_000_000, timeout=0.5)
    assert time.monotonic() - started < 1.5


def test_nothing_is_written_past_the_moment_the_caller_named(raw_server):
    server = raw_server(read_request)
    with pytest.raises(NotSent, match="too late"):
        post(server.url, write_before=time.monotonic() - 0.01)


def test_a_named_moment_in_the_future_does_not_hinder(wechat):
    wechat.will_answer({})
    assert post(wechat.url, write_before=time.monotonic() + 5).status == 200


def test_an_endless_answer_is_unreadable(wechat, monkeypatch):
    monkeypatch.setattr(transport, "ANSWER_LIMIT", 1000)
    wechat.will_answer(b" " * 100_000)
    with pytest.raises(UnreadableAnswer):
        post(wechat.url)


def keep_alive_then_reset(connection):
    read_request(connection)
    connection.sendall(answer())
    read_request(connection)


def test_a_pooled_connection_that_breaks_under_a_request_is_unknown(raw_server):
    server = raw_server(keep_alive_then_reset)
    pooled = Transport(server.url)
    pooled.request("POST", "/", {}, b"{}")
    with pytest.raises(OutcomeUnknown):
        pooled.request("POST", "/", {}, b"{}")
    assert server.connections == 1


def test_a_pooled_connection_closed_meanwhile_is_replaced(raw_server):
    def once(connection):
        read_request(connection)
        connection.sendall(answer())

    server = raw_server(once, once)
    pooled = Transport(server.url)
    pooled.request("POST", "/", {}, b"{}")
    time.sleep(0.1)  # the server's goodbye arrives
    assert pooled.request("POST", "/", {}, b"{}").status == 200


def test_a_fresh_request_leaves_the_pool_alone(raw_server):
    def twice(connection):
        for _ in range(2):
            read_request(connection)
            connection.sendall(answer())

    server = raw_server(twice, twice)
    pooled = Transport(server.url)
    pooled.request("POST", "/", {}, b"{}")
    pooled.request("POST", "/", {}, b"{}", fresh=True)
    pooled.request("POST", "/", {}, b"{}")
    assert server.connections == 2


def test_a_redirect_is_not_followed(wechat):
    wechat.will_answer(b"", status=302, Location=f"{wechat.url}/elsewhere")
    assert post(wechat.url).status == 302
    assert len(wechat.received) == 1


def test_nothing_is_retried(wechat):
    wechat.will_answer(b"", status=503, Retry_After="0")
    assert post(wechat.url).status == 503
    assert len(wechat.received) == 1


def test_cookies_are_not_kept(wechat):
    wechat.will_answer({}, Set_Cookie="a=b")
    wechat.will_answer({})
    same = Transport(wechat.url)
    same.request("GET", "/")
    same.request("GET", "/")
    assert wechat.last.headers["Cookie"] is None


def test_the_environments_proxy_is_ignored(wechat, closed_port, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("no_proxy", "")
    wechat.will_answer({})
    assert post(wechat.url).status == 200


@pytest.mark.parametrize(
    "url", ["https://api.weixin.qq.com", "http://127.0.0.1:8091", "http://localhost", "http://[::1]:1"]
)
def test_https_and_this_machine_are_accepted(url):
    assert Transport(url + "/").base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.weixin.qq.com",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "https://user:word@example.com",
        "https://example.com/?a=b",
        "https://example.com:port",
        "ftp://127.0.0.1",
        "https://",
        "",
    ],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(ValueError):
        Transport(url)


def test_no_failure_carries_the_token(raw_server, closed_port, caplog):
    caplog.set_level(logging.DEBUG)
    server = raw_server(read_request)
    for url in (f"http://127.0.0.1:{closed_port}", server.url, "https://bad..host"):
        with pytest.raises((NotSent, OutcomeUnknown)) as caught:
            post(url)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert SECRET not in str(caught.value)
    assert SECRET not in caplog.text


def test_urllib3_logs_no_token(wechat, caplog):
    caplog.set_level(logging.DEBUG)
    wechat.will_answer({})
    post(wechat.url)
    assert "/cgi-bin/x" in caplog.text  # urllib3 did log the URL
    assert SECRET not in caplog.text


def test_an_answers_body_is_not_in_its_repr(wechat):
    wechat.will_answer({"access_token": SECRET})
    assert SECRET not in repr(post(wechat.url))


def test_a_failure_is_not_described_by_what_the_caller_was_handling(closed_port):
    try:
        raise KeyError("earlier")
    except KeyError:
        with pytest.raises(NotSent, match="Connection refused"):
            post(f"http://127.0.0.1:{closed_port}")


def slow_to_accept(listener):
    time.sleep(0.3)
    connection, _ = listener.accept()
    with connection:
        return connection.recv(1)


def test_nothing_is_written_when_connecting_took_too_long(monkeypatch):
    resolve = socket.getaddrinfo

    def slowly(*args, **kwargs):
        time.sleep(0.3)
        return resolve(*args, **kwargs)

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        received = pool.submit(slow_to_accept, listener)
        monkeypatch.setattr(socket, "getaddrinfo", slowly)
        with pytest.raises(NotSent, match="too late"):
            post(f"http://127.0.0.1:{listener.getsockname()[1]}", write_before=time.monotonic() + 0.2)
        assert received.result() == b""


def test_nothing_is_read_past_the_deadline():
    attempt = transport._Attempt(deadline=time.monotonic() - 1, write_before=0, silence=10, written=True)
    with pytest.raises(TimeoutError):
        attempt.about_to_read()
