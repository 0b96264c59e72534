"""Type × verification × subject → what an Official Account may do, with the reason and the way out.

WeChat answers 48001 and no more; this table is how the portal explains it
before anybody runs into it. Transcribed from official-account.md §11.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import verification
from accounts.models import OfficialAccount
from accounts.verification import State

SERVICE, SUBSCRIPTION = OfficialAccount.Type.SERVICE, OfficialAccount.Type.SUBSCRIPTION


class Capability(StrEnum):
    """One family of interfaces, by the name the other rooms ask for."""

    MASS_ALL = "mass.all"
    MASS_TAG = "mass.tag"
    MASS_LIST = "mass.list"
    TAGS = "tags"
    FOLLOWERS = "followers"
    DRAFTS = "drafts"
    MEDIA = "media"
    CALLBACKS = "callbacks"


@dataclass(frozen=True)
class Rule:
    """Which types have a family, and whether only with a verification."""

    label: Promise
    types: frozenset[str] = frozenset({SERVICE, SUBSCRIPTION})
    verified_only: bool = True


RULES: dict[Capability, Rule] = {
    Capability.MASS_ALL: Rule(_("Send to all followers")),
    Capability.MASS_TAG: Rule(_("Send to a tag")),
    Capability.MASS_LIST: Rule(_("Send to a list of followers"), types=frozenset({SERVICE})),
    Capability.TAGS: Rule(_("Tags")),
    Capability.FOLLOWERS: Rule(_("Follower list and profiles")),
    # All types by the newer pages; 48001 was reported after a verification lapsed, so LAPSED_TOO below.
    Capability.DRAFTS: Rule(_("Drafts"), verified_only=False),
    Capability.MEDIA: Rule(_("Pictures and media"), verified_only=False),
    Capability.CALLBACKS: Rule(_("Receive messages and events"), verified_only=False),
}
# Open to unverified accounts, yet refused where a verification has lapsed (official-account.md §10.2, §14.23).
LAPSED_TOO = {Capability.DRAFTS}


@dataclass(frozen=True)
class Verdict:
    """Whether an account may, why not, and what a person can do about it."""

    ok: bool
    reason: Promise | str = ""
    way_out: Promise | str = ""


YES = Verdict(ok=True)
WRONG_TYPE = Verdict(
    False,
    _("WeChat gives this to service accounts (服务号) only."),
    _("Send to all or to a tag, or use a service account of the brand."),
)
NOT_CONNECTED = Verdict(
    False,
    _("Enterprise accounts (企业微信) have interfaces of their own."),
    _("Use a service account or a subscription account."),
)
PERSONAL = Verdict(
    False,
    _("This needs a verification (认证), and an account of a person cannot be verified."),
    _("Register an account of the company, or move this one to it (账号迁移)."),
)
NOT_VERIFIED = Verdict(
    False,
    _("This needs a verification (认证); this account has none."),
    _("Apply in WeChat's console under 微信认证, then enter its end on this page."),
)
LAPSED = Verdict(
    False,
    _("This needs a verification (认证), and this account's has lapsed."),
    _("Verify again in WeChat's console under 微信认证, then enter the new end on this page."),
)


def can(official_account: OfficialAccount, capability: str, now: datetime) -> Verdict:
    """Return whether the account may use ``capability`` at ``now``. Raises ValueError for an unknown name."""
    wanted = Capability(capability)
    rule, state = RULES[wanted], verification.state(official_account, now).state
    if official_account.type == OfficialAccount.Type.ENTERPRISE:
        return NOT_CONNECTED
    if official_account.type not in rule.types:
        return WRONG_TYPE
    if state == State.LAPSED and (rule.verified_only or wanted in LAPSED_TOO):
        return LAPSED
    if state == State.UNVERIFIED and rule.verified_only:
        return PERSONAL if official_account.subject == OfficialAccount.Subject.PERSONAL else NOT_VERIFIED
    return YES


def overview(official_account: OfficialAccount, now: datetime) -> list[tuple[Promise, Verdict]]:
    """Return every family with its verdict, in the order the account's page shows them."""
    return [(rule.label, can(official_account, capability, now)) for capability, rule in RULES.items()]
