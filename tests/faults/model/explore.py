"""Breadth-first search over every history of a small world, so that a printed trace is a shortest one."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

State = Hashable
# What happened, the world afterwards, and what rule of the protocol it broke, if it did.
Step = tuple[str, State, str]


@dataclass
class Found:
    """What a search came to; ``stuck`` counts worlds from which no end can be reached any more."""

    states: int = 0
    steps: int = 0
    stuck: int = 0
    violation: str = ""
    trace: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.violation and not self.stuck

    def __str__(self) -> str:
        if self.violation:
            return f"{self.violation} after {len(self.trace)} steps: " + " | ".join(self.trace)
        return f"{self.states:,} states, {self.steps:,} steps, {self.stuck} stuck: " + " | ".join(self.trace)


def explore(
    start: Any, steps: Callable[[Any], Iterable[Step]], broken: Callable[[Any], str], ended: Callable[[Any], bool]
) -> Found:
    """Visit every world that can be reached; end at the first violation."""
    found = Found()
    number = {start: 0}
    worlds, came_from, label = [start], [-1], [""]
    before: list[list[int]] = [[]]
    todo = deque([0])

    def trace(index: int, last: str = "") -> list[str]:
        lines = [last] if last else []
        while index > 0:
            lines.append(label[index])
            index = came_from[index]
        return lines[::-1]

    while todo:
        index = todo.popleft()
        if violation := broken(worlds[index]):
            found.states, found.violation, found.trace = len(worlds), violation, trace(index)
            return found
        for what, world, violation in steps(worlds[index]):
            found.steps += 1
            if violation:
                found.states, found.violation, found.trace = len(worlds), violation, trace(index, what)
                return found
            following = number.get(world)
            if following is None:
                following = number[world] = len(worlds)
                worlds.append(world)
                came_from.append(index)
                label.append(what)
                before.append([])
                todo.append(following)
            before[following].append(index)
    found.states = len(worlds)
    stuck = _stuck(worlds, before, ended)
    found.stuck = len(stuck)
    if stuck:
        found.trace = trace(stuck[0])
    return found


def _stuck(worlds: list[Any], before: list[list[int]], ended: Callable[[Any], bool]) -> list[int]:
    """Return the worlds from which no end can be reached, looking backwards from the ends."""
    good = bytearray(len(worlds))
    todo = deque(index for index, world in enumerate(worlds) if ended(world))
    for index in todo:
        good[index] = 1
    while todo:
        for index in before[todo.popleft()]:
            if not good[index]:
                good[index] = 1
                todo.append(index)
    return [index for index in range(len(worlds)) if not good[index]]
