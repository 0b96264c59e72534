"""In one word: does the connection stand, do WeChat's pushes arrive. For the board and the account's page."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import connection
from accounts.callback import REASONS
from accounts.models import OfficialAccount


@dataclass(frozen=True)
class Health:
    """A word, the badge's colour in ``shell.css``, and a sentence with the next step."""

    word: Promise
    badge: str
    note: Promise | str = ""


NEVER_TESTED = Health(_("Not tested"), "quiet", _("Test the connection: it asks WeChat a few harmless questions."))
CONNECTED = Health(_("Connected"), "ok")
BROKEN = Health(_("Connection fails"), "bad")
PAUSED = Health(_("Paused"), "paused", _("Nothing is sent from this account until somebody resumes it."))
NO_CALLBACK = Health(_("Not set"), "quiet", _("WeChat's reports arrive only by polling until the callback is set."))
UNCONFIRMED = Health(
    _("Waiting for WeChat"), "warn", _("Enter address, Token and key in WeChat's console; it then asks us at once.")
)
RECEIVING = Health(_("Receiving"), "ok")


def of_connection(official_account: OfficialAccount) -> Health:
    """Return how the newest connection test went."""
    if official_account.paused_at:
        return PAUSED
    failed = [line for line in connection.last_lines(official_account) if line.status == connection.BAD]
    if not official_account.last_test:
        return NEVER_TESTED
    return Health(BROKEN.word, BROKEN.badge, f"{failed[0].title}: {failed[0].text}") if failed else CONNECTED


def of_callback(official_account: OfficialAccount) -> Health:
    """Return whether WeChat has our address and its pushes are believed."""
    if not official_account.callback_is_set:
        return NO_CALLBACK
    reason = official_account.callback_refusal.get("reason")
    if reason:
        return Health(_("Refusing"), "bad", REASONS.get(reason, reason))
    return RECEIVING if official_account.callback_verified_at else UNCONFIRMED


def tested_at(official_account: OfficialAccount) -> datetime | None:
    """Return when the connection was tested last."""
    at = official_account.last_test.get("at")
    return datetime.fromisoformat(at) if at else None


def refused_at(official_account: OfficialAccount) -> datetime | None:
    """Return when the newest push was turned away, unless a good one came after it."""
    at = official_account.callback_refusal.get("at")
    return datetime.fromisoformat(at) if at else None
