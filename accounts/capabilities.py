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
SUBJECT = OfficialAccount.Subject
# The columns of §11: unverified and verified subscription account, unverified and verified service account.
UNVERIFIED_COLUMN = {SUBSCRIPTION: 0, SERVICE: 2}
YES_LETTER, APPLY_LETTER = "y", "a"


class Capability(StrEnum):
    """One family of interfaces, by the name the other rooms ask for."""

    MASS_ALL = "mass.all"
    MASS_TAG = "mass.tag"
    MASS_LIST = "mass.list"
    DRAFTS = "drafts"
    PUBLISHING = "publishing"
    CALLBACKS = "callbacks"
    VOICE = "voice"
    CUSTOMER_SERVICE = "customer_service"
    WEB_LOGIN = "web_login"
    QR_CODES = "qr_codes"
    LOCATION = "location"
    PROFILE = "profile"
    FOLLOWERS = "followers"
    TAGS = "tags"
    MEDIA = "media"
    PAY = "pay"
    TEMPLATES = "templates"
    MENUS = "menus"
    CONDITIONAL_MENUS = "menus.conditional"
    COMMENTS = "comments"
    STATISTICS = "statistics"


@dataclass(frozen=True)
class Rule:
    """One line of §11: ``columns`` are its four letters (y yes, - no, a on application)."""

    label: Promise
    columns: str
    is_one_of_nine: bool = False
    remark: Promise | str = ""


C = Capability
RULES: dict[Capability, Rule] = {
    C.MASS_ALL: Rule(_("Send to all followers"), "-y-y"),
    C.MASS_TAG: Rule(_("Send to a tag"), "-y-y"),
    C.MASS_LIST: Rule(_("Send to a list of followers"), "---y"),
    # All types by the newer pages; 48001 was reported after a verification lapsed, so LAPSED_TOO below.
    C.DRAFTS: Rule(_("Drafts"), "yyyy"),
    # WeChat's guide: unverified accounts of both types lost it in July 2025; its page still says otherwise.
    C.PUBLISHING: Rule(_("Publish without sending"), "-y-y"),
    C.CALLBACKS: Rule(_("Receive messages and events"), "yyyy"),
    C.VOICE: Rule(
        _("Voice recognition"), "yyyy", is_one_of_nine=True, remark=_("WeChat is withdrawing it; texts may be missing.")
    ),
    C.CUSTOMER_SERVICE: Rule(_("Customer service messages"), "-y-y", is_one_of_nine=True),
    C.WEB_LOGIN: Rule(_("Web login (OAuth 2.0)"), "---y", is_one_of_nine=True),
    C.QR_CODES: Rule(_("QR codes with parameters"), "---y", is_one_of_nine=True),
    C.LOCATION: Rule(_("Followers' location"), "---y", is_one_of_nine=True),
    C.PROFILE: Rule(
        _("Follower profiles"),
        "-y-y",
        is_one_of_nine=True,
        remark=_("Since 2021 without name, picture, sex and city."),
    ),
    C.FOLLOWERS: Rule(_("Follower list"), "-y-y", is_one_of_nine=True),
    C.TAGS: Rule(_("Tags"), "-y-y", is_one_of_nine=True),
    C.MEDIA: Rule(_("Pictures and media"), "yyyy", is_one_of_nine=True),
    C.PAY: Rule(_("WeChat Pay"), "---a"),
    C.TEMPLATES: Rule(_("Template messages"), "---y"),
    C.MENUS: Rule(_("Menu"), "-yyy"),
    C.CONDITIONAL_MENUS: Rule(_("Menus for groups of followers"), "-y-y"),
    C.COMMENTS: Rule(_("Comments"), "-y-y", remark=_("WeChat must have given the account comments as well.")),
    C.STATISTICS: Rule(_("Statistics"), "-y-y"),
}
# Open to unverified accounts, yet refused where a verification has lapsed (official-account.md §10.2, §14.23).
LAPSED_TOO = {Capability.DRAFTS}
# Verified subscription accounts of these subjects may apply for WeChat Pay, too (§11).
MAY_APPLY_FOR_PAY = {SUBJECT.GOVERNMENT, SUBJECT.MEDIA}


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
SERVICE_ONLY = Verdict(False, WRONG_TYPE.reason, _("Use a service account of the brand."))
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
IN_REVIEW = Verdict(
    False,
    _("This needs a verification (认证); the application is still in review."),
    _("Wait for WeChat's answer; its auditor may telephone."),
)
LAPSED = Verdict(
    False,
    _("This needs a verification (认证), and this account's has lapsed."),
    _("Verify again in WeChat's console under 微信认证, then enter the new end on this page."),
)
ON_APPLICATION = Verdict(
    False,
    _("WeChat gives this on application; the portal cannot pay yet."),
    _("Apply in WeChat's console under 微信支付; the account may already use it elsewhere."),
)


def can(official_account: OfficialAccount, capability: str, now: datetime) -> Verdict:
    """Return whether the account may use ``capability`` at ``now``. Raises ValueError for an unknown name."""
    wanted = Capability(capability)
    if official_account.type == OfficialAccount.Type.ENTERPRISE:
        return NOT_CONNECTED
    if official_account.subject == SUBJECT.PERSONAL:
        return _of_a_person(official_account, wanted)
    found = verification.state(official_account, now)
    if found.has_lapsed and wanted in LAPSED_TOO:
        return LAPSED
    letter = _letter(official_account, wanted, verified=found.holds)
    if letter == YES_LETTER:
        return YES
    if letter == APPLY_LETTER:
        return ON_APPLICATION
    if found.holds or _letter(official_account, wanted, verified=True) == "-":
        return _other_type(wanted)
    if found.state == State.IN_REVIEW:
        return IN_REVIEW
    return LAPSED if found.has_lapsed else NOT_VERIFIED


def overview(official_account: OfficialAccount, now: datetime) -> list[tuple[Promise, Verdict]]:
    """Return every family with its verdict, in the order the account's page shows them."""
    return [(rule.label, can(official_account, capability, now)) for capability, rule in RULES.items()]


def _of_a_person(official_account: OfficialAccount, wanted: Capability) -> Verdict:
    """An account of a person counts as an unverified subscription account, whatever else is known of it."""
    if RULES[wanted].columns[0] == YES_LETTER:
        return YES
    possible = _letter(official_account, wanted, verified=True) != "-"
    return PERSONAL if possible else _other_type(wanted)


def _other_type(wanted: Capability) -> Verdict:
    """Where the type lacks sending to a list, it can send otherwise; for the rest there is no other way."""
    return WRONG_TYPE if wanted == C.MASS_LIST else SERVICE_ONLY


def _letter(official_account: OfficialAccount, wanted: Capability, *, verified: bool) -> str:
    """Return the letter of §11 for this account, as it is or as it were with a verification."""
    kind = OfficialAccount.Type(official_account.type)
    if wanted == C.PAY and verified and kind == SUBSCRIPTION and official_account.subject in MAY_APPLY_FOR_PAY:
        return APPLY_LETTER
    return RULES[wanted].columns[UNVERIFIED_COLUMN[kind] + verified]
