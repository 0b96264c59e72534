"""The connection test says in words what WeChat answered, and where the way out is."""

import pytest

from accounts import connection, gateway
from accounts.clock import database_now
from accounts.models import OfficialAccount
from tests.accounts.wire import TOKEN, Wire

ALL_GOOD = {"appid", "secret", "allow_list", "token", "tags", "followers", "drafts", "sending"}
NOT_LISTED = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist"


def lines_of(account: OfficialAccount) -> dict[str, connection.Line]:
    return {line.key: line for line in connection.test(account, database_now())}


def statuses(lines: dict[str, connection.Line]) -> dict[str, str]:
    return {key: line.status for key, line in lines.items()}


def test_a_good_account_is_good_in_every_line(official_account: OfficialAccount, wire: Wire) -> None:
    lines = lines_of(official_account)
    assert statuses(lines) == dict.fromkeys(ALL_GOOD, "ok")
    assert lines["tags"].text == "2 tags."
    assert lines["followers"].text == "2 followers."
    assert lines["drafts"].text == "4 drafts."
    assert lines["sending"].text == "97 calls left today."


def test_the_secret_is_tried_even_while_a_token_is_stored(official_account: OfficialAccount, wire: Wire) -> None:
    lines_of(official_account)
    wire.refuse(TOKEN, 40125, "invalid appsecret")
    assert lines_of(official_account)["secret"].status == "bad"


@pytest.mark.parametrize(
    ("code", "errmsg", "stopped_at", "words"),
    [
        (40013, "invalid appid", "appid", "no account with this app id"),
        (40125, "invalid appsecret", "secret", "did not accept the secret"),
        (40001, "invalid credential", "secret", "did not accept the secret"),
        (40243, "AppSecret is frozen", "secret", "frozen"),
        (40164, NOT_LISTED, "allow_list", "does not accept calls from this server"),
        (89503, "needs confirm", "allow_list", "administrator"),
        (50007, "account frozen", "token", "frozen this account"),
        (45009, "reach max api daily quota limit", "token", "used up"),
        (99999, "something new", "token", "WeChat refused"),
    ],
)
def test_a_refused_token_names_the_step_it_stopped_at(
    code: int, errmsg: str, stopped_at: str, words: str, official_account: OfficialAccount, wire: Wire
) -> None:
    wire.refuse(TOKEN, code, errmsg)
    lines = lines_of(official_account)
    line = lines[stopped_at]
    assert [key for key, status in statuses(lines).items() if status == "bad"] == [stopped_at]
    assert words in line.text
    assert line.detail == f"{code} {errmsg} rid: 6a1f22c3-0b7d1e42-5c9a8f10"
    assert line.rid == "6a1f22c3-0b7d1e42-5c9a8f10"
    assert wire.paths == [TOKEN], "nothing else was asked"


def test_the_address_wechat_saw_is_taken_out_of_its_words(official_account: OfficialAccount, wire: Wire) -> None:
    wire.refuse(TOKEN, 40164, NOT_LISTED)
    line = lines_of(official_account)["allow_list"]
    assert line.ip == "203.0.113.7"
    assert "IP白名单" in line.way_out


def test_the_allow_list_may_refuse_a_later_call_too(official_account: OfficialAccount, wire: Wire) -> None:
    wire.refuse("/cgi-bin/tags/get", 40164, NOT_LISTED)
    assert lines_of(official_account)["tags"].ip == "203.0.113.7"


def test_48001_of_an_unverified_account_is_as_expected(official_account: OfficialAccount, wire: Wire) -> None:
    OfficialAccount.objects.update(verified_until=None)
    official_account.refresh_from_db()
    wire.refuse("/cgi-bin/tags/get", 48001, "api unauthorized")
    line = lines_of(official_account)["tags"]
    assert (line.status, line.text) == ("warn", "Not available, as expected for this account's type and verification.")


def test_48001_of_a_verified_account_is_a_sign_that_something_changed(
    official_account: OfficialAccount, wire: Wire
) -> None:
    wire.refuse("/cgi-bin/tags/get", 48001, "api unauthorized")
    line = lines_of(official_account)["tags"]
    assert line.status == "bad"
    assert "may have lapsed" in line.text
    assert "微信认证" in line.way_out


def test_one_refused_family_does_not_hide_the_others(official_account: OfficialAccount, wire: Wire) -> None:
    wire.refuse("/cgi-bin/user/get", 45009, "reach max api daily quota limit")
    lines = lines_of(official_account)
    assert {key for key, status in statuses(lines).items() if status != "ok"} == {"followers"}


def test_without_a_connection_nobody_waits_for_every_question(official_account: OfficialAccount, wire: Wire) -> None:
    wire.answers["/cgi-bin/tags/get"] = None
    lines = lines_of(official_account)
    assert lines["tags"].text == "WeChat was reached and gave no usable answer."
    assert {lines[key].status for key in ("followers", "drafts", "sending")} == {"skipped"}


def test_wechat_out_of_reach_is_told_apart_from_a_refusal(official_account: OfficialAccount) -> None:
    lines = lines_of(official_account)
    assert lines["token"].text == "WeChat could not be reached: no connection."
    assert lines["secret"].status == "skipped"


def test_a_malformed_app_id_is_told_without_asking_wechat(official_account: OfficialAccount, wire: Wire) -> None:
    official_account.appid = "gh_0123456789ab"
    assert lines_of(official_account)["appid"].text.startswith("It is no app id")
    assert wire.calls == []


def test_plain_http_to_another_machine_is_refused(official_account: OfficialAccount) -> None:
    official_account.api_base_url = "http://api.weixin.qq.com"
    lines = lines_of(official_account)
    assert lines["address"].status == "bad"
    with pytest.raises(ValueError, match="https"):
        gateway.client_for(official_account)


def test_our_own_redis_being_down_is_told_as_ours(
    official_account: OfficialAccount, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: object) -> str:
        raise gateway.TokenStoreDown("Redis does not answer")

    monkeypatch.setattr("accounts.token_store.RedisTokens.ask", down)
    assert "Our own Redis" in lines_of(official_account)["token"].text


def test_a_secret_sealed_with_a_lost_key_is_no_error_page(official_account: OfficialAccount, wire: Wire) -> None:
    OfficialAccount.objects.update(sealed_secret="k0:AAAA")
    official_account.refresh_from_db()
    line = lines_of(official_account)["token"]
    assert line.status == "bad"
    assert "cannot be opened" in line.text


def test_the_lines_are_kept_as_facts_and_read_back(official_account: OfficialAccount, wire: Wire) -> None:
    wire.refuse(TOKEN, 40164, NOT_LISTED)
    lines = connection.test(official_account, database_now())
    kept = OfficialAccount.objects.get()
    assert connection.last_lines(kept) == lines
    assert kept.last_test["at"]


def test_no_secret_is_kept_with_the_lines(official_account: OfficialAccount, wire: Wire) -> None:
    lines_of(official_account)
    kept = str(OfficialAccount.objects.get().last_test)
    assert official_account.secret() not in kept
    assert "99_EXAMPLEstable" not in kept
