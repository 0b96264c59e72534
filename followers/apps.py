from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FollowersConfig(AppConfig):
    name = "followers"
    verbose_name = _("Followers")

    def ready(self) -> None:
        """Hear of those who come and go."""
        import_module("followers.events")
