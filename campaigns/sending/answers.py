"""What WeChat's answer to a mass call means for its batch (DISPATCH §3).

Two columns: before and after something ambiguous happened. A rejection of a
replay proves nothing about the first attempt: that column is the one everybody
forgets. A code that is not in a list here is unknown, never guessed.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from wxportal.wechat.errors import AlreadyAccepted, ApiError, NotSent, WeChatError
from wxportal.wechat.mass import Accepted

# Conclusive: WeChat looked at the request and made no job of it. Source: official-account.md §6.11.
TOKEN_CODES = frozenset({40001, 40014, 42001})
DRAFT_GONE = 40007
REFUSALS = frozenset(
    {40003, 40008, 40031, 40032, 40033, 40035, 40050, 40097, 40118, 40121, 40128, 40130, 40152, 40193, 40194, 40215}
    | {41001, 41006, 43002, 44002, 44003, 44004, 44005, 45002, 45052, 45062, 45067, 45110, 45113, 45159, 45162, 45166}
    | {47001, 47002, 48001, 48008, 48013, 48014, 48021, 48022, 49003}
)
# The account may not call until its day, month or minute turns.
DAY_SPENT, PERIOD_SPENT = 45009, 45028
MINUTE_SPENT, TOO_FAST = 45011, 42010
# The account may not call until a person acts. The first two stand in the protocol, the others say the same.
ACCOUNT_CODES = frozenset({48004, 50002, 40164, 45035, 48003, 50004, 50007})
BUDGET_CODES = frozenset({DAY_SPENT, PERIOD_SPENT, MINUTE_SPENT, TOO_FAST})


class Reading(StrEnum):
    """What one answer says about the attempt it belongs to."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"  # 45065: a job with this key exists, says WeChat; not yet believed
    TOKEN = "token"  # noqa: S105  a word, not a password
    BARRED = "barred"
    DRAFT_GONE = "draft gone"
    REFUSED = "refused"
    NOTHING_WRITTEN = "nothing written"
    UNCLEAR = "unclear"


# Readings that say for certain that this attempt made no job.
CONCLUSIVE = frozenset({Reading.TOKEN, Reading.BARRED, Reading.DRAFT_GONE, Reading.REFUSED, Reading.NOTHING_WRITTEN})


@dataclass(frozen=True)
class Verdict:
    """One answer, read; ``evidence`` is what the diary keeps of it."""

    reading: Reading
    msg_id: int | None = None
    msg_data_id: int | None = None
    errcode: int | None = None
    text: str = ""
    evidence: dict[str, object] = field(default_factory=dict)


def accepted(answer: Accepted) -> Verdict:
    """Read errcode 0."""
    ids = {"msg_id": answer.msg_id, "msg_data_id": answer.msg_data_id}
    return Verdict(Reading.ACCEPTED, answer.msg_id, answer.msg_data_id, 0, "", {"errcode": 0, **ids})


def failed(exc: WeChatError) -> Verdict:
    """Read any failure of the call."""
    if isinstance(exc, ApiError):
        return _refusal(exc)
    reading = Reading.NOTHING_WRITTEN if isinstance(exc, NotSent) else Reading.UNCLEAR
    text = f"{type(exc).__name__}: {exc}"
    return Verdict(reading, text=text, evidence={"failure": text})


def _refusal(exc: ApiError) -> Verdict:
    msg_id = exc.msg_id if isinstance(exc, AlreadyAccepted) else None
    evidence = {"errcode": exc.errcode, "errmsg": exc.errmsg, "rid": exc.rid, "msg_id": msg_id}
    return Verdict(_reading_of(exc, msg_id), msg_id, None, exc.errcode, exc.errmsg, evidence)


def _reading_of(exc: ApiError, msg_id: int | None) -> Reading:
    if msg_id is not None:
        return Reading.DUPLICATE
    if exc.errcode in TOKEN_CODES:
        return Reading.TOKEN
    if exc.errcode in BUDGET_CODES | ACCOUNT_CODES:
        return Reading.BARRED
    if exc.errcode == DRAFT_GONE:
        return Reading.DRAFT_GONE
    # 45066, -1, 268488001, 8950x and every code we do not know: nobody can say what became of it.
    return Reading.REFUSED if exc.errcode in REFUSALS else Reading.UNCLEAR
