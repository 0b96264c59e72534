"""A picture of an account: our file, and where WeChat keeps its copy."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficialAccount, User
from accounts.scoping import BrandScopedQuerySet

SHA256_HEX = 64  # characters
HOME_LENGTH = 16  # characters of a digest


def folder_of(media: "MediaFile", name: str) -> str:
    """Return where the file lies: by account, then by content, so that a name typed by people never matters."""
    return f"articles/{media.official_account_id}/{media.sha256[:2]}/{name}"


class MediaFile(models.Model):
    """One picture, named by the digest of its bytes; never changed once it is there.

    WeChat keeps two copies, because each use asks for its own call: an address
    for pictures inside a text, and a permanent material for covers.
    """

    brand_path: ClassVar[str] = "official_account__brand"

    official_account = models.ForeignKey(OfficialAccount, models.PROTECT, related_name="media_files")
    file = models.FileField(_("file"), upload_to=folder_of, max_length=160)
    sha256 = models.CharField(max_length=SHA256_HEX, editable=False)
    name = models.CharField(_("name"), max_length=120, blank=True, help_text=_("As it was uploaded."))
    content_type = models.CharField(_("kind"), max_length=20)
    width = models.PositiveIntegerField(_("width"), help_text=_("Pixels."))
    height = models.PositiveIntegerField(_("height"), help_text=_("Pixels."))
    bytes = models.PositiveIntegerField(_("size"), help_text=_("Bytes."))
    wechat_url = models.CharField(_("address at WeChat"), max_length=500, blank=True)
    wechat_media_id = models.CharField(_("permanent material at WeChat"), max_length=128, blank=True)
    # Which WeChat has these copies: after an account moved from the sandbox to the real one, they are worth nothing.
    wechat_home = models.CharField(max_length=HOME_LENGTH, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["official_account", "sha256"], name="each_picture_kept_once")]
        # Serves the scoped view, which knows a picture by its content alone.
        indexes = [models.Index(fields=["sha256"], name="picture_by_content")]

    def __str__(self) -> str:
        return self.name or self.sha256[:12]

    def get_absolute_url(self) -> str:
        """Return the address that stands in an article's body; only people of the brand can open it."""
        return reverse("articles:media", args=[self.sha256])
