"""Brands and the people who work for them."""

import re
from typing import ClassVar, Optional

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import BrandScopedQuerySet

CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")  # kana and Han characters


class User(AbstractUser):
    """A person of the team, with the language and zone they work in."""

    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def get_full_name(self) -> str:
        """Return the name in its own order: in Chinese and Japanese writing the family name comes first."""
        parts = [self.first_name, self.last_name]
        if CJK.search("".join(parts)):
            parts.reverse()
        return " ".join(part for part in parts if part)

    def membership_in(self, brand: "Brand") -> Optional["Membership"]:
        """Return the person's membership in ``brand``; all of them are read once per object (one query a request)."""
        if not hasattr(self, "_memberships"):
            self._memberships = {membership.brand_id: membership for membership in self.memberships.all()}
        return self._memberships.get(brand.pk)


class Brand(models.Model):
    """The company whose Official Accounts these are; the wall between an agency's clients."""

    class Colour(models.TextChoices):
        GREEN = "green", _("Green")
        TEAL = "teal", _("Teal")
        BLUE = "blue", _("Blue")
        INDIGO = "indigo", _("Indigo")
        PLUM = "plum", _("Plum")
        RED = "red", _("Red")
        AMBER = "amber", _("Amber")
        SLATE = "slate", _("Slate")

    brand_path: ClassVar[str] = "pk"

    name = models.CharField(_("name"), max_length=60, unique=True)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour, default=Colour.GREEN)
    initial = models.CharField(_("initial"), max_length=2, help_text=_("One character shown on the brand's colour."))
    members = models.ManyToManyField(User, through="Membership", related_name="brands")

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What one person may do in one brand."""

    class Role(models.TextChoices):
        VIEWER = "viewer", _("Viewer")
        EDITOR = "editor", _("Editor")
        APPROVER = "approver", _("Approver")
        MANAGER = "manager", _("Manager")

    brand_path: ClassVar[str] = "brand"

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("person"))
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="memberships", verbose_name=_("brand"))
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.VIEWER)
    may_send = models.BooleanField(_("may send"), default=False)
    may_resolve = models.BooleanField(_("may resolve"), default=False)

    objects = BrandScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "brand"], name="one_membership_per_brand")]

    def __str__(self) -> str:
        return f"{self.user} · {self.brand}"
