"""The callback door: WeChat proves who it is, we store what it says and answer at once.

WeChat waits five seconds and tries three times (official-account.md §8.5), so
nothing is worked on here. Every refusal looks the same from outside; why,
stands on the account's page.
"""

import logging
import re
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from accounts import inbound
from accounts.clock import database_now
from accounts.models import OfficialAccount
from accounts.tasks import deliver_event
from wxportal.nudges import nudge
from wxportal.wechat import codec
from wxportal.wechat import inbound as wechat

logger = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024  # bytes; the longest push, eight articles in compatible mode, stays under 20 kB
PARAMETER_LIMIT = 128  # characters; WeChat's own query values have at most 64
REFUSAL_SHOWN_EVERY = timedelta(seconds=10)  # a flood of bad pushes must not become a flood of writes
TEXT = "text/plain; charset=utf-8"
CALLBACK_PATH = re.compile(r"(/callback/)[^/\s]+")


# Why a push was turned away, in words for our own people; nothing of the push is quoted.
REASONS: dict[str, Promise] = {
    "parameter": _("A parameter of the address is longer than WeChat's ever are."),
    "method": _("It was neither a verification nor a push."),
    "signature": _("The signature is wrong: the Token in WeChat's console may differ from ours."),
    "msg_signature": _("The signature of the encrypted part is missing or wrong."),
    "length": _("It is longer than any push of WeChat."),
    "xml": _("It is no XML we accept: choose XML as the data format in WeChat's console."),
    "key": _("None of our keys opens it: the EncodingAESKey in WeChat's console may differ from ours."),
    "plain": _("It is not encrypted: choose the secure mode (安全模式) in WeChat's console."),
    "original_id": _("It is for another original id than the one entered here."),
}


class Refused(Exception):
    """The push is not believed; the argument is a key of REASONS."""


@dataclass(frozen=True)
class Opened:
    """A push that was believed: its XML, and whether it was signed itself."""

    xml: bytes
    signed: bool


@csrf_exempt
def door(request: HttpRequest, callback_key: str) -> HttpResponse:
    """Answer WeChat's verification (GET) and take its pushes (POST)."""
    official_account = OfficialAccount.objects.filter(callback_key=callback_key).first()
    if official_account is None:
        return _refusal()
    try:
        return _answer(request, official_account)
    except Refused as exc:
        _remember(official_account, str(exc))
        return _refusal()


def _answer(request: HttpRequest, official_account: OfficialAccount) -> HttpResponse:
    if any(len(value) > PARAMETER_LIMIT for value in request.GET.values()):
        raise Refused("parameter")
    if request.method == "GET":
        return _verify_address(request, official_account)
    if request.method == "POST":
        return _take_push(request, official_account)
    raise Refused("method")


def _verify_address(request: HttpRequest, official_account: OfficialAccount) -> HttpResponse:
    """Answer exactly ``echostr``, which WeChat never encrypts (official-account.md §8.2)."""
    now = database_now()
    # Only the current token: this is how we learn that the console has it.
    _check(request, [official_account.callback_token()], "signature")
    OfficialAccount.objects.filter(pk=official_account.pk).update(callback_verified_at=now, callback_refusal={})
    return HttpResponse(request.GET.get("echostr", ""), content_type=TEXT)


def _take_push(request: HttpRequest, official_account: OfficialAccount) -> HttpResponse:
    now = database_now()
    body = _read(request)
    tokens = official_account.callback_tokens(now)
    _check(request, tokens, "signature")
    try:
        opened = _open(request, body, official_account, tokens, official_account.aes_keys(now))
        push = wechat.parse(opened.xml)
        payload = opened.xml.decode()
    except (codec.CodecError, UnicodeDecodeError):
        raise Refused("xml") from None
    if official_account.original_id and push.to_user != official_account.original_id:
        raise Refused("original_id")
    event_id = inbound.store(official_account, push, payload, signed=opened.signed, now=now)
    if event_id is not None:
        nudge(deliver_event, event_id)
    if official_account.callback_refusal:
        OfficialAccount.objects.filter(pk=official_account.pk).update(callback_refusal={})
    return HttpResponse("success", content_type=TEXT)


def _read(request: HttpRequest) -> bytes:
    """Return the body. Raises Refused when it is longer than any push of WeChat."""
    body = request.read(BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT:
        raise Refused("length")
    return body


def _open(
    request: HttpRequest, body: bytes, official_account: OfficialAccount, tokens: list[str], keys: list[str]
) -> Opened:
    """Return what the push says. Nothing is decrypted before its own signature was checked."""
    if request.GET.get("encrypt_type", "raw") == "aes":
        encrypted = codec.parse_xml(body).findtext("Encrypt") or ""
        _check(request, tokens, "msg_signature", encrypted)
        return Opened(_decrypt(encrypted, keys, official_account.appid), signed=True)
    if official_account.callback_mode != OfficialAccount.CallbackMode.PLAIN:
        raise Refused("plain")
    return Opened(body, signed=False)


def _decrypt(encrypted: str, keys: list[str], appid: str) -> bytes:
    """Try the current key, then the former one. CBC notices little: the signature was the real check."""
    for key in keys:
        try:
            return codec.Cipher(key, appid).decrypt(encrypted)
        except codec.CodecError:
            continue
    raise Refused("key")


def _check(request: HttpRequest, tokens: list[str], parameter: str, *more: str) -> None:
    """Raise Refused unless ``parameter`` signs timestamp, nonce and ``more`` with one of ``tokens``."""
    given = request.GET.get(parameter, "")
    timestamp, nonce = request.GET.get("timestamp", ""), request.GET.get("nonce", "")
    # Each one is tried, so that the time tells nothing about which.
    signed = [codec.is_signed(given, token, timestamp, nonce, *more) for token in tokens if token]
    if not any(signed):
        raise Refused(parameter)


def _refusal() -> HttpResponse:
    """Return one answer for every refusal."""
    return HttpResponse(status=403, content_type=TEXT)


def _remember(official_account: OfficialAccount, reason: str) -> None:
    """Keep the newest refusal for the account's page, at most one every ten seconds."""
    now = database_now()
    logger.warning("callback of official account %s refused: %s", official_account.pk, reason)
    before = (now - REFUSAL_SHOWN_EVERY).isoformat()
    old = Q(callback_refusal={}) | Q(callback_refusal__at__lt=before)
    known = OfficialAccount.objects.filter(old, pk=official_account.pk)
    known.update(callback_refusal={"at": now.isoformat(), "reason": reason})


class _Masked(logging.Filter):
    """Keeps the accounts' callback keys out of what Django logs of refused and broken requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = CALLBACK_PATH.sub(r"\1***", record.getMessage()), ()
        return True


for _name in ("django.request", "django.server"):
    logging.getLogger(_name).addFilter(_Masked())
