"""Write down who did what."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import AuditEntry, Brand


def record(
    request: HttpRequest | None,
    action: str,
    target: models.Model,
    *,
    brand: Brand | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add one entry; call it in the transaction of the act. Never pass a secret in ``before`` or ``after``."""
    actor = request.user if request is not None and request.user.is_authenticated else None
    return AuditEntry.objects.create(
        at=timezone.now(),
        actor=actor,
        actor_name=actor.get_username() if actor else "",
        brand=brand,
        action=action,
        object_type=target._meta.label_lower,
        object_id=str(target.pk),
        object_label=str(target)[:200],
        address=request.META.get("REMOTE_ADDR") or None if request is not None else None,
        before=before or {},
        after=after or {},
    )
