"""Today shows everybody their own brands, and a stranger nothing of ours."""

from tests.permissions.table import Row

ROWS = [Row("desk:today", stranger=200)]
