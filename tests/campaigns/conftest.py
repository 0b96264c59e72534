"""An installation of its own for every test, and accounts that live in the sandbox."""

from pathlib import Path

import pytest

from accounts.gateway import client_for
from accounts.models import Brand, OfficialAccount
from campaigns.sending import incarnation
from tests.campaigns.plans import in_sandbox, incarnation_file
from wxportal.sandbox.control import Control
from wxportal.wechat.client import Client


@pytest.fixture(autouse=True)
def _installation(settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of this checkout says whether a test's database may send."""
    settings.INCARNATION_FILE = incarnation_file(tmp_path)  # type: ignore[attr-defined]
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    monkeypatch.setenv("INCARNATION_FILE", incarnation_file(tmp_path))
    monkeypatch.setenv("MEDIA_ROOT", str(tmp_path / "media"))
    incarnation.forget()


@pytest.fixture
def may_send(db: None) -> None:
    """This database is the one the file outside it names."""
    assert incarnation.check() == ""


@pytest.fixture
def account(tea_brand: Brand, sandbox: Control, wechat_url: str, may_send: None) -> OfficialAccount:
    """A verified service account with 200 followers in the sandbox."""
    return in_sandbox(tea_brand, sandbox, wechat_url)


@pytest.fixture
def wechat(account: OfficialAccount) -> Client:
    return client_for(account)


@pytest.fixture
def other_account(tea_brand: Brand, sandbox: Control, wechat_url: str, may_send: None) -> OfficialAccount:
    """Another account of the same brand."""
    return in_sandbox(tea_brand, sandbox, wechat_url)
