"""Who follows, their tags, and the runs that read both from WeChat."""

from followers.models.follower import Counted, Follower, FollowerQuerySet
from followers.models.sync_run import ListedOpenid, SyncRun
from followers.models.tag import Tag

__all__ = ["Counted", "Follower", "FollowerQuerySet", "ListedOpenid", "SyncRun", "Tag"]
