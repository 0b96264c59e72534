"""Brands, people, Official Accounts, what WeChat pushed to us, and the audit trail."""

from accounts.models.audit import AuditEntry
from accounts.models.inbound import InboundEvent
from accounts.models.notices import Notice, OutboxMail
from accounts.models.official_account import OfficialAccount
from accounts.models.people import Brand, Membership, User
from accounts.models.site import Site
from accounts.models.verification import VerificationRecord

__all__ = [
    "AuditEntry",
    "Brand",
    "InboundEvent",
    "Membership",
    "Notice",
    "OfficialAccount",
    "OutboxMail",
    "Site",
    "User",
    "VerificationRecord",
]
