"""The only builder of clients: one token for all processes, and nothing secret in sight."""

import logging
import multiprocessing

import pytest
from django.db import connection

from accounts import gateway
from accounts.models import OfficialAccount
from tests.accounts.wire import TOKEN, Wire
from tests.people import SECRET
from wxportal.wechat import tags
from wxportal.wechat.errors import ApiError, NotSent


def test_two_clients_of_one_account_share_a_token(official_account: OfficialAccount, wire: Wire) -> None:
    for _ in range(2):
        tags.list_all(gateway.client_for(official_account))
    assert wire.paths == [TOKEN, "/cgi-bin/tags/get", "/cgi-bin/tags/get"]


def test_a_rejected_token_is_replaced_once_and_the_call_repeated_once(
    official_account: OfficialAccount, wire: Wire
) -> None:
    wire.refuse("/cgi-bin/tags/get", 40001, "invalid credential")
    with pytest.raises(ApiError):
        tags.list_all(gateway.client_for(official_account))
    assert wire.paths == [TOKEN, "/cgi-bin/tags/get", TOKEN, TOKEN, "/cgi-bin/tags/get"]


def test_an_account_that_moved_to_another_wechat_takes_no_token_along(
    official_account: OfficialAccount, wire: Wire
) -> None:
    tags.list_all(gateway.client_for(official_account))
    official_account.api_base_url = wire.base_url.replace("127.0.0.1", "localhost")
    tags.list_all(gateway.client_for(official_account))
    assert wire.paths.count(TOKEN) == 2


def test_a_token_that_cannot_be_had_means_the_call_never_left(official_account: OfficialAccount, wire: Wire) -> None:
    wire.answers[TOKEN] = None
    with pytest.raises(NotSent):
        tags.list_all(gateway.client_for(official_account))
    assert "/cgi-bin/tags/get" not in wire.paths


@pytest.mark.django_db(transaction=True)
def test_four_processes_at_once_fetch_one_token(official_account: OfficialAccount, wire: Wire) -> None:
    fork = multiprocessing.get_context("fork")
    start, connection_settings = fork.Barrier(4), official_account
    connection.close()

    def work() -> None:
        start.wait(10)
        gateway.tokens_of(connection_settings).current()

    workers = [fork.Process(target=work) for _ in range(4)]
    [worker.start() for worker in workers]
    [worker.join(20) for worker in workers]
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert wire.paths == [TOKEN]


def test_nothing_secret_is_shown_or_logged(
    official_account: OfficialAccount, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    client = gateway.client_for(official_account)
    with caplog.at_level(logging.DEBUG):
        tags.list_all(client)
        wire.refuse("/cgi-bin/tags/get", 40001, "invalid credential")
        with pytest.raises(ApiError) as caught:
            tags.list_all(client)
    shown = f"{client!r} {gateway.tokens_of(official_account)!r} {caught.value!r} {official_account!r} {caplog.text}"
    for secret in (SECRET, "99_EXAMPLEstable", official_account.sealed_secret):
        assert secret not in shown
