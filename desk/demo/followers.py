"""The demo's followers: read from the sandbox like anybody's, or invented where there is no sandbox."""

import random
from datetime import datetime, timedelta

from accounts.clock import database_now
from accounts.models import OfficialAccount
from desk.demo.content import DemoAccount
from followers import sync, tagging
from followers.models import Follower, SyncRun, Tag
from followers.models.follower import SCENES

INVENTED = 400  # rows; enough for lists and pages, where no sandbox holds thousands
FIRST_INVENTED_TAG = 100  # WeChat numbers an account's own tags from here
YEARS = timedelta(days=3 * 365)


def read_from_sandbox(account: OfficialAccount, wanted: DemoAccount) -> None:
    """Sync the account in this process and tag some of its followers; what was done before stays.

    Raises WeChatError.
    """
    if not SyncRun.objects.filter(official_account=account, state=SyncRun.State.FINISHED).exists():
        run = sync.start(account)
        while sync.work(run.pk):
            pass
    openids = list(Follower.objects.reachable(account).order_by("openid").values_list("openid", flat=True))
    for number, (name, count) in enumerate(wanted.tags):
        if not Tag.objects.current(account).filter(name=name).exists():
            chosen = random.Random(f"{wanted.key}{number}").sample(openids, min(count, len(openids)))  # noqa: S311
            tagging.tag(account, tagging.create(account, name), chosen)


def invent(account: OfficialAccount, wanted: DemoAccount) -> None:
    """Write rows without asking anybody, unless there are some already."""
    if Follower.objects.filter(official_account=account).exists():
        return
    now, chance = database_now(), random.Random(wanted.key)  # noqa: S311  (invented people, no secret)
    tags = {FIRST_INVENTED_TAG + number: share for number, (_name, share) in enumerate(wanted.tags)}
    Follower.objects.bulk_create([_person(account, wanted, number, tags, now, chance) for number in range(INVENTED)])
    for number, (name, _share) in enumerate(wanted.tags):
        wechat_id = FIRST_INVENTED_TAG + number
        count = Follower.objects.reachable(account).with_tag(wechat_id).count()
        Tag.objects.create(official_account=account, wechat_id=wechat_id, name=name, count=count, counted_at=now)


def _person(
    account: OfficialAccount,
    wanted: DemoAccount,
    number: int,
    tags: dict[int, int],
    now: datetime,
    chance: random.Random,
) -> Follower:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    carried = [wechat_id for wechat_id, share in tags.items() if chance.random() < share / wanted.followers]
    return Follower(
        official_account=account,
        openid="oDEMO" + "".join(chance.choices(letters, k=19)) + f"{number:04d}",
        subscribed_at=now - YEARS * chance.random(),
        scene=chance.choice(list(SCENES)),
        tag_ids=carried,
        known_at=now,
    )
