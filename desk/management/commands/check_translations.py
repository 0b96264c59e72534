from typing import Any

from django.core.management.base import BaseCommand, CommandError

from desk.translations.catalogues import PORTAL, SHELL
from desk.translations.checks import problems
from desk.translations.extraction import portal_texts, shell_texts


class Command(BaseCommand):
    help = "Fail when a text of the sources has no Japanese or Chinese, or lost a placeholder on the way."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        found = [
            *(line for catalogue in PORTAL for line in problems(catalogue, portal_texts().places)),
            *(line for catalogue in SHELL for line in problems(catalogue, shell_texts().places)),
        ]
        for line in found:
            self.stderr.write(line)
        if found:
            raise CommandError(
                f"{len(found)} texts are not translated as they should be: collect_translations, then locale/."
            )
        self.stdout.write("The catalogues are complete.")
