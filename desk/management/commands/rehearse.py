import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from desk import forgetting
from desk.rehearsal import memory, stack
from desk.rehearsal.comparison import compare
from desk.rehearsal.job import Failed, Job
from desk.rehearsal.receipt import Receipt
from wxportal.local.trouble import Trouble
from wxportal.sandbox.control import ControlError

FEWEST = 2  # followers; WeChat's own least for a list, and an audience of one is no rehearsal
MOST = 1_000_000  # what the sandbox was tried with


class Command(BaseCommand):
    help = "Do the main job against the sandbox, print a receipt, and compare every number with the sandbox's books."
    # Without a stack of one's own there may be no settings yet; the stack this command starts checks its own.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--followers", type=int, default=20_000, help="of the account (default: 20000)")
        parser.add_argument("--keep", action="store_true", help="keep the account's followers to look at them")
        parser.add_argument("--own-stack", action="store_true", help="start servers for this, whatever runs already")

    def handle(self, *args: Any, **options: Any) -> None:
        if not FEWEST <= options["followers"] <= MOST:
            raise CommandError(f"--followers is a number from {FEWEST} to {MOST:,}.")
        # A polite kill ends like Ctrl-C does: what was started is stopped.
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            if options["own_stack"]:
                raise stack.NotRunning("--own-stack was asked for")
            stack.check_running_stack()
        except stack.NotRunning as reason:
            self._on_own_stack(str(reason), **options)
        else:
            self._here(options["followers"], keep=options["keep"])

    def _on_own_stack(self, reason: str, *, followers: int, keep: bool, **_others: Any) -> None:
        self._say(f"Starting a stack for this rehearsal, because {reason}.")
        try:
            with stack.own_stack() as environment:
                status = stack.run_again(environment, ["--followers", str(followers), *(["--keep"] * keep)])
        except Trouble as trouble:
            raise CommandError(str(trouble)) from trouble
        if status:
            sys.exit(status)

    def _here(self, followers: int, *, keep: bool) -> None:
        receipt = Receipt(self._say)
        receipt.heading(f"Rehearsal with {followers:,} followers")
        job = Job(receipt, followers)
        try:
            job.run()
            receipt.heading("Ours beside the sandbox's books")
            compare(job, receipt)
        except (Failed, ControlError) as problem:
            raise CommandError(str(problem)) from problem
        self._memory()
        if not keep:
            forgetting.empty(job.account)
        self._verdict(receipt)

    def _memory(self) -> None:
        peaks = sorted(memory.peak_of_workers().values(), reverse=True)
        shown = ", ".join(f"{peak} MB" for peak in peaks) if peaks else "not known on this machine"
        self._say(f"\nPeak memory of the worker processes: {shown}")

    def _verdict(self, receipt: Receipt) -> None:
        if receipt.disagreements:
            raise CommandError(f"{len(receipt.disagreements)} numbers differ: {', '.join(receipt.disagreements)}.")
        self._say(f"Every number agrees. {receipt.total():.1f} s in all.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
