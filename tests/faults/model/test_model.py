"""The protocol, exhaustively: every history of a small world, and every rule taken out once."""

from dataclasses import replace
from typing import Any

import pytest

from campaigns.models import Batch
from campaigns.sending import transitions
from tests.faults.model import world
from tests.faults.model.explore import Found, explore
from tests.faults.model.world import Rules, Steps

S = Batch.State
RULES = Rules()


def search(rules: Rules = RULES, **size: Any) -> Found:
    return explore(world.start(**size), Steps(rules), world.broken, world.ended)


@pytest.mark.parametrize(
    "size",
    [
        {"kills": 0, "faults": 0, "orders": 0},
        {"kills": 0, "faults": 0, "orders": 0, "missable": True},
        {"kills": 2, "faults": 2, "orders": 0},
        {"kills": 1, "faults": 1, "orders": 2},
        {"kills": 1, "faults": 1, "orders": 1, "missable": True},
        {"kills": 1, "faults": 1, "orders": 0, "restores": 1},
        {"workers": 3, "kills": 1, "faults": 1, "orders": 1},
    ],
    ids=str,
)
def test_no_double_send_no_wrong_state_nothing_stuck(size: dict[str, Any]) -> None:
    found = search(**size)
    assert found.holds, found


def test_the_world_is_made_of_the_table_the_code_ships() -> None:
    assert set(RULES.table.values()) == set(transitions.TABLE)


def _sources(name: str, *, plus: tuple[str, ...] = (), minus: tuple[str, ...] = ()) -> frozenset[str]:
    return (RULES.table[name].sources | set(plus)) - set(minus)


TABLE_MUTATIONS: list[tuple[str, Rules, dict[str, Any]]] = [
    ("T1 takes no blocked batch", RULES.without("T1", sources=_sources("T1", minus=(S.BLOCKED,))), {}),
    ("T1 takes over no lost claim", RULES.without("T1", sources=_sources("T1", minus=(S.CLAIMED,))), {}),
    ("T2 does not ask for run", RULES.without("T2", needs_run=False), {}),
    ("nothing written by a replay -> planned", RULES.without("T4 none", unless_maybe=False), {}),
    ("nothing written leaves it armed before", RULES.without("T4 none", clears=False), {}),
    ("a no to a replay is trusted", RULES.without("T4 no", unless_maybe=False), {}),
    ("a no leaves it armed before", RULES.without("T4 no", clears=False), {}),
    ("proof from unknown is ignored", RULES.without("T4 yes", sources=_sources("T4 yes", minus=(S.UNKNOWN,))), {}),
    (
        "proof after the window is ignored",
        RULES.without("T4 yes", sources=_sources("T4 yes", minus=(S.UNDECIDED,))),
        {},
    ),
    ("no answer is forgotten", RULES.without("T4 ?", sets_maybe=False), {"faults": 2}),
    ("the reaper forgets", RULES.without("T5", sets_maybe=False), {"faults": 2}),
    ("the reaper returns armed to planned", RULES.without("T5", targets=frozenset({S.PLANNED})), {}),
    ("T6 does not ask for run", RULES.without("T6", needs_run=False), {}),
    ("T11 cancels what is armed", RULES.without("T11", sources=_sources("T11", plus=(S.ARMED,))), {}),
    ("T11 cancels what is unknown", RULES.without("T11", sources=_sources("T11", plus=(S.UNKNOWN,))), {}),
    ("nobody gives up", RULES.without("T8", sources=frozenset()), {}),
    ("nobody decides", RULES.without("T9", sources=frozenset()), {}),
]
RULE_MUTATIONS: list[tuple[str, Rules, dict[str, Any]]] = [
    ("no committed record before the call", replace(RULES, commit_before_call=False), {}),
    ("no check before the write", replace(RULES, check_before_write=False), {}),
    ("no share lock", replace(RULES, share_lock=False), {}),
    ("a new key for a replay", replace(RULES, same_key=False), {}),
    ("no 20 hours", replace(RULES, twenty_hours=False), {}),
    ("stopped does not wait for deadlines", replace(RULES, stop_waits_for_deadline=False), {}),
    ("no second sweep after a stop", replace(RULES, stop_sweeps_again=False), {}),
    ("no quarantine after a restore", replace(RULES, quarantine=False), {"restores": 1, "orders": 0}),
    ("a person may be asked at once", replace(RULES, person_waits=False), {}),
]


@pytest.mark.parametrize(
    ("rules", "size"),
    [(rules, size) for _name, rules, size in [*TABLE_MUTATIONS, *RULE_MUTATIONS]],
    ids=[name for name, _rules, _size in [*TABLE_MUTATIONS, *RULE_MUTATIONS]],
)
def test_every_rule_taken_out_breaks_something(rules: Rules, size: dict[str, Any]) -> None:
    found = search(rules, **size)
    assert not found.holds, found
