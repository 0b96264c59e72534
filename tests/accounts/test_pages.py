"""The pages of the Official Accounts: what people see, type and may do."""

import re

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError
from django.test import Client, override_settings
from django.urls import reverse

from accounts.clock import database_now
from accounts.connection import Line
from accounts.forms import ChangeForm, ConnectForm
from accounts.models import AuditEntry, Brand, OfficialAccount, User
from tests.accounts import pushes
from tests.people import AES_KEY, APPID, CALLBACK_TOKEN, NO_WECHAT, SECRET, connect, join

NEW = {
    "name": "抹茶日和",
    "type": "subscription",
    "subject": "overseas",
    "appid": "wxfedcba9876543210",
    "secret": "ffeeddccbbaa99887766554433221100",
    "original_id": "gh_fedcba987654",
    "verified_until": "2027-05-20",
}


@pytest.fixture
def at_alices(client: Client, alice: User) -> Client:
    """Alice's browser."""
    client.force_login(alice)
    return client


@pytest.fixture(autouse=True)
def no_wechat(settings) -> None:
    """Nothing listens where calls go."""
    settings.WECHAT_API_BASE_URL = settings.SANDBOX_URL = NO_WECHAT


def send(client: Client, act: str, account: OfficialAccount, **data: str):
    return client.post(reverse(f"accounts:{act}", args=[account.pk]), data)


# --- board ---
def test_the_board_shows_the_accounts_of_ones_brands_only(
    at_alices: Client, official_account: OfficialAccount, other_brand: Brand
) -> None:
    connect(other_brand, appid="wxfedcba9876543210", name="和菓子堂 本店")
    page = at_alices.get("/official-accounts/").content.decode()
    assert "茶の間" in page
    assert "和菓子堂" not in page


def test_an_empty_board_teaches(at_alices: Client) -> None:
    page = at_alices.get("/official-accounts/").content.decode()
    assert "No Official Account is connected yet." in page
    assert reverse("accounts:connect") in page


def test_an_empty_board_sends_a_viewer_to_a_manager(client: Client, bob: User) -> None:
    client.force_login(bob)
    page = client.get("/official-accounts/").content.decode()
    assert "A manager of your brand can connect one." in page
    assert reverse("accounts:connect") not in page


def test_the_board_asks_the_database_as_often_for_ten_accounts_as_for_one(
    at_alices: Client, tea_brand: Brand, django_assert_num_queries
) -> None:
    # session, person, memberships; clock, accounts with brands; campaigns at risk; brands one may connect in
    for number in range(10):
        connect(tea_brand, appid=f"wx00000000000000{number:02}", name=f"account {number}")
        if number in (0, 9):
            with django_assert_num_queries(7):
                at_alices.get("/official-accounts/")


# --- one account ---
def test_the_page_of_an_account_says_what_it_may_do_and_why_not(
    at_alices: Client, official_account: OfficialAccount
) -> None:
    OfficialAccount.objects.update(type="subscription", verified_until=None)
    page = at_alices.get(official_account.get_absolute_url()).content.decode()
    assert "Not verified" in page
    assert "WeChat gives this to service accounts" in page
    assert "this account has none" in page


def test_the_page_of_an_account_asks_the_database_a_fixed_number_of_times(
    at_alices: Client, official_account: OfficialAccount, django_assert_num_queries
) -> None:
    # session, person, memberships; account with brand, clock, records, campaigns at risk, last pushes
    for number in range(12):
        pushes.push_secure(Client(), official_account, pushes.event(at=number))
    with django_assert_num_queries(8):
        at_alices.get(official_account.get_absolute_url())


def test_a_rehearsal_account_has_its_banner(at_alices: Client, official_account: OfficialAccount) -> None:
    assert "No real follower can be reached" in at_alices.get(official_account.get_absolute_url()).content.decode()


def test_the_address_wechat_saw_stands_ready_to_copy(at_alices: Client, official_account: OfficialAccount) -> None:
    line = {"key": "allow_list", "status": "bad", "fact": "refused", "errcode": 40164, "ip": "203.0.113.7"}
    kept = {
        "at": "2026-11-24T10:00:00+00:00",
        "lines": [{**line, "errmsg": "invalid ip <b> rid: 6a1f22c3-0b7d1e42-5c9a8f10"}],
    }
    OfficialAccount.objects.update(last_test=kept)
    page = at_alices.get(official_account.get_absolute_url()).content.decode()
    assert re.search(r'id="seen-ip">203\.0\.113\.7<', page)
    assert "40164 invalid ip &lt;b&gt;" in page
    assert "6a1f22c3-0b7d1e42-5c9a8f10" in page


def test_a_viewer_sees_no_button_and_no_callback_address(
    client: Client, bob: User, official_account: OfficialAccount
) -> None:
    client.force_login(bob)
    page = client.get(official_account.get_absolute_url()).content.decode()
    assert official_account.callback_key not in page
    assert reverse("accounts:test", args=[official_account.pk]) not in page
    assert reverse("accounts:change", args=[official_account.pk]) not in page


def test_the_last_pushes_stand_on_the_page(at_alices: Client, official_account: OfficialAccount) -> None:
    pushes.push_vector(Client(), official_account, pushes.vector("mass_send_job_finish"))
    assert "MASSSENDJOBFINISH" in at_alices.get(official_account.get_absolute_url()).content.decode()


@pytest.mark.parametrize("name", ["list", "detail", "change", "connect"])
def test_no_page_shows_a_secret(name: str, at_alices: Client, official_account: OfficialAccount) -> None:
    args = [official_account.pk] if name in ("detail", "change") else []
    page = at_alices.get(reverse(f"accounts:{name}", args=args)).content.decode()
    for secret in (SECRET, CALLBACK_TOKEN, AES_KEY, official_account.sealed_secret):
        assert secret not in page


# --- connect ---
def test_connecting_seals_the_secret_tests_and_leads_to_the_account(at_alices: Client, tea_brand: Brand) -> None:
    answer = at_alices.post("/official-accounts/connect/", {**NEW, "brand": tea_brand.pk})
    account = OfficialAccount.objects.get()
    assert answer.headers["Location"] == account.get_absolute_url()
    assert account.secret() == NEW["secret"]
    assert NEW["secret"] not in account.sealed_secret
    assert account.last_test
    assert [str(message) for message in get_messages(answer.wsgi_request)]


def test_the_day_of_the_end_still_counts_in_beijing(at_alices: Client, tea_brand: Brand) -> None:
    at_alices.post("/official-accounts/connect/", {**NEW, "brand": tea_brand.pk})
    assert OfficialAccount.objects.get().verified_until.isoformat() == "2027-05-20T16:00:00+00:00"


def test_pasted_blanks_around_id_and_secret_are_taken_off(at_alices: Client, tea_brand: Brand) -> None:
    pasted = {"appid": f"  {NEW['appid']}\t", "secret": f" {NEW['secret']}\n", "brand": tea_brand.pk}
    at_alices.post("/official-accounts/connect/", {**NEW, **pasted})
    assert OfficialAccount.objects.get().secret() == NEW["secret"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("appid", "gh_fedcba987654", "That is an original id"),
        ("appid", "wwfedcba9876543210", "enterprise account"),
        ("appid", SECRET, "looks like an app secret"),
        ("appid", "wx123", "16 digits or letters"),
        ("appid", "WXFEDCBA9876543210", "16 digits or letters"),
        ("appid", APPID, "connected already"),
        ("appid", "", "required"),
        ("secret", "ffeeddcc bbaa99887766554433221100", "without blanks"),
        ("secret", "short", "32 letters and digits"),
        ("secret", "", "required"),
        ("original_id", "wxfedcba9876543210", "An original id is gh_"),
        ("verified_until", "2127-05-20", "Look at the year again"),
        ("verified_until", "20.5.27", "valid date"),
        ("type", "enterprise", "not one of the available choices"),
        ("name", "", "required"),
        ("name", "長" * 61, "at most 60"),
    ],
)
def test_a_wrong_value_is_explained_and_nothing_typed_is_lost(
    field: str, value: str, words: str, at_alices: Client, official_account: OfficialAccount
) -> None:
    answer = at_alices.post(
        "/official-accounts/connect/", {**NEW, "brand": official_account.brand_id, "subject": "media", field: value}
    )
    page = answer.content.decode()
    assert words in page
    assert '<option value="media" selected>' in page
    assert NEW["secret"] not in page
    assert OfficialAccount.objects.count() == 1


def test_of_a_double_click_the_second_is_told_kindly(
    at_alices: Client, tea_brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(form: ConnectForm) -> None:
        raise IntegrityError

    monkeypatch.setattr(ConnectForm, "save", too_late)
    answer = at_alices.post("/official-accounts/connect/", {**NEW, "brand": tea_brand.pk})
    assert "connected a moment ago" in answer.content.decode()


def test_nobody_connects_to_a_brand_they_do_not_manage(at_alices: Client, other_brand: Brand) -> None:
    assert at_alices.post("/official-accounts/connect/", {**NEW, "brand": other_brand.pk}).status_code == 200
    assert not OfficialAccount.objects.exists()


def test_a_manager_of_one_brand_who_reads_another_cannot_connect_there(
    at_alices: Client, alice: User, other_brand: Brand
) -> None:
    other_brand.memberships.create(user=alice, role="viewer")
    assert at_alices.post("/official-accounts/connect/", {**NEW, "brand": other_brand.pk}).status_code == 200
    assert not OfficialAccount.objects.exists()


def test_a_rehearsal_account_lives_in_the_sandbox(at_alices: Client, tea_brand: Brand) -> None:
    at_alices.post("/official-accounts/connect/", {**NEW, "brand": tea_brand.pk, "is_rehearsal": "on"})
    assert OfficialAccount.objects.get().base_url == NO_WECHAT


@override_settings(SANDBOX_URL="")
def test_without_a_sandbox_there_is_no_rehearsal(at_alices: Client, tea_brand: Brand) -> None:
    assert "is_rehearsal" not in at_alices.get("/official-accounts/connect/").content.decode()
    at_alices.post("/official-accounts/connect/", {**NEW, "brand": tea_brand.pk, "is_rehearsal": "on"})
    assert not OfficialAccount.objects.get().is_rehearsal


# --- change ---
CHANGE = {"name": "茶の間 本店", "type": "service", "subject": "overseas", "callback_mode": "secure", "secret": ""}


def test_an_empty_secret_keeps_the_one_there_is(at_alices: Client, official_account: OfficialAccount) -> None:
    send(at_alices, "change", official_account, **CHANGE)
    official_account.refresh_from_db()
    assert (official_account.name, official_account.secret()) == ("茶の間 本店", SECRET)


def test_a_new_secret_replaces_it_and_forgets_the_token(
    at_alices: Client, official_account: OfficialAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[int] = []
    monkeypatch.setattr("accounts.views._forget_token", lambda account: forgotten.append(account.pk))
    send(at_alices, "change", official_account, **{**CHANGE, "secret": NEW["secret"]})
    official_account.refresh_from_db()
    assert official_account.secret() == NEW["secret"]
    assert forgotten == [official_account.pk]


def test_a_change_leaves_alone_what_it_did_not_ask_for(at_alices: Client, official_account: OfficialAccount) -> None:
    send(
        at_alices,
        "change",
        official_account,
        **{**CHANGE, "brand": "999", "appid": "wx0000000000000000", "api_base_url": "https://evil.example"},
    )
    changed = OfficialAccount.objects.get()
    assert (changed.brand_id, changed.appid, changed.api_base_url) == (official_account.brand_id, APPID, NO_WECHAT)


def test_saving_does_not_resume_what_somebody_paused_in_that_moment(
    at_alices: Client, official_account: OfficialAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = ChangeForm.save

    def pause_and_save(form: ChangeForm) -> OfficialAccount:
        OfficialAccount.objects.update(paused_at=database_now())
        return save(form)

    monkeypatch.setattr(ChangeForm, "save", pause_and_save)
    send(at_alices, "change", official_account, **CHANGE)
    changed = OfficialAccount.objects.get()
    assert (changed.name, bool(changed.paused_at)) == ("茶の間 本店", True)


def test_the_audit_trail_says_who_changed_what_and_no_secret(
    at_alices: Client, alice: User, official_account: OfficialAccount
) -> None:
    send(at_alices, "change", official_account, **{**CHANGE, "secret": NEW["secret"]})
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.before["name"], entry.after["name"]) == (
        alice,
        "account.change",
        "茶の間",
        "茶の間 本店",
    )
    assert entry.after["secret_replaced"]
    assert NEW["secret"] not in f"{entry.before}{entry.after}"


# --- acts ---
def test_new_callback_secrets_are_shown_once_and_never_cached(
    at_alices: Client, official_account: OfficialAccount
) -> None:
    answer = send(at_alices, "callback_secrets", official_account)
    official_account.refresh_from_db()
    page = answer.content.decode()
    assert official_account.callback_token() in page
    assert official_account.aes_key() in page
    assert re.fullmatch(r"[A-Za-z0-9]{43}", official_account.aes_key())
    assert "no-store" in answer.headers["Cache-Control"]
    assert official_account.aes_key() not in at_alices.get(official_account.get_absolute_url()).content.decode()


def test_pause_and_resume_are_each_written_down_once(at_alices: Client, official_account: OfficialAccount) -> None:
    for act in ("pause", "pause", "resume", "resume"):
        send(at_alices, act, official_account)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "account.pause",
        "account.resume",
    ]
    assert OfficialAccount.objects.get().paused_at is None


def test_the_test_button_keeps_its_lines_and_says_what_failed(
    at_alices: Client, official_account: OfficialAccount
) -> None:
    answer = send(at_alices, "test", official_account)
    lines = [Line(**line) for line in OfficialAccount.objects.get().last_test["lines"]]
    assert [line.key for line in lines if line.status == "bad"] == ["token"]
    assert "WeChat could not be reached" in str(next(iter(get_messages(answer.wsgi_request))))


def test_an_approver_may_test(client: Client, official_account: OfficialAccount, tea_brand: Brand) -> None:
    client.force_login(join(tea_brand, "dan", "approver"))
    assert send(client, "test", official_account).status_code == 302
