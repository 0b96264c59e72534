from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        """Let the callback door know what we listen for, and the board of accounts whom a lapse would hit."""
        import_module("campaigns.events")
        import_module("campaigns.consequences")
