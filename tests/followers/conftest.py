"""An Official Account that lives in the sandbox, and what the sandbox's books say of it."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Brand, OfficialAccount
from followers import sync
from followers.models import SyncRun
from followers.sync import listing, profiles
from tests.people import connect
from wxportal.sandbox.control import Control

Connected = Callable[..., OfficialAccount]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats come at once: what is tested is that they come, not how long one waits."""
    monkeypatch.setattr(listing, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(profiles, "PAUSES", (0.0, 0.0))


@pytest.fixture
def connected(tea_brand: Brand, sandbox: Control, wechat_url: str) -> Connected:
    """Make an account in the sandbox (``spec`` as in Control.create_account) and connect it to the tea brand."""

    def make(**spec: Any) -> OfficialAccount:
        made = sandbox.create_account(**spec)
        account = connect(tea_brand, appid=made["appid"], original_id=made["original_id"], api_base_url=wechat_url)
        account.set_secret(made["secret"])
        account.save()
        return account

    return make


def run_to_its_end(run: SyncRun) -> SyncRun:
    """Work as a worker does: slice after slice, until nothing is left to do at once."""
    while sync.work(run.pk):
        pass
    run.refresh_from_db()
    return run
