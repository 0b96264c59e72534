"""A WeChat that runs here: its server API, its callbacks and a follower's phone.

It is a process of its own (`python -m wxportal.sandbox`) and shares with the
client only the codec and the table of error codes, so that one misunderstanding
cannot make both agree and be wrong. Everything it changes goes through the
journal first; `docs/sandbox.md` says what it simulates and what it does not.
"""
