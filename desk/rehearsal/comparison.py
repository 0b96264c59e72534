"""Every number of ours beside the sandbox's own."""

import time

from django.conf import settings
from django.db.models import Sum

from articles.models import MediaFile
from campaigns.models import Batch, QuotaHold
from desk.rehearsal.job import Job
from desk.rehearsal.receipt import Receipt
from desk.rehearsal.wechat_side import Books, digest, openids
from followers.models import Follower

SETTLING = 5.0  # seconds until the sandbox has noted our answer to its last report


def compare(job: Job, receipt: Receipt) -> None:
    """Print the comparison; what differs is remembered by the receipt."""
    books = _settled_books(job)
    _followers(job, books, receipt)
    for name, batch in zip(("to everybody", "to the tag"), job.batches(), strict=True):
        _send(name, batch, books, receipt)
    _totals(job, books, receipt)


def _settled_books(job: Job) -> Books:
    """Return the books once the sandbox has noted our answer to its last report."""
    until = time.monotonic() + SETTLING
    while True:
        books = Books(job.control, job.account.appid)
        if books.reports() == job.reports().count() or time.monotonic() > until:
            return books
        time.sleep(0.1)


def _followers(job: Job, books: Books, receipt: Receipt) -> None:
    reachable = Follower.objects.reachable(job.account)
    receipt.compare("followers", reachable.count(), books.followers)
    theirs = openids(settings.SANDBOX_URL, job.account.appid, job.account.secret())
    ours = reachable.values_list("openid", flat=True).iterator(chunk_size=10_000)
    receipt.compare("openids, by digest", digest(ours), digest(theirs))
    tagged = reachable.with_tag(job.tag.wechat_id).count()
    receipt.compare("followers with the tag", tagged, books.tag(job.tag.wechat_id))
    receipt.compare("the tag's count as shown", job.tag.count, books.tag(job.tag.wechat_id))


def _send(name: str, batch: Batch, books: Books, receipt: Receipt) -> None:
    """Compare one call with the job WeChat made of it, found by its key and not by what it answered."""
    job = books.job(batch.clientmsgid)
    ours = {
        "msg_id": batch.msg_id,
        "addressed": batch.total,
        "left after filtering": batch.filtered,
        "delivered": batch.sent,
        "failed": batch.errors,
        "status": batch.raw_status,
        "article addresses": batch.article_urls,
    }
    theirs = ("msg_id", "total", "filter", "sent", "error", "status", "urls")
    for (words, value), key in zip(ours.items(), theirs, strict=True):
        receipt.compare(f"{name}: {words}", value, job.get(key))
    receipt.compare(f"{name}: addressed as planned", batch.recipient_count, job.get("total"))


def _totals(job: Job, books: Books, receipt: Receipt) -> None:
    batches = job.batches()
    receipt.compare("mass jobs in the ledger", len(batches), len(books.jobs()))
    receipt.compare("followers reached twice by one campaign", 0, books.reached_twice())
    receipt.compare("send calls", sum(batch.armed_count for batch in batches), books.send_calls())
    receipt.compare("send calls in our counters", _used(job), books.send_calls())
    receipt.compare("reports taken by the callback", job.reports().count(), books.reports())
    receipt.compare("drafts left behind", 0, books.books["drafts"])
    uploaded = MediaFile.objects.filter(official_account=job.account)
    copies = uploaded.exclude(wechat_url="").count() + uploaded.exclude(wechat_media_id="").count()
    receipt.compare("pictures uploaded", copies, books.books["media"])


def _used(job: Job) -> int:
    holds = QuotaHold.objects.filter(official_account=job.account, kind=QuotaHold.Kind.CALLS)
    return int(holds.aggregate(used=Sum("used"))["used"] or 0)
