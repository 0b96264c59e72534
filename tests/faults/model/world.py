"""One batch, its campaign, a few workers, WeChat and the network, moved by the table the code ships.

Every guard on a row comes from ``campaigns.sending.transitions``: a flag taken
out there is taken out here. What is no row of the table (commit before the
call, the check before the write, the share lock, the 20 hours) stands in
``Rules``. Time is abstract: an age of 0 means never armed, 1 less than 20 hours,
2 up to 24, 3 more: then WeChat has forgotten the key.

Workers: idle · claimed · arming, replaying (transaction open, the command read) ·
fresh (armed less than ten seconds ago) · calling (past the check, perhaps
frozen there) · and with an answer in hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from campaigns.models import Batch, Campaign
from campaigns.sending import transitions
from campaigns.sending.transitions import Transition
from tests.faults.model.explore import Step

S, C = Batch.State, Campaign.Command
NOT_STARTED = frozenset({S.PLANNED, S.CLAIMED, S.BLOCKED})
NOTHING_SENT = frozenset(Batch.NOTHING_SENT)
TABLE = {row.name: row for row in transitions.TABLE}


class Row(NamedTuple):
    """The batch: what its row says, what WeChat did, and what is still in the network."""

    state: str
    age: int = 0  # since it was first armed
    maybe: bool = False
    effects: int = 0  # times the followers got it
    key: bool = False  # WeChat knows the key
    late: bool = False  # a request lingers in the network
    judged: bool = False  # a person said what happened


class Worker(NamedTuple):
    at: str = "idle"
    current: bool = False  # its epoch is the row's


class World(NamedTuple):
    command: str
    clock: int  # 0 before the latest start, 1 after it; -1: it never comes
    kills: int
    faults: int
    orders: int
    restores: int
    backup: str
    row: Row
    workers: tuple[Worker, ...]


@dataclass(frozen=True)
class Rules:
    """What the protocol says beyond its table; taking one out must break something."""

    table: dict[str, Transition] = field(default_factory=lambda: dict(TABLE))
    commit_before_call: bool = True
    check_before_write: bool = True
    share_lock: bool = True
    same_key: bool = True
    twenty_hours: bool = True
    stop_waits_for_deadline: bool = True
    stop_sweeps_again: bool = True
    latest_start: bool = True
    quarantine: bool = True
    person_waits: bool = True

    def without(self, name: str, **changes: Any) -> "Rules":
        """Return the rules with one row of the table changed."""
        return replace(self, table={**self.table, name: replace(self.table[name], **changes)})


def start(
    workers: int = 2, kills: int = 1, faults: int = 1, orders: int = 1, restores: int = 0, missable: bool = False
) -> World:
    clock = 0 if missable else -1
    return World(C.RUN, clock, kills, faults, orders, restores, "", Row(S.PLANNED), (Worker(),) * workers)


def broken(world: World) -> str:
    """Return what is wrong with a world, an empty string where nothing is."""
    row = world.row
    if row.effects > 1:
        return "DOUBLE SEND"
    if row.state in (S.ACCEPTED, S.DONE) and row.effects == 0:
        return f"{row.state}, BUT WECHAT NEVER TOOK IT"
    if row.state in NOTHING_SENT and row.effects and not row.judged:
        return f"{row.state}, THOUGH WECHAT TOOK IT"
    if row.state == S.ABANDONED and row.effects:
        return "A PERSON WAS ASKED TOO EARLY: abandoned, and it went out"
    if row.state in NOT_STARTED and row.age:
        return f"{row.state}, AND STILL COUNTED AS ARMED"
    return ""


def ended(world: World) -> bool:
    """Return whether nothing is left to be done; while paused, a batch may rest."""
    return world.row.state in Batch.FINAL or (world.command == C.PAUSE and world.row.state in NOT_STARTED)


class Steps:
    """Every step a world can take under some rules."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()

    def __call__(self, world: World) -> Iterator[Step]:
        for what, after, violation in self._all(world):
            yield what, after._replace(workers=tuple(sorted(after.workers))), violation

    def _all(self, world: World) -> Iterator[tuple[str, World, str]]:
        yield from self._orders(world)
        yield from self._time(world)
        yield from self._restore(world)
        yield from self._portal(world)
        for place, worker in enumerate(world.workers):
            if place and worker == world.workers[place - 1]:
                continue  # Equal workers are interchangeable.
            yield from self._worker(world, place, worker)

    # --- what the table allows ------------------------------------------------
    def _may(self, name: str, world: World, current: bool = True, *, read: bool = False) -> bool:
        """Return whether the row of the table holds; ``read``: the command was read before, under the share lock."""
        rule, row = self.rules.table[name], world.row
        if rule.needs_run and not read and world.command != C.RUN:
            return False
        fence = current or not rule.fenced
        return row.state in rule.sources and fence and not (rule.unless_maybe and row.maybe)

    def _moved(self, name: str, row: Row, to: str, **more: Any) -> Row:
        rule = self.rules.table[name]
        assert to in rule.targets, (name, to)
        changes: dict[str, Any] = {"state": to, **more}
        if rule.sets_maybe:
            changes["maybe"] = True
        if rule.clears:
            changes["age"] = 0
        return row._replace(**changes)

    def _staff(self, world: World, place: int, worker: Worker, *, new_epoch: bool = False) -> tuple[Worker, ...]:
        """Return the workers with one changed; after a new epoch everybody else's is stale."""
        others = [w._replace(current=False) if new_epoch else w for w in world.workers]
        others[place] = worker
        return tuple(others)

    # --- people, time, the resolver ---------------------------------------------
    def _orders(self, world: World) -> Iterator[tuple[str, World, str]]:
        if self._locked(world):
            return
        if world.command == C.PAUSE:
            yield "resume", world._replace(command=C.RUN), ""
        if world.orders and world.command == C.RUN:
            yield "pause", world._replace(command=C.PAUSE, orders=world.orders - 1), ""
        if world.orders and world.command != C.STOP:
            stopped = world._replace(command=C.STOP, orders=world.orders - 1)
            yield "stop", self._called_off(stopped, S.CANCELLED), ""
        if world.command == C.STOP and self.rules.stop_sweeps_again and self._may("T11", world):
            yield "sweep", self._called_off(world, S.CANCELLED), ""
        if world.clock == 1 and world.command != C.STOP and self._may("T11", world) and not world.row.age:
            yield "missed", self._called_off(world, S.EXPIRED), ""

    def _called_off(self, world: World, to: str) -> World:
        return world._replace(row=self._moved("T11", world.row, to)) if self._may("T11", world) else world

    def _locked(self, world: World) -> bool:
        """Return whether an arming holds the campaign's row, so that nobody can give an order."""
        return self.rules.share_lock and any(w.at in ("arming", "replaying") for w in world.workers)

    def _time(self, world: World) -> Iterator[tuple[str, World, str]]:
        row = world.row
        if world.clock == 0:
            yield "the latest start passes", world._replace(clock=1), ""
        if row.late:
            arrived = (
                row._replace(late=False) if row.key else row._replace(late=False, effects=row.effects + 1, key=True)
            )
            yield "a late request arrives", world._replace(row=arrived), ""
        checked = self.rules.check_before_write and any(w.at == "fresh" for w in world.workers)
        # Without its record, WeChat's 24 hours run all the same.
        age = row.age or int(row.key)
        if age == 1 and not checked:
            yield "20 h pass", world._replace(row=row._replace(age=2)), ""
        in_flight = row.late or any(w.at == "calling" for w in world.workers)
        if age == 2 and not checked and not in_flight:
            yield "24 h pass, the key is forgotten", world._replace(row=row._replace(age=3, key=False)), ""

    def _restore(self, world: World) -> Iterator[tuple[str, World, str]]:
        if world.restores and not world.backup and world.row.state in NOT_STARTED:
            yield "backup", world._replace(backup=world.row.state), ""
        if world.restores and world.backup:
            row = world.row._replace(state=world.backup, maybe=False, age=0)
            if self.rules.quarantine:
                row = self._moved("restore", row, S.QUARANTINED, age=1)
            idle = tuple(Worker() for _worker in world.workers)
            yield "RESTORE", world._replace(restores=0, row=row, workers=idle), ""

    def _portal(self, world: World) -> Iterator[tuple[str, World, str]]:
        row = world.row
        waiting = any(w.at == "fresh" and w.current for w in world.workers)
        if self._may("T5", world) and not waiting:
            (to,) = self.rules.table["T5"].targets
            yield "reaper (T5)", world._replace(row=self._moved("T5", row, to)), ""
        if self._may("T8", world) and row.age >= 2:
            yield "window closed (T8)", world._replace(row=self._moved("T8", row, S.UNDECIDED)), ""
        if self._may("T10", world):
            yield "report (T10)", world._replace(row=self._moved("T10", row, S.DONE)), ""
        if self._may("looked", world):
            yield "a person looked", world._replace(row=self._moved("looked", row, S.UNDECIDED)), ""
        lingers = row.late or any(w.at in ("fresh", "calling") for w in world.workers)
        if self._may("T9", world) and not (self.rules.person_waits and lingers):
            to = S.DONE if row.effects else S.ABANDONED
            yield f"a person says {to} (T9)", world._replace(row=self._moved("T9", row, to, judged=True)), ""

    # --- workers ------------------------------------------------------------------
    def _worker(self, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        if worker.at != "idle" and world.kills:
            staff = self._staff(world, place, Worker())
            yield f"kill -9 while {worker.at}", world._replace(kills=world.kills - 1, workers=staff), ""
        yield from getattr(self, f"_{worker.at.replace(' ', '_')}")(world, place, worker)

    def _idle(self, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        if self._may("T1", world):
            staff = self._staff(world, place, Worker("claimed", True), new_epoch=True)
            yield "claim (T1)", world._replace(row=self._moved("T1", world.row, S.CLAIMED), workers=staff), ""
        if self._may("T6", world) and self._replay_is_due(world):
            yield "replay begins (T6)", world._replace(workers=self._staff(world, place, Worker("replaying", True))), ""

    def _claimed(self, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        if not self.rules.commit_before_call:
            yield "calls without arming", world._replace(workers=self._staff(world, place, Worker("calling", True))), ""
            return
        if self._may("T2", world, worker.current) and self._in_time(world):
            yield (
                "arming begins (T2)",
                world._replace(workers=self._staff(world, place, worker._replace(at="arming"))),
                "",
            )
        idle = world._replace(workers=self._staff(world, place, Worker()))
        if self._may("T1 back", world, worker.current):
            for to in sorted(self.rules.table["T1 back"].targets):
                yield f"given back: {to}", idle._replace(row=self._moved("T1 back", world.row, to)), ""
        else:
            yield "claim lost", idle, ""

    def _arming(self, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        if not self._may("T2", world, worker.current, read=True):
            yield "T2: 0 rows", world._replace(workers=self._staff(world, place, Worker())), ""
            return
        row = self._moved("T2", world.row, S.ARMED, age=max(world.row.age, 1))
        violation = "" if world.command == C.RUN else f"ARMED AFTER {world.command} WAS ORDERED"
        yield "armed (T2)", world._replace(row=row, workers=self._staff(world, place, Worker("fresh", True))), violation

    def _replaying(self, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        if not (self._may("T6", world, read=True) and self._replay_is_due(world)):
            yield "T6: 0 rows", world._replace(workers=self._staff(world, place, Worker())), ""
            return
        violation = "" if world.command == C.RUN else f"A REPLAY AFTER {world.command} WAS ORDERED"
        staff = self._staff(world, place, Worker("fresh", True), new_epoch=True)
        row = self._moved("T6", world.row, S.ARMED)
        if not self.rules.same_key:
            row = row._replace(key=False)
        yield "armed again (T6)", world._replace(row=row, workers=staff), violation

    def _fresh(self, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        violation = "A CALL BEGINS AFTER stopped WAS SHOWN" if self._shows_stopped(world) else ""
        calling = self._staff(world, place, worker._replace(at="calling"))
        yield "the check passes (T3)", world._replace(workers=calling), violation
        silent = self._staff(world, place, worker._replace(at="nothing written"))
        yield "nothing written", world._replace(workers=silent), ""

    def _calling(self, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        row = world.row
        taken = row if row.key else row._replace(effects=row.effects + 1, key=True)

        def with_answer(at: str, after: Row = row, faults: int = 0) -> World:
            staff = self._staff(world, place, worker._replace(at=at))
            return world._replace(row=after, workers=staff, faults=world.faults - faults)

        yield "call: 45065" if row.key else "call: errcode 0", with_answer("accepted", taken), ""
        yield "call: a conclusive no", with_answer("refused"), ""
        if world.faults:
            yield "call: taken, the answer lost", with_answer("no answer", taken, 1), ""
            yield "call: the request lost", with_answer("no answer", row, 1), ""
            if not row.late:
                yield "call: the request delayed", with_answer("no answer", row._replace(late=True), 1), ""

    def _accepted(self, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        idle = world._replace(workers=self._staff(world, place, Worker()))
        if self._may("T4 yes", world):
            yield "accepted (T4 yes)", idle._replace(row=self._moved("T4 yes", world.row, S.ACCEPTED)), ""
        else:
            known = world.row.state in (S.ACCEPTED, S.DONE)
            yield "accepted", idle, "" if known else f"PROOF OF ACCEPTANCE FINDS THE BATCH {world.row.state}"

    def _refused(self, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        yield from self._no("T4 no", world, place, worker)

    def _nothing_written(self, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        yield from self._no("T4 none", world, place, worker)

    def _no(self, name: str, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        if not self._may(name, world, worker.current):
            yield from self._no_answer(world, place, worker)
            return
        idle = world._replace(workers=self._staff(world, place, Worker()))
        for to in sorted(self.rules.table[name].targets):
            yield f"{name} -> {to}", idle._replace(row=self._moved(name, world.row, to)), ""

    def _no_answer(self, world: World, place: int, worker: Worker) -> Iterator[tuple[str, World, str]]:
        idle = world._replace(workers=self._staff(world, place, Worker()))
        if self._may("T4 ?", world, worker.current):
            yield "unknown (T4 ?)", idle._replace(row=self._moved("T4 ?", world.row, S.UNKNOWN)), ""
        else:
            yield "a stale answer is only evidence", idle, ""

    # --- what is shown -----------------------------------------------------------
    def _in_time(self, world: World) -> bool:
        return not self.rules.latest_start or world.clock != 1 or bool(world.row.age)

    def _replay_is_due(self, world: World) -> bool:
        """Return whether the key is young enough, and the last deadline well past."""
        inside = world.row.age == 1 or not self.rules.twenty_hours
        return inside and not any(w.at == "fresh" for w in world.workers)

    def _shows_stopped(self, world: World) -> bool:
        """Return whether people read "stopped" (or "cancelled"): nothing in motion, no deadline ahead."""
        still = world.row.state in (*NOT_STARTED, S.ARMED)
        # A worker that is fresh has its deadline ahead, whatever its epoch.
        return world.command == C.STOP and not still and not self.rules.stop_waits_for_deadline
