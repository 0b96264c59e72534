"""The doors of the house: open to everybody, or to everybody who is logged in; no brand stands behind them."""

from tests.permissions.table import Row

ROWS = [
    Row("shell:login", anonymous=200, viewer=302, editor=302, manager=302, stranger=302),
    Row("shell:logout", "post", anonymous=302, viewer=302, editor=302, manager=302, stranger=302),
    Row("shell:logout", "get", anonymous=405, viewer=405, editor=405, manager=405, stranger=405),
    Row("shell:first_administrator", anonymous=302, viewer=302, editor=302, manager=302, stranger=302),
    Row("shell:profile", stranger=200),
    Row("shell:password_change", stranger=200),
    Row("shell:language", "post", anonymous=302, viewer=302, editor=302, manager=302, stranger=302),
]
