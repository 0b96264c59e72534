"""The dispatch protocol: claim, arm, call, settle; reap, replay, resolve; match and poll.

Rules only: no page and no task. The states and who may move what stand in
``transitions``; every time in ``constants``; the reading of answers in ``answers``.
"""
