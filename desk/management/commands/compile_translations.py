from typing import Any

from django.core.management.base import BaseCommand

from desk.translations.catalogues import BASE_DIR, compile_all


class Command(BaseCommand):
    help = "Compile the catalogues under locale/ that changed; needs none of gettext's tools."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for path in compile_all():
            self.stdout.write(str(path.relative_to(BASE_DIR)))
