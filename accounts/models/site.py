"""Which installation this database belongs to, and whether it may send."""

import uuid
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class Site(models.Model):
    """The one row of this installation (DISPATCH §1, §5).

    ``incarnation`` is kept here and in a file outside the database; when the two
    differ, this database was restored or cloned, and sending goes off.
    """

    site_id = models.UUIDField(default=uuid.uuid4, editable=False)
    incarnation = models.UUIDField(default=uuid.uuid4, editable=False)
    sending_on = models.BooleanField(_("sending is on"), default=True)
    sending_off_reason = models.TextField(_("why sending is off"), blank=True)

    class Meta:
        verbose_name = _("installation")
        verbose_name_plural = _("installation")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="only_one_site")]

    def __str__(self) -> str:
        return str(self.site_id)

    @classmethod
    def current(cls) -> Self:
        """Return the installation's row, made on first use."""
        site, _made = cls.objects.get_or_create(pk=1)
        return site
