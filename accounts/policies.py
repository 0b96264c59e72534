"""Who may do what, in one table.

A role is per brand. Sending and resolving are rights of their own, given to a
person and not to a role (DISPATCH.md T9). An administrator stands above the brands.
"""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from accounts.models import Brand

VIEWER, EDITOR, APPROVER, MANAGER = "viewer", "editor", "approver", "manager"
EVERYBODY = {VIEWER, EDITOR, APPROVER, MANAGER}
WRITERS = {EDITOR, APPROVER, MANAGER}
MANAGERS = {MANAGER}

# action -> roles that may; an action that also needs a right of its own stands in RIGHTS as well.
ROLES: dict[str, set[str]] = {
    "brand.read": EVERYBODY,
    "account.read": EVERYBODY,
    "account.connect": MANAGERS,
    "account.change": MANAGERS,
    "account.test": WRITERS,
    "follower.read": EVERYBODY,
    "follower.sync": WRITERS,
    "tag.change": WRITERS,
    "article.read": EVERYBODY,
    "article.write": WRITERS,
    "article.push": WRITERS,
    "campaign.read": EVERYBODY,
    "campaign.write": WRITERS,
    "campaign.release": WRITERS,
    "campaign.stop": WRITERS,
    "campaign.resolve": WRITERS,
}
RIGHTS = {"campaign.release": "may_send", "campaign.resolve": "may_resolve"}


def may(user: Any, action: str, brand: "Brand") -> bool:
    """Return whether ``user`` may do ``action`` in ``brand``. Raises KeyError for an action not in the table."""
    allowed, right = ROLES[action], RIGHTS.get(action)
    if not user.is_authenticated or not user.is_active:
        return False
    if user.is_superuser:
        return True
    membership = user.membership_in(brand)
    if membership is None or membership.role not in allowed:
        return False
    return right is None or bool(getattr(membership, right))


def require(user: Any, action: str, brand: "Brand") -> None:
    """Raise PermissionDenied (403) unless ``user`` may do ``action`` in ``brand``."""
    if not may(user, action, brand):
        raise PermissionDenied(action)
