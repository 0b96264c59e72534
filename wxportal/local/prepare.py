"""`python -m wxportal.local.prepare`: check the settings, compile translations, migrate.

One process for the three: starting Django each time would cost a second start half its time. The last
line printed is how many people there are.
"""

import os
import sys

import django
from django.contrib.auth import get_user_model
from django.core.checks import ERROR, run_checks
from django.core.management import call_command


def main() -> int:
    """Return 1 after naming every wrong setting; a migration's error is raised."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wxportal.settings")
    django.setup()
    wrong = [message for message in run_checks(tags=["wxportal"]) if message.level >= ERROR]
    if wrong:
        print(" ".join(f"{message.id}: {message.msg} {message.hint}" for message in wrong), file=sys.stderr)
        return 1
    call_command("compile_translations")
    call_command("migrate", interactive=False)
    print(get_user_model().objects.count())
    return 0


if __name__ == "__main__":
    sys.exit(main())
