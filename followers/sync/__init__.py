"""Read an account's followers from WeChat into PostgreSQL, whole, and whatever happens on the way.

A run is a row (``SyncRun``), worked on in slices by whoever holds its lease:

    listing     pages of user/get; their openids go to the list of this run
    profiles    batchget of a hundred at a time, several in flight; merged by COPY and set-based SQL
    departed    who is missing from the list is asked about one by one; nobody is gone because a list ended early
    latecomers  who came by an event meanwhile
    labels      the tags and the blacklist

Every step commits its rows together with the checkpoint, so a killed worker
costs the chunk it had in hand. No network call happens inside a transaction.
"""

from followers.sync.runs import Busy, CannotSync, latest, resume, start, stop, waiting
from followers.sync.steps import work

__all__ = ["Busy", "CannotSync", "latest", "resume", "start", "stop", "waiting", "work"]
