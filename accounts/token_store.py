"""One access token per Official Account, shared by every process through Redis.

Check, lock, check again: of all the workers that miss the token at once, one
asks WeChat and the others wait for its answer. At rest the token is sealed.
"""

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import LockError, RedisError
from redis.lock import Lock
from redis.retry import Retry

from accounts import vault
from wxportal.shell.clocks import BEIJING
from wxportal.wechat import limits
from wxportal.wechat.errors import NotSent, OperatorNeeded, QuotaSpent, error_for
from wxportal.wechat.tokens import TOKEN_TIMEOUT, Token

logger = logging.getLogger(__name__)

SHORTEST_STAY = 5  # seconds a token is kept even when WeChat says it ends now; else every call would ask
REFUSAL_STAYS = 30  # seconds a "no" that only a person can change is believed; the connection test asks anew
LOCK_EXPIRY = 2 * TOKEN_TIMEOUT + 4  # seconds; a replacement may take two calls, normal mode and forced
LOOK_AGAIN = 0.05  # seconds between two looks of a waiter
LONGEST_WAIT = LOCK_EXPIRY + TOKEN_TIMEOUT  # seconds a waiter looks: a dead worker's lock, then one call
REDIS_TIMEOUT = 2.0  # seconds; Redis answers in a millisecond or is down


class TokenUnavailable(NotSent):
    """No access token could be had, so the call it was for never left. The cause is attached."""


class TokenStoreDown(TokenUnavailable):
    """Redis does not answer. No token is fetched meanwhile: without the lock every worker would ask WeChat at once."""


class SecretUnreadable(TokenUnavailable):
    """The AppSecret was sealed with a key this installation no longer has."""


def connect(url: str) -> redis.Redis:
    """Return connections to the Redis at ``url`` that fail within seconds instead of retrying for long."""
    # One retry at once: it mends a connection Redis closed meanwhile. redis-py's own ten would hold up a page.
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=REDIS_TIMEOUT,
        socket_connect_timeout=REDIS_TIMEOUT,
        retry=Retry(NoBackoff(), 1),
    )


@cache
def connection() -> redis.Redis:
    """Return this process's connections (safe across a fork: redis-py looks at the process id)."""
    return connect(settings.REDIS_URL)


class RedisTokens:
    """The tokens of one account; ``fetch(force)`` asks WeChat's stable_token.

    Renewed five minutes before its end. Raises TokenUnavailable, or whatever
    ``fetch`` raised: the client wraps it in NoToken, for the call never left.
    """

    def __init__(self, name: str, fetch: Callable[[bool], Token], store: redis.Redis | None = None) -> None:
        self._key = f"wxportal:token:{name}"
        self._refusal_key = f"{self._key}:refused"
        self._fetch = fetch
        self._redis = store if store is not None else connection()

    def __repr__(self) -> str:
        return f"RedisTokens({self._key!r})"

    def current(self) -> str:
        """Return a token that should be good."""
        return self._guarded(self._stored, lambda: self._stored() or self._renewed_unless_refused())

    def replace(self, rejected: str) -> str:
        """Return another token than ``rejected``.

        A sibling may have replaced it already; else WeChat's normal mode may know
        a newer one; only if it insists on the rejected one is a new token forced,
        at most every 30 seconds and 20 times a day (official-account.md §1.2).
        """

        def newer() -> str:
            stored = self._stored()
            return stored if stored != rejected else ""

        return self._guarded(newer, lambda: newer() or self._replacement(rejected))

    def ask(self) -> str:
        """Ask WeChat now, whatever is stored: this is how a secret is tried."""
        return self._guarded(lambda: "", lambda: self._renew(force=False))

    def forget(self) -> None:
        """Drop the stored token, e.g. after the secret changed."""
        try:
            self._redis.delete(self._key, self._refusal_key)
        except RedisError as exc:
            raise TokenStoreDown("Redis does not answer") from exc

    def _guarded(self, look: Callable[[], str], work: Callable[[], str]) -> str:
        """Look; if there is nothing, do the work under the lock, or keep looking while somebody else does it."""
        try:
            return self._look_or_work(look, work)
        except RedisError as exc:
            raise TokenStoreDown("Redis does not answer") from exc

    def _look_or_work(self, look: Callable[[], str], work: Callable[[], str]) -> str:
        give_up_at = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < give_up_at:
            if token := look():
                return token
            lock = self._redis.lock(f"{self._key}:lock", timeout=LOCK_EXPIRY)
            if lock.acquire(blocking=False):
                return self._work(lock, work)
            time.sleep(LOOK_AGAIN)
        raise TokenUnavailable("another worker is asking for the token and does not come back")

    def _work(self, lock: Lock, work: Callable[[], str]) -> str:
        try:
            return work()
        except vault.SealBroken as exc:
            raise SecretUnreadable("the AppSecret cannot be opened with this installation's keys") from exc
        finally:
            _release(lock)

    def _replacement(self, rejected: str) -> str:
        token = self._renew(force=False)
        if token != rejected:
            return token
        if not self._may_force():
            raise TokenUnavailable("WeChat keeps giving a token it rejects, and may not be forced again yet")
        return self._renew(force=True)

    def _renewed_unless_refused(self) -> str:
        """Ask WeChat, unless it said a moment ago that a person has to act first; then say the same again."""
        if known := self._redis.get(self._refusal_key):
            raise error_for(**json.loads(str(known)))
        return self._renew(force=False)

    def _renew(self, *, force: bool) -> str:
        token = self._asked(force=force)
        stay = max(token.expires_in - limits.TOKEN_RENEW_EARLY, SHORTEST_STAY)
        self._redis.set(self._key, vault.seal(token.value, self._key), ex=stay)
        self._redis.delete(self._refusal_key)
        return token.value

    def _asked(self, *, force: bool) -> Token:
        try:
            return self._fetch(force)
        except (OperatorNeeded, QuotaSpent) as exc:
            answer = {"errcode": exc.errcode, "errmsg": exc.errmsg, "api_path": exc.api_path}
            self._redis.set(self._refusal_key, json.dumps(answer), ex=REFUSAL_STAYS)
            raise

    def _stored(self) -> str:
        sealed = self._redis.get(self._key)
        try:
            return vault.unseal(str(sealed), self._key) if sealed else ""
        except vault.SealBroken:
            # The vault's key changed, or somebody wrote here: a new token is cheap.
            return ""

    def _may_force(self) -> bool:
        """Take one of the forced renewals WeChat allows; call it under the lock. Redis's clock decides, not ours."""
        seconds, _micros = self._redis.time()
        day = f"{datetime.fromtimestamp(seconds, tz=UTC).astimezone(BEIJING):%Y-%m-%d}"
        if not self._redis.set(f"{self._key}:forced", 1, nx=True, ex=limits.STABLE_TOKEN_FORCE_GAP):
            return False
        count = self._redis.incr(f"{self._key}:forced:{day}")
        self._redis.expire(f"{self._key}:forced:{day}", timedelta(days=2))
        return int(count) <= limits.STABLE_TOKEN_FORCES_PER_DAY


def _release(lock: Lock) -> None:
    try:
        lock.release()
    except LockError:
        # It expired while WeChat was slow; whoever holds it now keeps it.
        logger.warning("a token took longer than its lock")
