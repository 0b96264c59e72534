"""Who gets which answer from which address: one module per app, each with a list called ROWS.

``tests/test_permissions.py`` collects them; an address without a row fails it.
"""
