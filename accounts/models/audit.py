"""Who did what, on which object, from where. Rows are only ever added."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Brand, User
from accounts.scoping import BrandScopedQuerySet


class AuditEntry(models.Model):
    """One act of a person (or, without an actor, of the portal itself)."""

    brand_path: ClassVar[str] = "brand"

    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, verbose_name=_("person"))
    actor_name = models.CharField(_("name then"), max_length=150, blank=True)
    brand = models.ForeignKey(Brand, models.CASCADE, null=True, blank=True, verbose_name=_("brand"))
    action = models.CharField(_("action"), max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    object_label = models.CharField(_("object"), max_length=200)
    address = models.GenericIPAddressField(_("from"), null=True, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-at", "-pk"]
        # Serve the trail of a brand and the trail of one object.
        indexes = [
            models.Index(fields=["brand", "-at"], name="audit_of_brand"),
            models.Index(fields=["object_type", "object_id", "-at"], name="audit_of_object"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"
