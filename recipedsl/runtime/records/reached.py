"""How far nodes came that did not end: told by the last of their events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recipedsl.runtime.events import Checkpoint, Event, Judge, Save, Start, Step


@dataclass(frozen=True)
class Reached:
    """A place in the work of a stage or an eval: `step 5 of 12`, `row 8 of 16 of answers(tuned)`.

    Attributes:
        done: steps or rows.
        of: how many there are.
        work: what an eval was at; empty for a stage.
    """

    done: int
    of: int
    work: str = ""

    def __str__(self) -> str:
        unit, what = ("row", f" of {self.work}") if self.work else ("step", "")
        return f"{unit} {self.done:,} of {self.of:,}{what}"


def reached_by(events: Iterable[Event]) -> dict[str, Reached]:
    """How far each node came, by its name; without those that told nothing of it."""
    found = {}
    for event in events:
        place = place_of(event)
        if place is not None:
            found[event.stage] = place
    return found


def place_of(event: Event) -> Reached | None:
    """What an event tells of how far its node is."""
    match event:
        case Judge():
            return Reached(event.row, event.rows, f"{event.work}({event.model})")
        # The start of an eval counts rows over all its work, which is no place in it.
        case Step() | Checkpoint() | Save() if event.steps:
            return Reached(event.step, event.steps)
        case Start() if event.steps and event.parameters:
            return Reached(event.step, event.steps)
    return None
