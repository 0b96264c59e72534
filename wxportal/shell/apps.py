from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from wxportal import checks  # noqa: F401  (registers the system checks)
from wxportal.celery import app as celery_app


class ShellConfig(AppConfig):
    name = "wxportal.shell"
    label = "shell"

    def ready(self) -> None:
        """Make our Celery app the one that ``shared_task`` binds to, in every process that runs Django."""
        celery_app.set_default()


class PortalAdminConfig(AdminConfig):
    """The Django admin, with our site in the place of Django's own."""

    default_site = "wxportal.shell.site.PortalSite"
