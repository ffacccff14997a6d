"""What a worker tells while it runs: one JSON object a line, appended to `events.jsonl`.

Fetching a model tells the same way, though it happens in the parent itself.

The parent shows progress from them, the report draws curves from them. A line is
`{"time": …, "stage": …, "event": "step", …}`; the other keys are the fields of the event's class.
Numbers that are no numbers are written as null.
"""

from __future__ import annotations

import json
import math
import pkgutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from recipedsl.diagnostics import Code, Diagnostic, Help, codes
from recipedsl.diagnostics.codes.run_stages import StageFailed


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events.

    Attributes:
        stage: name of the stage's node.
        time: seconds since 1970.
    """

    event: ClassVar[str]
    stage: str
    time: float = field(default_factory=time.time)

    def to_json(self) -> dict[str, Any]:
        """Plain form, ready for `json.dumps`."""
        form = asdict(self)
        head = {"time": form.pop("time"), "stage": form.pop("stage"), "event": self.event}
        return {key: _finite(value) for key, value in {**head, **form}.items()}


@dataclass(frozen=True, kw_only=True)
class Start(Event):
    """Training begins at `step` of `steps`: 0, or where a checkpoint ended.

    Attributes:
        trainable: number of weights that are trained.
        parameters: number of all weights.
        device: `cpu`, or name of the GPU.
        dtype: number format of the computation (`bfloat16`).
    """

    event: ClassVar[str] = "start"
    step: int = 0
    steps: int = 0
    trainable: int = 0
    parameters: int = 0
    device: str = ""
    dtype: str = ""


@dataclass(frozen=True, kw_only=True)
class Step(Event):
    """An optimizer step is done.

    Attributes:
        loss: mean over the step; None when the trainer gave none.
        tokens: seen since the stage began, interruptions included.
        tokens_per_second: of the last steps.
        seconds_left: estimated from the last steps.
        metrics: what else the trainer logs, by its own names.
    """

    event: ClassVar[str] = "step"
    step: int = 0
    steps: int = 0
    loss: float | None = None
    learning_rate: float | None = None
    tokens: int = 0
    tokens_per_second: float = 0.0
    seconds_left: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Look(Event):
    """The loss on held-out rows was taken while training.

    Attributes:
        loss: mean over the batches; None when it is no number.
        best: the lowest so far, this one included.
        left: looks without a better one after which training ends; 0 where that was not asked for.
        metrics: what else the trainer measures, by its own names.
    """

    event: ClassVar[str] = "look"
    step: int = 0
    steps: int = 0
    loss: float | None = None
    best: float | None = None
    left: int = 0
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Judge(Event):
    """An evaluation is further.

    Attributes:
        work: what it is at: `loss`, `answers`, or the keyword of a metric.
        model: whose.
        row, rows: of this work, done and in all.
        step, steps: of all work together, in rows: each counts once for every model and kind of work.
        seconds_left: estimated from all work so far.
    """

    event: ClassVar[str] = "judge"
    work: str = ""
    model: str = ""
    row: int = 0
    rows: int = 0
    step: int = 0
    steps: int = 0
    seconds_left: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Fetch(Event):
    """Something is being downloaded.

    Attributes:
        what: name of the model's repository or package.
        got: bytes so far.
        size: bytes in all; 0 while it is not known.
        seconds_left: estimated; 0 while it is not known.
    """

    event: ClassVar[str] = "fetch"
    what: str = ""
    got: int = 0
    size: int = 0
    seconds_left: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Checkpoint(Event):
    """A checkpoint is complete; the stage can go on from here."""

    event: ClassVar[str] = "checkpoint"
    step: int = 0
    steps: int = 0


@dataclass(frozen=True, kw_only=True)
class Save(Event):
    """The result is being written."""

    event: ClassVar[str] = "save"
    step: int = 0
    steps: int = 0


@dataclass(frozen=True, kw_only=True)
class Warn(Event):
    """Something that does not stop the stage but should be looked at."""

    event: ClassVar[str] = "warning"
    code: str = ""
    message: str = ""
    step: int = 0


@dataclass(frozen=True, kw_only=True)
class Done(Event):
    """The result is complete."""

    event: ClassVar[str] = "done"
    step: int = 0
    steps: int = 0
    loss: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Problem(Event):
    """The stage has failed: a diagnostic without its place, which only the parent knows."""

    event: ClassVar[str] = "problem"
    code: str = ""
    message: str = ""
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    step: int = 0


_KINDS: dict[str, type[Event]] = {
    kind.event: kind for kind in (Start, Step, Look, Judge, Fetch, Checkpoint, Save, Warn, Done, Problem)
}


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    return value


def from_json(form: dict[str, Any]) -> Event:
    """The event of a line. Keys that its class does not know are left out. Raises KeyError."""
    kind = _KINDS[form["event"]]
    known = {each.name for each in fields(kind)}
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in form.items() if key in known
    }
    return kind(**values)


class EventWriter:
    """Appends events to a file; every line is complete on disk before `write` returns."""

    def __init__(self, path: Path, stage: str) -> None:
        self.path = path
        self.stage = stage
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            _end_last_line(path)

    def write(self, event: Event) -> None:
        """Append one event."""
        line = json.dumps(event.to_json(), ensure_ascii=False, allow_nan=False)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _end_last_line(path: Path) -> None:
    """Drops what a killed writer left of its last line."""
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        path.write_bytes(whole)


class EventReader:
    """Reads a file of events while somebody writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def new(self) -> list[Event]:
        """Events whose lines were completed since the last call; none while there is no file."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._offset)
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        return list(_events(whole.decode("utf-8", "replace").splitlines()))


def _events(lines: list[str]) -> Iterator[Event]:
    for line in lines:
        try:
            form = json.loads(line)
            yield from_json(form)
        except (ValueError, KeyError, TypeError):  # a torn line, or an event of a newer version
            continue


def read_events(path: Path) -> list[Event]:
    """All whole events of a file, in order; a torn last line is left out."""
    return EventReader(path).new()


def problem_of(diagnostic: Diagnostic, stage: str, step: int = 0) -> Problem:
    """The event that carries a diagnostic out of the worker."""
    helps = tuple(each.text for each in diagnostic.helps)
    return Problem(
        stage=stage,
        code=diagnostic.code,
        message=diagnostic.message,
        notes=diagnostic.notes,
        helps=helps,
        step=step,
    )


def diagnostic_of(problem: Problem) -> Diagnostic:
    """The diagnostic of a problem, still without a place; an unknown code becomes `stage-failed`."""
    helps = tuple(Help(text) for text in problem.helps)
    return Diagnostic(_kind_of(problem.code), problem.message, notes=problem.notes, helps=helps)


def _kind_of(code: str) -> type[Code]:
    """The class of a code, out of whatever family raised it inside the worker."""
    families = (
        import_module(f"{codes.__name__}.{each.name}") for each in pkgutil.iter_modules(codes.__path__)
    )
    kinds = (kind for family in families for kind in family.CODES)
    return next((kind for kind in kinds if kind.code == code), StageFailed)
