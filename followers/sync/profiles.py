"""Profiles by the hundred, several calls in flight, one bad openid never costing the other ninety-nine."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from wxportal.wechat import limits, users
from wxportal.wechat.client import Client
from wxportal.wechat.errors import Busy, NotSent, OutcomeUnknown, Refused
from wxportal.wechat.users import Profile

IN_FLIGHT = 8  # calls at a time: hides WeChat's answer time without looking like an attack
HEARTBEAT = 10.0  # seconds between two signs of life; well inside a lease
PAUSES = (1.0, 4.0)  # seconds before the second and third try of a call; reading changes nothing, so it may be repeated
# One of these openids is the trouble; which one, WeChat does not say.
BAD_OPENID = frozenset({40003, 40031, 46004, 49003})


@dataclass
class Read:
    """What WeChat told of some openids, and the openids it would not hear of."""

    profiles: list[Profile] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def add(self, other: "Read") -> None:
        self.profiles += other.profiles
        self.refused += other.refused


def read(client: Client, openids: Sequence[str], heartbeat: Callable[[], None]) -> Read:
    """Return the profiles of ``openids``; whatever ``heartbeat`` raises ends the work. Raises WeChatError."""
    size = limits.PROFILES_PER_CALL
    batches = [openids[start : start + size] for start in range(0, len(openids), size)]
    pool = ThreadPoolExecutor(max_workers=IN_FLIGHT, thread_name_prefix="profiles")
    try:
        return _gathered([pool.submit(_read_batch, client, batch) for batch in batches], heartbeat)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _gathered(futures: list[Future[Read]], heartbeat: Callable[[], None]) -> Read:
    result, pending, beat_at = Read(), set(futures), time.monotonic() + HEARTBEAT
    while pending:
        done, pending = wait(pending, timeout=HEARTBEAT, return_when=FIRST_COMPLETED)
        for future in done:
            result.add(future.result())
        if time.monotonic() >= beat_at:
            heartbeat()
            beat_at = time.monotonic() + HEARTBEAT
    return result


def _read_batch(client: Client, openids: Sequence[str]) -> Read:
    """Read one batch; where WeChat refuses it for an openid, halve it until that one stands alone."""
    try:
        return Read(list(_patiently(client, openids)))
    except Refused as exc:
        if exc.errcode not in BAD_OPENID:
            raise
    if len(openids) == 1:
        return Read(refused=list(openids))
    middle = len(openids) // 2
    result = _read_batch(client, openids[:middle])
    result.add(_read_batch(client, openids[middle:]))
    return result


def _patiently(client: Client, openids: Sequence[str]) -> Sequence[Profile]:
    for pause in PAUSES:
        try:
            return users.info_batch(client, openids)
        except (NotSent, OutcomeUnknown, Busy):
            time.sleep(pause)
    return users.info_batch(client, openids)
