"""One Official Account of WeChat: what it is, how we reach it, how it reaches us."""

import secrets
import string
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import vault
from accounts.models.people import Brand
from accounts.scoping import BrandScopedQuerySet
from wxportal.wechat.transport import checked_base_url

APPID = RegexValidator(r"^wx[0-9a-f]{16}$", _("An app id is wx followed by 16 digits or letters a to f."))
ORIGINAL_ID = RegexValidator(r"^gh_[0-9a-f]{12}$", _("An original id is gh_ followed by 12 digits or letters a to f."))
# WeChat's own: 3 to 32 letters or digits, and exactly 43 (official-account.md §8.1).
CALLBACK_TOKEN_BYTES = 16  # as 32 hex digits
AES_KEY_LENGTH = 43
AES_KEY_ALPHABET = string.ascii_letters + string.digits
# How long the former token and key still open the door after WeChat verified the new ones: what it had queued
# arrives within minutes; a day leaves room for a console that was saved late.
FORMER_SECRETS_STAY = timedelta(days=1)
CALLBACK_KEY_BYTES = 24  # 192 bits: the address is the first lock of the callback door


def validate_base_url(value: str) -> None:
    """Raise ValidationError where access tokens must not travel: https, or plain http on this machine only."""
    try:
        checked_base_url(value)
    except ValueError:
        raise ValidationError(_("An address that begins with https, or with http on this machine only.")) from None


def new_callback_key() -> str:
    """Return the unguessable part of an account's callback address."""
    return secrets.token_urlsafe(CALLBACK_KEY_BYTES)


def new_callback_secrets() -> tuple[str, str]:
    """Return a random token and EncodingAESKey, as WeChat's console takes them."""
    aes_key = "".join(secrets.choice(AES_KEY_ALPHABET) for _position in range(AES_KEY_LENGTH))
    return secrets.token_hex(CALLBACK_TOKEN_BYTES), aes_key


class OfficialAccount(models.Model):
    """公众平台账号: a service account (服务号), a subscription account (订阅号/公众号), or WeCom.

    Secrets are sealed (``accounts.vault``) and bound to the row, so they can be set only
    once the row has a primary key: use :meth:`set_secret`, read with :meth:`secret`.
    """

    class Type(models.TextChoices):
        SERVICE = "service", _("Service account (服务号)")
        SUBSCRIPTION = "subscription", _("Subscription account (订阅号)")
        ENTERPRISE = "enterprise", _("Enterprise account (企业微信)")

    class Subject(models.TextChoices):
        MAINLAND = "mainland", _("Mainland company")
        OVERSEAS = "overseas", _("Overseas company")
        GOVERNMENT = "government", _("Government")
        MEDIA = "media", _("Media")
        PERSONAL = "personal", _("Personal")

    class CallbackMode(models.TextChoices):
        SECURE = "secure", _("Secure (encrypted)")
        COMPATIBLE = "compatible", _("Compatible (plain and encrypted)")
        PLAIN = "plain", _("Plain (not signed)")

    brand_path: ClassVar[str] = "brand"

    brand = models.ForeignKey(Brand, models.PROTECT, related_name="official_accounts", verbose_name=_("brand"))
    name = models.CharField(_("name"), max_length=60)
    type = models.CharField(_("type"), max_length=12, choices=Type, default=Type.SERVICE)
    subject = models.CharField(_("subject"), max_length=10, choices=Subject, default=Subject.OVERSEAS)
    appid = models.CharField(_("app id"), max_length=18, unique=True, validators=[APPID])
    original_id = models.CharField(_("original id"), max_length=15, blank=True, validators=[ORIGINAL_ID])
    # What follows from the verification's records; only ``accounts.verification_log`` writes these four.
    verified_until = models.DateTimeField(_("verified until"), null=True, blank=True)
    verification_computed = models.BooleanField(_("end is computed"), default=False, editable=False)
    verification_in_review = models.BooleanField(_("in review"), default=False, editable=False)
    verification_undated = models.BooleanField(_("verified, end unknown"), default=False, editable=False)
    # When a probe last asked WeChat whether the account is verified.
    probed_at = models.DateTimeField(null=True, blank=True, editable=False)

    sealed_secret = models.TextField(blank=True, editable=False)
    sealed_callback_token = models.TextField(blank=True, editable=False)
    sealed_aes_key = models.TextField(blank=True, editable=False)
    sealed_previous_callback_token = models.TextField(blank=True, editable=False)
    sealed_previous_aes_key = models.TextField(blank=True, editable=False)

    callback_key = models.CharField(max_length=43, unique=True, default=new_callback_key, editable=False)
    callback_mode = models.CharField(
        _("callback mode"), max_length=10, choices=CallbackMode, default=CallbackMode.SECURE
    )
    callback_verified_at = models.DateTimeField(_("callback verified at"), null=True, blank=True, editable=False)
    # The newest push we turned away, so that a wrong token in the console does not stay a riddle: {"at", "reason"}.
    callback_refusal = models.JSONField(default=dict, blank=True, editable=False)

    api_base_url = models.URLField(
        _("address of WeChat's interface"),
        blank=True,
        validators=[validate_base_url],
        help_text=_("Empty: the address of this installation. A rehearsal account points at the sandbox."),
    )
    is_rehearsal = models.BooleanField(_("rehearsal"), default=False)
    # Added to the database's time wherever a rule asks for "now": the sandbox's clock can be moved.
    clock_offset = models.DurationField(null=True, blank=True, editable=False)
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True, editable=False)
    # What the connection test saw, newest run only: {"at": iso, "lines": [the fields of connection.Line]}.
    last_test = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("Official Account")
        verbose_name_plural = _("Official Accounts")
        ordering = ["brand__name", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("accounts:detail", args=[self.pk])

    # --- secrets: can be replaced, never shown ---
    def set_secret(self, secret: str) -> None:
        """Seal the AppSecret into the row; the caller saves. The row must have a primary key."""
        self.sealed_secret = vault.seal(secret, self._place("secret"))

    def secret(self) -> str:
        """Return the AppSecret. Raises vault.SealBroken."""
        return vault.unseal(self.sealed_secret, self._place("secret"))

    CALLBACK_SECRET_FIELDS: ClassVar[tuple[str, ...]] = (
        "sealed_callback_token",
        "sealed_aes_key",
        "sealed_previous_callback_token",
        "sealed_previous_aes_key",
        "callback_verified_at",
    )

    def set_callback_secrets(self, token: str, aes_key: str) -> None:
        """Seal token and EncodingAESKey; what WeChat verified before stays until it has the new pair.

        A second change before WeChat knows of the first must not drop the pair WeChat still uses.
        """
        if self.callback_verified_at is not None or not self.sealed_previous_aes_key:
            former_token, former_key = self.callback_token(), self.aes_key()
            self.sealed_previous_callback_token = vault.seal(former_token, self._place("previous_callback_token"))
            self.sealed_previous_aes_key = vault.seal(former_key, self._place("previous_aes_key"))
        self.sealed_callback_token = vault.seal(token, self._place("callback_token"))
        self.sealed_aes_key = vault.seal(aes_key, self._place("aes_key"))
        self.callback_verified_at = None

    def callback_token(self) -> str:
        """Return the token that callbacks are signed with, or an empty string."""
        return vault.unseal(self.sealed_callback_token, self._place("callback_token"))

    def aes_key(self) -> str:
        """Return the EncodingAESKey (43 characters), or an empty string."""
        return vault.unseal(self.sealed_aes_key, self._place("aes_key"))

    def previous_callback_token(self) -> str:
        """Return the token before the last change, or an empty string."""
        return vault.unseal(self.sealed_previous_callback_token, self._place("previous_callback_token"))

    def previous_aes_key(self) -> str:
        """Return the EncodingAESKey before the last change, or an empty string."""
        return vault.unseal(self.sealed_previous_aes_key, self._place("previous_aes_key"))

    def callback_tokens(self, now: datetime) -> list[str]:
        """Return the tokens whose signature the callback door believes at ``now``, the current one first."""
        former = self.previous_callback_token() if self._former_secrets_hold(now) else ""
        return [token for token in (self.callback_token(), former) if token]

    def aes_keys(self, now: datetime) -> list[str]:
        """Return the keys the callback door decrypts with at ``now``, the current one first."""
        former = self.previous_aes_key() if self._former_secrets_hold(now) else ""
        return [key for key in (self.aes_key(), former) if key]

    def _former_secrets_hold(self, now: datetime) -> bool:
        return self.callback_verified_at is None or now < self.callback_verified_at + FORMER_SECRETS_STAY

    # --- facts ---
    @property
    def callback_url(self) -> str:
        """The address to enter in WeChat's console."""
        return f"{settings.PUBLIC_BASE_URL}{reverse('callback:door', args=[self.callback_key])}"

    @property
    def base_url(self) -> str:
        """Where this account's calls go."""
        return self.api_base_url or str(settings.WECHAT_API_BASE_URL)

    @property
    def callback_is_set(self) -> bool:
        """Return whether a token and a key exist; whether WeChat has them, ``callback_verified_at`` says."""
        return bool(self.sealed_callback_token and self.sealed_aes_key)

    def is_verified(self, now: datetime) -> bool:
        """Return whether the verification, as far as we know, holds at ``now``."""
        return self.verified_until is not None and now < self.verified_until

    def _place(self, column: str) -> str:
        if self.pk is None:
            raise ValueError("save the account before its secrets: a seal is bound to the row's key")
        return f"{self._meta.db_table}:{self.pk}:{column}"
