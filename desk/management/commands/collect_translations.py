from typing import Any

from django.core.management.base import BaseCommand

from desk.translations.catalogues import PORTAL, SHELL
from desk.translations.checks import merge
from desk.translations.extraction import portal_texts, shell_texts


class Command(BaseCommand):
    help = "Bring the catalogues up to what the sources say."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for catalogues, found in ((PORTAL, portal_texts()), (SHELL, shell_texts())):
            for catalogue in catalogues:
                new, gone = merge(catalogue, found)
                self.stdout.write(f"{catalogue.root.name}/{catalogue.language}: {new} new, {gone} gone")
