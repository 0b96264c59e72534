"""Who sees which rows: a brand is the wall between an agency's clients."""

from typing import Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models


class BrandScopedQuerySet(models.QuerySet[Any]):
    """Rows that belong to a brand; ``brand_path`` of the model says by which way."""

    def visible_to(self, user: Any) -> Self:
        """Return the rows of the brands ``user`` belongs to; an administrator sees all, a stranger none."""
        if isinstance(user, AnonymousUser) or not user.is_active:
            return self.none()
        if user.is_superuser:
            return self.all()
        # A subquery, not a join: no row comes twice.
        return self.filter(**{f"{self.model.brand_path}__in": user.brands.values("pk")})
