"""The people of every test: Alice manages the tea brand, Bob may only read it, Charlie belongs elsewhere."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Brand, Membership, OfficialAccount, User

# Token, app id and key of the published test vectors (official-account.md §8.6).
APPID = "wx0123456789abcdef"
ORIGINAL_ID = "gh_0123456789ab"
CALLBACK_TOKEN = "wxportalTestToken01"
AES_KEY = "EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8"
SECRET = "00112233445566778899aabbccddeeff"
# The discard port: nothing listens there, so a test that forgot to name a WeChat reaches none.
NO_WECHAT = "http://127.0.0.1:9"


def join(brand: Brand, username: str, role: str, **rights: bool) -> User:
    """Return a new person who works for ``brand``."""
    user = User.objects.create_user(username)
    Membership.objects.create(user=user, brand=brand, role=role, **rights)
    return user


def connect(brand: Brand, **fields: object) -> OfficialAccount:
    """Return a new Official Account of ``brand``: a verified service account in rehearsal, with all its secrets."""
    known = {
        "name": "茶の間",
        "appid": APPID,
        "original_id": ORIGINAL_ID,
        "is_rehearsal": True,
        "api_base_url": NO_WECHAT,
    }
    until = timezone.now() + timedelta(days=200)
    account = OfficialAccount.objects.create(brand=brand, **{"verified_until": until, **known, **fields})
    account.set_secret(SECRET)
    account.set_callback_secrets(CALLBACK_TOKEN, AES_KEY)
    account.save()
    return account


@pytest.fixture
def tea_brand(db: None) -> Brand:
    return Brand.objects.create(name="茶の間", colour="green", initial="茶")


@pytest.fixture
def other_brand(db: None) -> Brand:
    return Brand.objects.create(name="和菓子堂", colour="plum", initial="和")


@pytest.fixture
def alice(tea_brand: Brand) -> User:
    """Alice manages the tea brand, and may send and decide."""
    return join(tea_brand, "alice", "manager", may_send=True, may_resolve=True)


@pytest.fixture
def erin(tea_brand: Brand) -> User:
    """Erin writes for the tea brand; she may not send."""
    return join(tea_brand, "erin", "editor")


@pytest.fixture
def bob(tea_brand: Brand) -> User:
    """Bob may only read the tea brand."""
    return join(tea_brand, "bob", "viewer")


@pytest.fixture
def charlie(other_brand: Brand) -> User:
    """Charlie manages another brand: the tea brand does not exist for him."""
    return join(other_brand, "charlie", "manager", may_send=True, may_resolve=True)


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("root")


@pytest.fixture
def official_account(tea_brand: Brand) -> OfficialAccount:
    """A verified service account of the tea brand, in rehearsal, with secret and callback secrets set."""
    return connect(tea_brand)
