"""The WSGI application that granian serves."""

import os
import sys

from django.core.checks import ERROR, run_checks
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wxportal.settings")

application = get_wsgi_application()

# A web server runs no system checks by itself; a wrong setting must be as loud here as under manage.py.
if wrong := [message for message in run_checks(tags=["wxportal"]) if message.level >= ERROR]:
    sys.exit("\n".join(f"{message.id}: {message.msg} {message.hint}" for message in wrong))
