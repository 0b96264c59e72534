from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from desk.demo import loading
from desk.demo.content import PASSWORD, PEOPLE
from desk.demo.people import PeopleExist


class Command(BaseCommand):
    help = "Load three demo brands with people, followers, articles and campaigns; run again, it adds what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="remove the demo first, with all that was done in it")
        parser.add_argument("--anywhere", action="store_true", help="also where others can reach this installation")
        parser.add_argument("--logins", action="store_true", help="only print the demo's logins")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["logins"]:
            self._load(**options)
        self.stdout.write(f"Demo logins, password “{PASSWORD}”:")
        for person in PEOPLE:
            roles = ", ".join(sorted(set(person.roles.values()))) or "administrator"
            self.stdout.write(f"  {person.username:<8} {roles} ({person.language})")

    def _load(self, *, reset: bool, anywhere: bool, **_others: Any) -> None:
        try:
            if reset:
                loading.remove(self._say)
            loading.load(self._say, anywhere=anywhere)
        except loading.NotHere:
            raise CommandError(
                "The demo's password is public and PUBLIC_BASE_URL is no address of this machine. "
                "--anywhere loads it all the same."
            ) from None
        except loading.InUse as reason:
            raise CommandError(str(reason)) from reason
        except PeopleExist:
            raise CommandError("People work here already; the demo's logins would be open doors.") from None

    def _say(self, line: str) -> None:
        self.stdout.write(f"demo: {line}")
        self.stdout.flush()
