"""Campaigns, their batches, what happened to them, and the quota they hold."""

from campaigns.models.batch import Batch, BatchLog, OrphanEvent
from campaigns.models.campaign import Campaign, CampaignArticle
from campaigns.models.quota import Bar, HeldSlot, QuotaHold

__all__ = ["Bar", "Batch", "BatchLog", "Campaign", "CampaignArticle", "HeldSlot", "OrphanEvent", "QuotaHold"]
