"""The administrators' side: every model is there, no secret is, and what must not be edited cannot be."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, InboundEvent, OfficialAccount, Site, User
from tests.accounts import pushes
from tests.people import AES_KEY, CALLBACK_TOKEN, SECRET


@pytest.fixture
def at_roots(client: Client, administrator: User) -> Client:
    """The administrator's browser."""
    client.force_login(administrator)
    return client


@pytest.fixture
def push(official_account: OfficialAccount) -> InboundEvent:
    pushes.push_vector(Client(), official_account, pushes.vector("text_message"))
    return InboundEvent.objects.get()


@pytest.mark.parametrize("model", list(apps.get_app_config("accounts").get_models()), ids=lambda model: model.__name__)
def test_every_model_is_in_the_admin(model: type, at_roots: Client, push: InboundEvent) -> None:
    Site.current()
    assert model in admin.site._registry
    assert at_roots.get(reverse(f"admin:accounts_{model._meta.model_name}_changelist")).status_code == 200
    row = model.objects.first()
    if row:
        assert (
            at_roots.get(reverse(f"admin:accounts_{model._meta.model_name}_change", args=[row.pk])).status_code == 200
        )


def test_no_secret_stands_in_the_admin(at_roots: Client, official_account: OfficialAccount) -> None:
    page = at_roots.get(reverse("admin:accounts_officialaccount_change", args=[official_account.pk])).content.decode()
    for secret in (SECRET, CALLBACK_TOKEN, AES_KEY, official_account.sealed_secret, official_account.callback_key):
        assert secret not in page


def test_an_administrator_adds_a_person(at_roots: Client) -> None:
    phrase = "a long enough phrase"
    form = {"username": "mei", "usable_password": "true", "password1": phrase, "password2": phrase}
    inline = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    assert at_roots.post(reverse("admin:accounts_user_add"), {**form, **inline}).status_code == 302
    assert User.objects.get(username="mei").check_password(phrase)


@pytest.mark.parametrize("name", ["inboundevent", "auditentry"])
def test_the_trail_cannot_be_edited(name: str, at_roots: Client, push: InboundEvent) -> None:
    assert at_roots.get(reverse(f"admin:accounts_{name}_add")).status_code == 403
    assert at_roots.post(reverse(f"admin:accounts_{name}_delete", args=[push.pk])).status_code in (302, 403)
    assert InboundEvent.objects.filter(pk=push.pk).exists()


def test_of_the_installation_only_the_sending_switch_can_be_turned(at_roots: Client) -> None:
    site = Site.current()
    address = reverse("admin:accounts_site_change", args=[site.pk])
    at_roots.post(address, {"sending_off_reason": "moving house", "site_id": "0" * 32, "incarnation": "0" * 32})
    turned = Site.current()
    assert not turned.sending_on
    assert (turned.site_id, turned.incarnation) == (site.site_id, site.incarnation)
    assert AuditEntry.objects.get().action == "site.sending_off"


def test_a_parked_push_is_put_back(at_roots: Client, push: InboundEvent) -> None:
    InboundEvent.objects.update(parked_at=push.received_at, attempts=8)
    form = {"action": "try_again", "_selected_action": [push.pk]}
    at_roots.post(reverse("admin:accounts_inboundevent_changelist"), form)
    push.refresh_from_db()
    assert (push.parked_at, push.attempts) == (None, 0)


def test_a_secret_cannot_be_sent_over_plain_http(at_roots: Client, official_account: OfficialAccount) -> None:
    """The interface's address is an administrator's: whoever sets it receives the account's secret."""
    form = {
        "brand": official_account.brand_id,
        "name": "茶の間",
        "type": "service",
        "subject": "overseas",
        "appid": official_account.appid,
        "callback_mode": "secure",
        "verified_until_0": "",
        "verified_until_1": "",
    }
    address = reverse("admin:accounts_officialaccount_change", args=[official_account.pk])
    answer = at_roots.post(address, {**form, "api_base_url": "http://wechat.example.com"})
    assert "http on this machine only" in answer.content.decode()
    assert at_roots.post(address, {**form, "api_base_url": "wechat.example.com"}).status_code == 302
    official_account.refresh_from_db()
    assert official_account.base_url == "https://wechat.example.com"
