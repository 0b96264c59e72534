"""Secrets at rest open only in their own place and only with our keys."""

import base64

import pytest
from django.test import override_settings

from accounts import vault

PLACE = "accounts_officialaccount:7:secret"
OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@pytest.fixture(autouse=True)
def fresh_keyring():
    vault.keyring.cache_clear()
    yield
    vault.keyring.cache_clear()


def test_a_secret_comes_back_as_it_was() -> None:
    assert vault.unseal(vault.seal("秘密 secret", PLACE), PLACE) == "秘密 secret"


def test_two_seals_of_one_secret_differ() -> None:
    assert vault.seal("secret", PLACE) != vault.seal("secret", PLACE)


@pytest.mark.parametrize("elsewhere", ["accounts_officialaccount:8:secret", "accounts_officialaccount:7:aes_key"])
def test_a_secret_copied_elsewhere_does_not_open(elsewhere: str) -> None:
    with pytest.raises(vault.SealBroken):
        vault.unseal(vault.seal("secret", PLACE), elsewhere)


def test_an_altered_secret_does_not_open() -> None:
    sealed = vault.seal("secret", PLACE)
    with pytest.raises(vault.SealBroken):
        vault.unseal(sealed[:-4] + ("AAA=" if sealed[-4:] != "AAA=" else "BBB="), PLACE)


def test_old_secrets_open_after_a_new_key_was_put_in_front() -> None:
    with override_settings(VAULT_KEYS=f"k1:{OLD}"):
        sealed = vault.seal("secret", PLACE)
    vault.keyring.cache_clear()
    with override_settings(VAULT_KEYS=f"k2:{NEW},k1:{OLD}"):
        assert vault.unseal(sealed, PLACE) == "secret"
        assert vault.seal("secret", PLACE).startswith("k2:")


def test_a_secret_of_a_key_we_lost_says_so() -> None:
    with override_settings(VAULT_KEYS=f"k1:{OLD}"):
        sealed = vault.seal("secret", PLACE)
    vault.keyring.cache_clear()
    with override_settings(VAULT_KEYS=f"k2:{NEW}"), pytest.raises(vault.SealBroken):
        vault.unseal(sealed, PLACE)
