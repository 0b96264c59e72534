"""The only place where a client for WeChat is built.

Nobody else knows an AppSecret, an access token or which WeChat an account
lives in: the real one, or the sandbox of a rehearsal.
"""

import hashlib
import os
from functools import cache

from accounts.models import OfficialAccount
from accounts.token_store import RedisTokens, TokenStoreDown, TokenUnavailable
from wxportal.wechat.client import Client
from wxportal.wechat.tokens import Token, fetch_stable_token
from wxportal.wechat.transport import Transport

__all__ = ["TokenStoreDown", "TokenUnavailable", "client_for", "tokens_of"]


def client_for(official_account: OfficialAccount) -> Client:
    """Return a client that speaks as ``official_account``.

    Raises ValueError when the account's interface address is neither https nor loopback.
    """
    transport = _transport(official_account.base_url, os.getpid())
    return Client(official_account.appid, tokens_of(official_account, transport), transport)


def tokens_of(official_account: OfficialAccount, transport: Transport | None = None) -> RedisTokens:
    """Return the shared tokens of ``official_account``. The secret is opened only when WeChat is asked.

    Raises ValueError as ``client_for`` does.
    """
    wire = transport or _transport(official_account.base_url, os.getpid())

    def fetch(force: bool) -> Token:
        return fetch_stable_token(wire, official_account.appid, official_account.secret(), force=force)

    return RedisTokens(_name(official_account), fetch)


@cache
def _transport(base_url: str, process: int) -> Transport:
    """Return the pooled connections to one WeChat; a forked ``process`` must not write into its parent's."""
    return Transport(base_url)


def _name(official_account: OfficialAccount) -> str:
    """Name the account's tokens; those of one WeChat never go to another after the address changed."""
    where = hashlib.sha256(f"{official_account.base_url} {official_account.appid}".encode()).hexdigest()[:16]
    return f"{official_account.pk}:{where}"
