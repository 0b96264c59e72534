"""A missing or absurd setting is named, numbered and explained."""

import base64

import pytest
from django.core.checks import run_checks
from django.test import override_settings

GOOD_KEYS = "k1:" + base64.b64encode(b"0" * 32).decode()


def ids() -> set[str]:
    return {message.id for message in run_checks(tags=["wxportal"])}


def hint_of(check_id: str) -> str:
    (message,) = [message for message in run_checks(tags=["wxportal"]) if message.id == check_id]
    return message.hint


@pytest.mark.parametrize(
    ("setting", "value", "check_id"),
    [
        ("SECRET_KEY", "unset", "wxportal.E001"),
        ("VAULT_KEYS", "", "wxportal.E002"),
        ("VAULT_KEYS", "k1:not base64", "wxportal.E002"),
        ("VAULT_KEYS", "k1:" + base64.b64encode(b"short").decode(), "wxportal.E002"),
        ("DATABASE_URL", "", "wxportal.E003"),
        ("DATABASE_URL", "sqlite:///db.sqlite3", "wxportal.E003"),
        ("REDIS_URL", "amqp://host", "wxportal.E004"),
        ("DATABASE_POOL_SIZE", 0, "wxportal.E005"),
        ("DATABASE_POOL_SIZE", 5000, "wxportal.E005"),
        ("PUBLIC_BASE_URL", "portal.example.com", "wxportal.E006"),
        ("ALLOWED_HOSTS", [], "wxportal.E007"),
        ("WECHAT_API_BASE_URL", "http://api.weixin.qq.com", "wxportal.E008"),
        ("WECHAT_API_BASE_URL", "", "wxportal.E008"),
        ("SANDBOX_URL", "http://sandbox.example.com", "wxportal.E009"),
        ("DISPATCH_TIME_SCALE", 0, "wxportal.E010"),
        ("UNREADABLE_SETTINGS", {"DEBUG": "1 or 0"}, "wxportal.E012"),
    ],
)
def test_a_wrong_value_is_named_with_a_hint(setting: str, value: object, check_id: str) -> None:
    with override_settings(**{"DEBUG": False, "VAULT_KEYS_FILE": "", setting: value}):
        assert check_id in ids()
        assert hint_of(check_id)


def test_shortened_waiting_times_without_a_sandbox_are_a_warning() -> None:
    with override_settings(DISPATCH_TIME_SCALE=60, SANDBOX_URL=""):
        assert "wxportal.W011" in ids()


def test_no_hint_shows_a_key() -> None:
    secret = base64.b64encode(b"sixteen bytes ok").decode()
    with override_settings(VAULT_KEYS=f"k1:{secret}"):
        messages = run_checks(tags=["wxportal"])
    assert not any(secret in f"{message.msg}{message.hint}" for message in messages)


def test_the_settings_of_the_suite_are_sound() -> None:
    assert not {check_id for check_id in ids() if check_id.startswith("wxportal.E")}
