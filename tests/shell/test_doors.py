"""Who gets in: log in, first administrator, language, and the wall before the admin."""

import threading

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough phrase"
NEWCOMER = {"username": "first", "email": "first@example.com", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def member() -> User:
    return User.objects.create_user("mei", password=PASSWORD, language="ja")


def test_a_member_without_staff_rights_logs_in(client: Client, member: User) -> None:
    answer = client.post("/login/", {"username": "mei", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(member.pk)


def test_for_a_member_the_admin_does_not_exist(client: Client, member: User) -> None:
    client.force_login(member)
    assert client.get("/admin/").status_code == 404
    assert client.get("/admin/accounts/user/").status_code == 404


def test_a_stranger_is_asked_to_log_in_before_the_admin(client: Client) -> None:
    answer = client.get("/admin/")
    assert answer.status_code == 302
    assert "login" in answer.headers["Location"]


def test_the_first_administrator_is_made_in_the_browser(client: Client) -> None:
    assert client.get("/login/").headers["Location"] == "/first/"
    assert client.post("/first/", NEWCOMER).status_code == 302
    first = User.objects.get()
    assert first.is_superuser
    assert first.is_staff


def test_there_is_only_one_first_administrator(client: Client, member: User) -> None:
    assert client.post("/first/", NEWCOMER).headers["Location"] == "/login/"
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_browsers_at_once_make_one_administrator() -> None:
    def knock(name: str) -> None:
        Client().post("/first/", {**NEWCOMER, "username": name})
        connection.close()

    threads = [threading.Thread(target=knock, args=[name]) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.count() == 1


def test_a_weak_password_is_refused_and_nothing_typed_is_lost(client: Client) -> None:
    answer = client.post("/first/", {**NEWCOMER, "password1": "12345", "password2": "12345"})
    assert answer.status_code == 200
    assert b"first@example.com" in answer.content
    assert not User.objects.exists()


def test_the_language_is_kept_for_the_person(client: Client, member: User) -> None:
    client.force_login(member)
    client.post("/language/", {"language": "zh-hans", "next": "/profile/"})
    member.refresh_from_db()
    assert member.language == "zh-hans"
    assert client.get("/profile/").headers["Content-Language"] == "zh-hans"


def test_a_language_form_never_leads_to_a_foreign_host(client: Client) -> None:
    answer = client.post("/language/", {"language": "ja", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_an_unknown_language_changes_nothing(client: Client, member: User) -> None:
    client.force_login(member)
    client.post("/language/", {"language": "xx", "next": "/"})
    member.refresh_from_db()
    assert member.language == "ja"


def test_the_profile_keeps_language_and_zone(client: Client, member: User) -> None:
    client.force_login(member)
    client.post("/profile/", {"first_name": "Mei", "language": "ja", "time_zone": "Asia/Shanghai"})
    member.refresh_from_db()
    assert (member.first_name, member.time_zone) == ("Mei", "Asia/Shanghai")


def test_no_page_allows_inline_script(client: Client) -> None:
    policy = client.get("/first/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "script-src 'self' 'unsafe-inline'" not in policy


def test_no_page_brings_an_inline_script(client: Client, member: User) -> None:
    client.force_login(member)
    page = client.get("/profile/").content.decode()
    scripts = [part.split(">", 1) for part in page.split("<script")[1:]]
    assert all("src=" in head or "application/json" in head for head, _rest in scripts)
