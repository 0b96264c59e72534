"""The shell: one sidebar, one page frame, one way to show a moment, for every app.

Drawn by django-unfold; apps call :func:`wxportal.shell.pages.page` and extend
``shell/page.html``.
"""
