"""`python bootstrap.py run|test|check`: from a bare Python to the command, in the checkout's own `.venv`.

This file must be readable by any Python, however old, so that it can say which one is needed.
Everything newer stands in `installation`.
"""

import os
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120

if __name__ == "__main__":
    if sys.version_info < OLDEST:
        sys.exit(
            "wxportal needs Python 3.11 or newer and this is Python %d.%d; "  # noqa: UP031
            "name another one: make run PYTHON=python3.12." % sys.version_info[:2]
        )
    # Not this folder: its modules would hide others of the same name.
    sys.path[0] = ROOT
    from wxportal.local.installation import main

    main(sys.argv[1])
