"""What the rooms of this app's tests share."""

from collections.abc import Iterator

import pytest

from accounts import token_store
from accounts.models import OfficialAccount
from tests.accounts.wire import Wire, wechat_on_the_wire


@pytest.fixture
def wire(official_account: OfficialAccount) -> Iterator[Wire]:
    """A WeChat on a real socket, with the tea account living in it and no token left from another test."""
    with wechat_on_the_wire() as wire:
        OfficialAccount.objects.filter(pk=official_account.pk).update(api_base_url=wire.base_url)
        official_account.api_base_url = wire.base_url
        _drop_tokens()
        yield wire
        _drop_tokens()


def _drop_tokens() -> None:
    store = token_store.connection()
    if keys := store.keys("wxportal:token:*"):
        store.delete(*keys)
