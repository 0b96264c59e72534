"""Send what stands in the outbox, each mail at most once.

claim (committed) → hand over → settle. Between claim and settling a mail is
nobody else's; when the worker dies there, the mail's fate is unclear, and it
stays so until a person decides. Only what certainly never left is tried again.
"""

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q

from accounts.models import OutboxMail

logger = logging.getLogger(__name__)

State = OutboxMail.State

GIVEN_UP = timedelta(minutes=5)  # far beyond EMAIL_TIMEOUT: whoever claimed it then is dead
FIRST_DELAY = timedelta(minutes=1)  # after a server that was not there; doubles with each further time
LONGEST_DELAY = timedelta(hours=6)
ERROR_LENGTH = 300  # characters kept of a mail server's words
# The server answered no to this very mail: it certainly did not take it.
REFUSALS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)


def send_next(now: datetime) -> bool:
    """Send one mail that is due; return whether there was one. Call it outside a transaction."""
    mail = _claim(now)
    if mail is None:
        return False
    if not settings.EMAIL_URL:
        _settle(mail, State.KEPT, now)
        return True
    _hand_over(mail, now)
    return True


def give_up(now: datetime) -> int:
    """Say of mails whose worker died that nobody knows whether they left; return how many."""
    lost = OutboxMail.objects.filter(state=State.SENDING, claimed_at__lt=now - GIVEN_UP)
    return lost.update(state=State.UNCLEAR, settled_at=now, last_error="the worker died while sending")


def send_again(mail_id: int, now: datetime) -> bool:
    """Let a mail leave once more because a person said so; return False where it is neither unclear nor refused."""
    again = OutboxMail.objects.filter(pk=mail_id, state__in=[State.UNCLEAR, State.FAILED, State.KEPT])
    return bool(again.update(state=State.PENDING, not_before=None, settled_at=None, attempts=0, created_at=now))


def _claim(now: datetime) -> OutboxMail | None:
    """Take the oldest mail that is due. One conditional UPDATE: two workers never both win."""
    due = OutboxMail.objects.filter(state=State.PENDING).filter(Q(not_before=None) | Q(not_before__lte=now))
    for mail in due.order_by("pk")[:20]:
        won = OutboxMail.objects.filter(pk=mail.pk, state=State.PENDING).update(
            state=State.SENDING, claimed_at=now, attempts=mail.attempts + 1
        )
        if won:
            mail.attempts += 1
            return mail
    return None


def _hand_over(mail: OutboxMail, now: datetime) -> None:
    """Give the mail to the server and write down what came of it."""
    connection = get_connection()
    if not _opened(connection, mail, now):
        return
    try:
        EmailMessage(mail.subject, mail.body, settings.DEFAULT_FROM_EMAIL, [mail.address], connection=connection).send()
    except REFUSALS as exc:
        _settle(mail, State.FAILED, now, exc)
    except Exception as exc:  # whatever a mail backend raises once bytes were written: nobody knows what it did
        _settle(mail, State.UNCLEAR, now, exc)
    else:
        _settle(mail, State.SENT, now)
    finally:
        _close(connection)


def _opened(connection: BaseEmailBackend, mail: OutboxMail, now: datetime) -> bool:
    """Reach the server first: while nothing of the mail was written, it may simply be tried later."""
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as exc:
        delay = min(FIRST_DELAY * 2 ** min(mail.attempts - 1, 10), LONGEST_DELAY)
        OutboxMail.objects.filter(pk=mail.pk, state=State.SENDING).update(
            state=State.PENDING, not_before=now + delay, last_error=_words(exc)
        )
        return False
    return True


def _close(connection: BaseEmailBackend) -> None:
    """Say good-bye; a server that is rude then has the mail all the same."""
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        return


def _settle(mail: OutboxMail, state: OutboxMail.State, now: datetime, exc: Exception | None = None) -> None:
    # Not over ``unclear``: a worker that was given up must not overwrite what people read since.
    settled = OutboxMail.objects.filter(pk=mail.pk, state=State.SENDING, attempts=mail.attempts)
    settled.update(state=state, settled_at=now, last_error=_words(exc) if exc else "")
    if exc is not None:
        logger.warning("mail %s: %s (%s)", mail.pk, state, type(exc).__name__)


def _words(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}"[:ERROR_LENGTH]
