"""The connection test: ask WeChat a few harmless questions and say in words what it answered.

Lines keep facts, not sentences, so that everybody reads an old test in their
own language.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from accounts import capabilities, explanations, gateway
from accounts.models import OfficialAccount
from accounts.models.official_account import APPID
from accounts.token_store import SecretUnreadable, TokenStoreDown, TokenUnavailable
from wxportal.wechat import drafts, quota, tags, users
from wxportal.wechat.client import Client
from wxportal.wechat.errors import ApiError, NoToken, OutcomeUnknown, WeChatError

OK, BAD, WARN, SKIPPED = "ok", "bad", "warn", "skipped"
SENDALL = "/cgi-bin/message/mass/sendall"

# What the token call's refusals speak of; any other refusal speaks of the token itself.
ABOUT_APPID = {40013, 41002}
ABOUT_SECRET = {40001, 40125, 40243, 41004}
ABOUT_ADDRESS = {40164, 45035, 89501, 89503, 89506, 89507}
API_UNAUTHORIZED = 48001
# What the other failures are called; the first class that fits names it.
FACTS: tuple[tuple[type[WeChatError], str], ...] = (
    (TokenStoreDown, "redis_down"),
    (SecretUnreadable, "secret_unreadable"),
    (TokenUnavailable, "no_token"),
    (OutcomeUnknown, "no_answer"),
    (WeChatError, "not_reached"),
)


@dataclass(frozen=True)
class Line:
    """One question and what came of it; ``fact`` names the sentence, ``number`` is what was counted."""

    key: str
    status: str
    fact: str = ""
    number: int | None = None
    errcode: int | None = None
    errmsg: str = ""
    rid: str = ""
    ip: str = ""

    @property
    def ok(self) -> bool:
        """Return whether this question was answered well."""
        return self.status == OK

    @property
    def title(self) -> str:
        """Return what was asked, in the reader's language."""
        return explanations.title(self.key)

    @property
    def text(self) -> str:
        """Return what came of it, in the reader's language."""
        return explanations.text(self)

    @property
    def way_out(self) -> str:
        """Return what a person can do about it, in the reader's language; empty where there is nothing to do."""
        return explanations.way_out(self)

    @property
    def detail(self) -> str:
        """Return WeChat's own words, verbatim."""
        if self.errcode is None:
            return ""
        return f"{self.errcode} {self.errmsg}"


def test(official_account: OfficialAccount, now: datetime) -> list[Line]:
    """Run the test and keep its lines on the account. Never raises for WeChat's errors or a wrong address."""
    try:
        lines = run_test(official_account, gateway.client_for(official_account), now)
    except ValueError:
        lines = [Line("address", BAD, "no_https"), *_skipped("appid", "secret", "allow_list", "token", *READS)]
    kept = {"at": now.isoformat(), "lines": [asdict(line) for line in lines]}
    OfficialAccount.objects.filter(pk=official_account.pk).update(last_test=kept)
    official_account.last_test = kept
    return lines


def last_lines(official_account: OfficialAccount) -> list[Line]:
    """Return the lines of the newest test, none where the account was never tested."""
    return [Line(**line) for line in official_account.last_test.get("lines", [])]


def run_test(official_account: OfficialAccount, client: Client, now: datetime) -> list[Line]:
    """Ask for a token and one harmless read per family. Never raises for WeChat's errors."""
    credentials = list(_credentials(official_account))
    if any(line.status == BAD for line in credentials):
        return [*credentials, *_skipped(*READS)]
    return [*credentials, *_reads(official_account, client, now)]


def _credentials(official_account: OfficialAccount) -> Iterator[Line]:
    if not APPID.regex.match(official_account.appid):  # type: ignore[union-attr]  # compiled in its constructor
        yield Line("appid", BAD, "malformed")
        yield from _skipped("secret", "allow_list", "token")
        return
    try:
        gateway.tokens_of(official_account).ask()
    except WeChatError as exc:
        yield from _refused_credentials(exc)
        return
    yield from (Line(key, OK) for key in ("appid", "secret", "allow_list", "token"))


def _refused_credentials(exc: WeChatError) -> Iterator[Line]:
    """Say which of the four steps WeChat stopped at: those before it were passed, those behind it not tried."""
    failed = _line_of("token", exc)
    stopped_at = _step_of(exc)
    passed = {"appid": [], "secret": ["appid"], "allow_list": ["appid"], "token": []}[stopped_at]
    for key in ("appid", "secret", "allow_list", "token"):
        if key == stopped_at:
            yield replace(failed, key=key)
        else:
            yield Line(key, OK if key in passed else SKIPPED)


def _step_of(exc: WeChatError) -> str:
    code = exc.errcode if isinstance(exc, ApiError) else None
    steps = (("appid", ABOUT_APPID), ("secret", ABOUT_SECRET), ("allow_list", ABOUT_ADDRESS))
    return next((step for step, codes in steps if code in codes), "token")


def _reads(official_account: OfficialAccount, client: Client, now: datetime) -> Iterator[Line]:
    """Ask one cheap question per family; once WeChat cannot be reached, the rest would only make people wait."""
    unreachable = False
    for key, (capability, ask) in READS.items():
        if unreachable:
            yield Line(key, SKIPPED)
            continue
        try:
            yield Line(key, OK, number=ask(client))
        except ApiError as exc:
            yield _unauthorized(official_account, capability, exc, key, now)
        except WeChatError as exc:
            unreachable = True
            yield _line_of(key, exc)


def _unauthorized(official_account: OfficialAccount, capability: str, exc: ApiError, key: str, now: datetime) -> Line:
    """Explain 48001 by what we know: expected for this account, or a sign that what we know is wrong."""
    line = _line_of(key, exc)
    if exc.errcode != API_UNAUTHORIZED:
        return line
    expected = not capabilities.can(official_account, capability, now).ok
    if expected:
        return replace(line, status=WARN, fact="unauthorized_as_expected")
    return replace(line, fact="unauthorized")


def _line_of(key: str, exc: WeChatError) -> Line:
    if isinstance(exc, ApiError):
        return Line(key, BAD, "refused", errcode=exc.errcode, errmsg=exc.errmsg, rid=exc.rid, ip=exc.ip)
    if isinstance(exc, NoToken):
        return _line_of(key, exc.cause)
    return Line(key, BAD, next(fact for kind, fact in FACTS if isinstance(exc, kind)))


def _skipped(*keys: str) -> list[Line]:
    return [Line(key, SKIPPED) for key in keys]


def _count_tags(client: Client) -> int:
    return len(tags.list_all(client))


def _count_followers(client: Client) -> int:
    return users.list_page(client).total


def _calls_left(client: Client) -> int:
    return quota.get(client, SENDALL).remain


# key of the line -> the family it stands for, and the question
READS: dict[str, tuple[str, Callable[[Client], Any]]] = {
    "tags": ("tags", _count_tags),
    "followers": ("followers", _count_followers),
    "drafts": ("drafts", drafts.count),
    "sending": ("mass.all", _calls_left),
}
