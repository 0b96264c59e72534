"""The demo's campaigns: some of the past, a draft, one to come, and with a sandbox one that is really sent.

The past is written, not sent: a sandbox's clock only goes forward. Its rows look
as the sending protocol leaves them, and their diary says where they come from.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.clock import database_now
from accounts.models import OfficialAccount, User
from articles import publishing
from articles.models import Article
from campaigns import lifecycle
from campaigns.models import Batch, BatchLog, Campaign, CampaignArticle
from campaigns.planning import audience, quota
from campaigns.planning.freezing import clientmsgid
from campaigns.sending import incarnation
from followers.models import Tag
from wxportal.shell.clocks import BEIJING

# Ids of the demo's own, far below those WeChat and the sandbox give.
FIRST_MSG_ID = 900_000_001
FIRST_MSG_DATA_ID = 800_000_001
REFUSING = 0.012  # share of an audience that WeChat filters: they refuse messages, or had four
FAILING = 0.0023  # share of those left that a send does not reach
IN_A_MOMENT = timedelta(seconds=20)


@dataclass(frozen=True)
class DemoCampaign:
    """One campaign; ``days`` from today (negative: the past), at ``hour`` Beijing time."""

    account: str
    name: str
    texts: tuple[str, ...]
    days: int
    hour: int
    purpose: str
    tag: str = ""
    ends: str = "sent"  # sent, missed or refused


PAST = (
    DemoCampaign("tea", "秋のほうじ茶だより", ("leaves.en",), -52, 19, "branding"),
    DemoCampaign("tea", "霜の朝のお茶", ("winter-tea.ja", "leaves.en"), -33, 19, "sales"),
    DemoCampaign("tea", "VIP 先行案内", ("winter-tea.ja",), -4, 20, "loyalty", tag="VIP"),
    DemoCampaign("matcha", "茶筅の手入れ", ("whisk.ja",), -3, 12, "branding"),
    DemoCampaign("matcha", "抹茶入门", ("matcha-basics.zh",), -2, 12, "acquisition"),
    DemoCampaign("sweets", "職人の手帳", ("seasons.ja",), -40, 18, "branding"),
    DemoCampaign("sweets", "岁暮礼盒 预告", ("gift-box.zh",), -12, 18, "sales", tag="上海", ends="refused"),
    DemoCampaign("sweets", "週末のお知らせ", ("seasons.ja",), -6, 18, "service", tag="ギフト", ends="missed"),
)
COMING = DemoCampaign("tea", "冬茶到了", ("winter-tea.zh", "winter-tea.ja"), 2, 19, "sales")
DRAFT = DemoCampaign("sweets", "年末ギフト", ("gift-box.zh", "seasons.ja"), 5, 18, "sales")
LIVE = DemoCampaign("matcha", "今日の一服", ("matcha-basics.zh", "whisk.ja"), 0, 0, "branding")


@dataclass(frozen=True)
class Cast:
    """Who and what the campaigns are made of."""

    accounts: dict[str, OfficialAccount]
    texts: dict[str, Article]
    people: dict[str, User]


def make_campaigns(cast: Cast, *, live: bool) -> int:
    """Make the campaigns that are not there yet and return how many; ``live``: a worker and a sandbox are at hand."""
    # A database with batches and without its number looks like a restored one to the workers.
    incarnation.check()
    made = [_past(cast, wanted, place) for place, wanted in enumerate(PAST) if not _is_there(cast, wanted)]
    made += [_released(cast, COMING, _moment(COMING))] if not _is_there(cast, COMING) else []
    made += [_plan(cast, DRAFT, _moment(DRAFT))] if not _is_there(cast, DRAFT) else []
    if live and not _is_there(cast, LIVE):
        made.append(_released(cast, LIVE, database_now() + IN_A_MOMENT))
    return len(made)


def _is_there(cast: Cast, wanted: DemoCampaign) -> bool:
    return bool(Campaign.objects.filter(official_account=cast.accounts[wanted.account], name=wanted.name).exists())


def _moment(wanted: DemoCampaign) -> datetime:
    day = database_now().astimezone(BEIJING) + timedelta(days=wanted.days)
    return day.replace(hour=wanted.hour, minute=0, second=0, microsecond=0)


def _plan(cast: Cast, wanted: DemoCampaign, moment: datetime) -> Campaign:
    """Write a draft."""
    account = cast.accounts[wanted.account]
    tag = Tag.objects.current(account).filter(name=wanted.tag).first() if wanted.tag else None
    campaign: Campaign = Campaign.objects.create(
        official_account=account,
        name=wanted.name,
        purpose=wanted.purpose,
        audience=Campaign.Audience.TAG if tag else Campaign.Audience.ALL,
        tag=tag,
        scheduled_at=moment,
        created_by=cast.people["mei"],
    )
    for position, text in enumerate(wanted.texts, start=1):
        CampaignArticle.objects.create(campaign=campaign, article=cast.texts[text], position=position)
    return campaign


def _released(cast: Cast, wanted: DemoCampaign, moment: datetime) -> Campaign:
    """Plan a campaign and release it, as a person would."""
    campaign = _plan(cast, wanted, moment)
    return lifecycle.release(campaign, by=cast.people["sakura"], version=campaign.version)


def _past(cast: Cast, wanted: DemoCampaign, place: int) -> Campaign:
    """Write a campaign of the past as the sending protocol would have left it."""
    moment = _moment(wanted)
    campaign = _plan(cast, wanted, moment)
    target = audience.of(campaign)
    places = list(campaign.places.all())
    for each in places:
        each.revision = each.article.latest_revision()
        each.save(update_fields=["revision"])
    campaign.content_fingerprint = publishing.content_fingerprint([each.revision for each in places])
    campaign.status = Campaign.Status.SCHEDULED
    campaign.released_by, campaign.released_at = cast.people["sakura"], moment - timedelta(hours=5)
    campaign.frozen_at, campaign.audience_count = moment - timedelta(minutes=10), target.people
    campaign.save()
    batch = Batch.objects.create(
        campaign=campaign,
        official_account=campaign.official_account,
        send_number=campaign.send_number,
        seq=1,
        route=target.route,
        tag_id=target.tag_id,
        recipient_count=target.people,
        clientmsgid=clientmsgid(campaign, 1, target.route),
        not_before=moment,
        **_end(wanted, target.people, place, moment, len(places)),
    )
    evidence = {"demo": "written by load_demo: nothing was sent"}
    line = {"at": moment, "move": "demo", "to_state": batch.state, "epoch": batch.epoch, "actor": "demo"}
    BatchLog.objects.create(batch=batch, evidence=evidence, **line)
    if wanted.ends == "sent":
        _book(campaign.official_account, target.route, moment)
    return campaign


def _end(wanted: DemoCampaign, people: int, place: int, moment: datetime, articles: int) -> dict[str, Any]:
    """Return what a batch holds after this end."""
    if wanted.ends == "missed":
        return {"state": Batch.State.EXPIRED}
    left = 0 if wanted.ends == "refused" else people - round(people * REFUSING)
    errors = round(left * FAILING)
    return {
        "state": Batch.State.DONE,
        "outcome": _outcome(wanted, errors),
        "raw_status": "err(10001)" if wanted.ends == "refused" else "send success",
        "epoch": 1,
        "armed_count": 1,
        "first_armed_at": moment,
        "last_armed_at": moment,
        "deadline": moment + timedelta(seconds=30),
        "msg_id": FIRST_MSG_ID + place,
        "msg_data_id": FIRST_MSG_DATA_ID + place,
        "accepted_at": moment + timedelta(seconds=2),
        "done_at": moment + timedelta(minutes=4),
        "total": people,
        "filtered": left,
        "sent": left - errors,
        "errors": errors,
    }


def _outcome(wanted: DemoCampaign, errors: int) -> str:
    if wanted.ends == "refused":
        return Batch.Outcome.REFUSED
    return Batch.Outcome.PARTIAL if errors else Batch.Outcome.SUCCESS


def _book(account: OfficialAccount, route: str, moment: datetime) -> None:
    """Count the send in the periods it belongs to, so that what is left is what the rows say."""
    for counter in quota.overview(account, route, moment):
        if counter.used < counter.limit:
            counter.used += 1
            counter.save()
