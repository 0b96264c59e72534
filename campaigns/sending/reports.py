"""WeChat's report of a finished send: read it, match it, write its numbers (T10).

The event is the primary source and may come early, twice, late or never. What
matches no batch waits as an orphan; it is matched when an id is bound, and again
by every pass of the resolver.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import OfficialAccount
from accounts.scoping import BrandScopedQuerySet
from campaigns.models import Batch, OrphanEvent
from campaigns.planning import quota
from campaigns.sending import transitions
from campaigns.sending.transitions import move, note
from wxportal.wechat.inbound import MassSendJobFinish, Outcome, send_status

ACTOR = "WeChat"
# How far a TotalCount may be from our own count of "everybody" or of a tag: people come and go between
# our last sync and the send. A list is exact.
TOLERATED_SHARE = 0.05
TOLERATED_PEOPLE = 20
# 30001 and 40002 are no verdict on the content: it did not work, and may be sent again after a look.
DELETED_STATUS = "DELETE"


def report_of(event: MassSendJobFinish) -> dict[str, Any]:
    """Return what is kept of an event: WeChat's numbers, its words and the addresses of the articles."""
    return {
        "status": event.status.text,
        "total": event.total_count,
        "filtered": event.filter_count,
        "sent": event.sent_count,
        "errors": event.error_count,
        "urls": [url.url for url in sorted(event.article_urls, key=lambda one: one.index)],
    }


def receive(
    official_account: OfficialAccount, event: MassSendJobFinish, *, signed: bool, created_at: datetime, now: datetime
) -> None:
    """Take a report: write it into its batch, or keep it as an orphan. Call it in a transaction.

    What nobody signed is always kept aside: it counts once mass/get says the same.
    """
    batch = Batch.objects.filter(official_account=official_account, msg_id=event.msg_id).first()
    if batch is not None and signed:
        apply(batch, report_of(event), now)
        return
    OrphanEvent.objects.update_or_create(
        official_account=official_account,
        msg_id=event.msg_id,
        signed=signed,
        defaults={"report": report_of(event), "created_at": created_at},
        create_defaults={"report": report_of(event), "created_at": created_at, "received_at": now},
    )


def apply(batch: Batch, report: dict[str, Any], now: datetime) -> None:
    """Write a report into its batch: accepted becomes done, a done batch gets the numbers."""
    numbers = {
        "outcome": outcome_of(report),
        "total": report["total"],
        "filtered": report["filtered"],
        "sent": report["sent"],
        "errors": report["errors"],
        "raw_status": report["status"][:40],
        "article_urls": report["urls"],
    }
    evidence = {name: report[name] for name in ("status", "total", "filtered", "sent", "errors")}
    moved = move(
        batch.pk,
        transitions.REPORT,
        Batch.State.DONE,
        now=now,
        actor=ACTOR,
        evidence=evidence,
        done_at=now,
        next_poll_at=None,
        **numbers,
    )
    if moved is None and _write_late(batch, numbers):
        note(batch, "numbers", now=now, actor=ACTOR, evidence=evidence)


def match_orphans(batch: Batch, now: datetime) -> None:
    """Write the signed report that was waiting for this batch's msg_id, if one came before it was bound."""
    waiting = OrphanEvent.objects.select_for_update(of=("self",)).filter(
        official_account=batch.official_account_id, msg_id=batch.msg_id or 0, batch=None
    )
    for orphan in waiting:
        if orphan.signed:
            _match(orphan, batch, now)
        else:
            _unbook(orphan)


def match_waiting(official_account: OfficialAccount, now: datetime) -> int:
    """Match every orphan whose id is bound by now: an event and an answer may have crossed. Return how many."""
    owned = Batch.objects.filter(official_account=OuterRef("official_account"), msg_id=OuterRef("msg_id"))
    waiting = OrphanEvent.objects.filter(Exists(owned), official_account=official_account, batch=None, signed=True)
    matched = 0
    for orphan in waiting:
        with transaction.atomic():
            row = OrphanEvent.objects.select_for_update(of=("self",)).get(pk=orphan.pk)
            batch = Batch.objects.get(official_account=official_account, msg_id=row.msg_id)
            if row.batch_id is None:
                _match(row, batch, now)
                matched += 1
    return matched


def confirmed(batch: Batch) -> dict[str, Any] | None:
    """Return the unsigned report that waits for this batch, if mass/get's word for it agrees."""
    orphan = OrphanEvent.objects.filter(
        official_account=batch.official_account_id, msg_id=batch.msg_id or 0, signed=False
    ).first()
    return orphan.report if orphan is not None else None


def book_foreign(official_account: OfficialAccount, opened: BrandScopedQuerySet) -> int:
    """Count the sends that people made in WeChat's console; return how many were new.

    Only while no open batch can own the report, and only what was signed; taken back
    when one turns out to be ours.
    """
    with transaction.atomic():
        if opened.exists():
            return 0
        strangers = OrphanEvent.objects.select_for_update(of=("self",)).filter(
            official_account=official_account, batch=None, booked_on=None, signed=True
        )
        for orphan in strangers:
            orphan.booked_on = quota.book_external(official_account, orphan.created_at)
            orphan.save(update_fields=["booked_on"])
        return len(strangers)


def fits(batch: Batch, report: dict[str, Any]) -> bool:
    """Return whether a report's total can be this batch's."""
    difference = abs(int(report["total"]) - batch.recipient_count)
    if batch.route == Batch.Route.LIST:
        return difference == 0
    return difference <= max(TOLERATED_PEOPLE, batch.recipient_count * TOLERATED_SHARE)


def outcome_of(report: dict[str, Any]) -> str:
    """Return the kind of done a report means."""
    status = send_status(report["status"])
    if status.outcome == Outcome.REJECTED:
        return Batch.Outcome.REFUSED
    if status.outcome == Outcome.FAILED:
        return Batch.Outcome.FAILED
    if report["filtered"] == 0:
        return Batch.Outcome.DELETED  # "send success", and nobody was eligible (official-account.md §7)
    return Batch.Outcome.PARTIAL if report["errors"] else Batch.Outcome.SUCCESS


def _match(orphan: OrphanEvent, batch: Batch, now: datetime) -> None:
    apply(batch, orphan.report, now)
    _unbook(orphan)
    orphan.batch = batch
    orphan.save(update_fields=["batch"])


def _unbook(orphan: OrphanEvent) -> None:
    if orphan.booked_on is not None:
        quota.unbook_external(orphan.booked_on)
        orphan.booked_on = None
        orphan.save(update_fields=["booked_on"])


def _write_late(batch: Batch, numbers: dict[str, Any]) -> bool:
    """Write the numbers into a batch that is done already; return whether they are new."""
    done = Batch.objects.filter(pk=batch.pk, state=Batch.State.DONE)
    return bool(done.exclude(total=numbers["total"], raw_status=numbers["raw_status"]).update(**numbers))
