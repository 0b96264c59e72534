"""What WeChat remembers of one Official Account. Plain data: `history` is the only writer."""

from collections import Counter, deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from wxportal.sandbox.clock import beijing_day, beijing_month
from wxportal.sandbox.followers import Followers
from wxportal.sandbox.shapes import FIRST_TAG_ID

DAY = 86400  # seconds
STABLE_RENEWAL = 300  # seconds before expiry at which the platform renews a stable token by itself (§1.2)
CLASSIC_GRACE = 300  # seconds the replaced classic token is still accepted (§1.1)
TOKEN_LIFE = 7200  # seconds
TEMPORARY_LIFE = 3 * DAY  # seconds a temporary upload lives (§4.2)
KEY_LIFE = DAY  # seconds a clientmsgid is remembered (§6.3)
RECENT_CALLS = 500  # answers kept for rid lookups and the books


@dataclass
class Manner:
    """How this WeChat behaves where WeChat's own pages leave room, and how large its answers are."""

    page_size: int = 10_000  # openids a page of followers
    blacklist_page_size: int = 1_000
    blank_last_cursor: bool = False  # the last page's next_openid is empty instead of the last openid
    finish_seconds: float = 2.0  # from acceptance of a mass job to its end
    key_window: float = 2.0  # seconds after acceptance in which the same clientmsgid gives 45066 instead of 45065
    mass_gap: float = 0.0  # seconds two mass calls must be apart; closer gives 42010
    refuse_share: float = 0.01  # of the followers, who switched the account's messages off
    error_share: float = 0.001  # of the eligible followers, whom a mass message does not reach
    author_limit: int = 16  # characters; some servers refuse more than 8
    literal_escapes: bool = True  # \\uXXXX in a body stays as it is written
    forced_gap_error: bool = False  # a second forced token within 30 s: an error instead of the current token
    push_timeout: float = 5.0  # seconds WeChat waits for the answer to a push
    push_gap: float = 1.0  # seconds between two attempts of a push
    push_format: str = "xml"  # or "json"
    open_platform: bool = False  # profiles carry a unionid
    forbidden: int = 0  # 50002, 50007 or 48004: every call is answered so


@dataclass(frozen=True)
class Token:
    value: str
    issued: float
    expires: float


@dataclass
class TokenSlots:
    """The classic token and the stable token live side by side and never touch each other."""

    classic: Token | None = None
    classic_before: Token | None = None
    classic_before_until: float = 0.0
    stable: Token | None = None
    stable_before: Token | None = None
    forced: list[float] = field(default_factory=list)  # moments of forced renewals

    def valid(self, now: float) -> set[str]:
        live = {
            token.value for token in (self.classic, self.stable, self.stable_before) if token and token.expires > now
        }
        if self.classic_before and self.classic_before_until > now:
            live.add(self.classic_before.value)
        return live


@dataclass
class Callback:
    url: str
    token: str
    aes_key: str
    mode: str  # plain, compatible or secure


@dataclass
class Media:
    """An upload: temporary (dies after three days), permanent (in the library) or inline (a picture of an article)."""

    media_id: str
    life: str
    type: str
    blob: str
    name: str
    size: int
    url: str
    created: float
    title: str = ""
    introduction: str = ""


@dataclass
class Draft:
    media_id: str
    articles: list[dict[str, Any]]
    created: float
    updated: float


@dataclass
class Tag:
    id: int
    name: str
    members: int = 0


@dataclass
class Job:
    """An accepted mass send and what became of it; ``reached`` is the truth a test compares with."""

    msg_id: int
    msg_data_id: int
    origin: str  # api or console
    interface: str  # sendall, send or console
    key: str  # clientmsgid, or the digest WeChat makes when there is none
    target: dict[str, Any]
    who: int
    total: int
    digest: str
    message: dict[str, Any]
    articles: list[dict[str, Any]]
    media_id: str
    accepted: float
    plan: dict[str, Any]
    status: str = ""
    eligible: int = 0
    reached: int = 0
    finished: float = 0.0
    deleted: set[int] = field(default_factory=set)

    @property
    def to_all(self) -> bool:
        return bool(self.target.get("is_to_all"))

    @property
    def succeeded(self) -> bool:
        return self.status == "send success"

    @property
    def uses_quota(self) -> bool:
        """Only successful sends use the account's entitlement; a running one holds it."""
        return not self.status or self.succeeded

    @property
    def all_deleted(self) -> bool:
        return 0 in self.deleted or (bool(self.articles) and len(self.deleted) == len(self.articles))

    def state(self) -> str:
        """The word mass/get uses."""
        if not self.status:
            return "SENDING"
        if not self.succeeded:
            return "SEND_FAIL"
        return "DELETE" if self.all_deleted or not self.eligible else "SEND_SUCCESS"


@dataclass
class Push:
    """An event on its way to the account's callback, with the outcome of every attempt."""

    id: int
    event: str
    fields: dict[str, Any]
    due: float
    whitespace: bool = False
    attempts: list[dict[str, Any]] = field(default_factory=list)
    settled: bool = False


@dataclass
class Account:
    appid: str
    secret: str
    original_id: str
    name: str
    type: str  # service or subscription
    personal: bool
    verified_until: float | None
    created: float
    seed: str
    manner: Manner
    followers: Followers
    allow_list: list[str]
    named: bool = False  # whether the tick is shown beside the name
    review: dict[str, Any] | None = None  # the application under way (`verification`)
    told: set[str] = field(default_factory=set)  # reminders and lapses the callback was told of
    tokens: TokenSlots = field(default_factory=TokenSlots)
    callback: Callback | None = None
    tags: dict[int, Tag] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    previews: list[dict[str, Any]] = field(default_factory=list)
    pushes: dict[int, Push] = field(default_factory=dict)
    calls: dict[str, Counter[str]] = field(default_factory=dict)  # Beijing day → counter → calls
    clearings: Counter[str] = field(default_factory=Counter)  # Beijing month → clear_quota calls
    single_clearings: Counter[str] = field(default_factory=Counter)
    last_tag_id: int = FIRST_TAG_ID - 1
    tokens_issued: int = 0
    speed: int = 3
    minute: dict[str, deque[float]] = field(default_factory=dict)  # counter → moments of the last minute's calls
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=RECENT_CALLS))
    awaited: list[Future[None]] = field(default_factory=list)  # events that must arrive before an answer leaves
    answering: int = 0  # mass calls whose answer has not left yet

    def verified(self, now: float) -> bool:
        return not self.personal and self.verified_until is not None and self.verified_until > now

    def lapsed(self, now: float) -> bool:
        return self.verified_until is not None and self.verified_until <= now

    def calls_on(self, day: str) -> Counter[str]:
        return self.calls.setdefault(day, Counter())

    def job_of_key(self, key: str, now: float) -> Job | None:
        """The job that took this clientmsgid within the last 24 h."""
        matching = (job for job in self.jobs.values() if job.key == key and now - job.accepted < KEY_LIFE)
        return next(matching, None)

    def jobs_of_day(self, now: float) -> list[Job]:
        today = beijing_day(now)
        return [job for job in self.jobs.values() if beijing_day(job.accepted) == today and job.uses_quota]

    def jobs_of_month(self, now: float) -> list[Job]:
        month = beijing_month(now)
        return [job for job in self.jobs.values() if beijing_month(job.accepted) == month and job.uses_quota]
