"""`manage.py accept_incarnation`: after a restore or a clone, make this database the one that sends."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.clock import database_now
from campaigns.sending import incarnation


class Command(BaseCommand):
    """Give this database a number of its own and switch sending on; people decide about every call set aside."""

    help = (
        "After a restored backup: give this database a number of its own, write it to INCARNATION_FILE and switch "
        "sending on. Every unfinished call then waits for a decision. Make sure first that no other installation "
        "works with the same accounts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what stands against sending, ask, and accept."""
        reason = incarnation.check()
        if not reason:
            self.stdout.write("Sending is on; there is nothing to accept.")
            return
        self.stdout.write(f"Sending is off: {reason}")
        if not options["yes"] and input("Is this the only installation for its accounts? [yes/no] ") != "yes":
            self.stdout.write("Nothing was changed.")
            return
        asked = incarnation.accept(database_now(), "administrator")
        self.stdout.write(f"Sending is on. {asked} calls wait for a decision.")
