"""Who gets it: how many people an audience has, and which call reaches them."""

from dataclasses import dataclass

from accounts.models import OfficialAccount
from campaigns.models import Batch, Campaign
from followers.models import Follower, FollowerQuerySet, Tag


@dataclass(frozen=True)
class Audience:
    """People, the route WeChat is given for them, and the size as we know it."""

    route: str
    tag_id: int | None
    people: int


def of(campaign: Campaign) -> Audience:
    """Count the campaign's audience exactly, from our last knowledge of the followers."""
    people = reached_by(campaign.official_account, campaign.tag).count()
    if campaign.tag is None:
        return Audience(Batch.Route.ALL, None, people)
    return Audience(Batch.Route.TAG, campaign.tag.wechat_id, people)


def reached_by(official_account: OfficialAccount, tag: Tag | None) -> FollowerQuerySet:
    """Return the followers a send to ``tag``, or to everybody, can reach."""
    people = Follower.objects.reachable(official_account)
    return people if tag is None else people.with_tag(tag.wechat_id)
