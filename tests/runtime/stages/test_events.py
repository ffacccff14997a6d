"""Events: what is written is read back, whatever happens to the last line."""

from __future__ import annotations

import math
from pathlib import Path

from recipedsl.diagnostics import Diagnostic, Help
from recipedsl.diagnostics.codes.run_stages import CODES, OutOfMemory, StageFailed
from recipedsl.runtime.events import (
    Checkpoint,
    Done,
    Event,
    EventReader,
    EventWriter,
    Look,
    Problem,
    Save,
    Start,
    Step,
    Warn,
    diagnostic_of,
    problem_of,
    read_events,
)

EVENTS: list[Event] = [
    Start(stage="tuned", steps=4, trainable=2, parameters=3, device="cpu", dtype="float32"),
    Step(stage="tuned", step=1, steps=4, loss=0.5, learning_rate=1e-4, tokens=9, metrics={"entropy": 1.5}),
    Look(stage="tuned", step=1, steps=4, loss=0.5, best=0.25, left=2, metrics={"entropy": 1.5}),
    Warn(stage="tuned", code="R603", message="constant", step=1),
    Checkpoint(stage="tuned", step=2, steps=4),
    Save(stage="tuned", step=4, steps=4),
    Done(stage="tuned", step=4, steps=4, loss=0.25, seconds=1.5),
    Problem(stage="tuned", code="R600", message="no memory", notes=("a", "b"), helps=("c",), step=4),
]


def test_events_read_back_equal(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "events.jsonl", "tuned")
    for event in EVENTS:
        writer.write(event)
    assert read_events(writer.path) == EVENTS


def test_a_torn_line_is_left_out_and_then_cut_off(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "events.jsonl", "tuned")
    writer.write(EVENTS[0])
    with writer.path.open("a") as file:
        file.write('{"time": 1.0, "stage": "tuned", "ev')
    assert read_events(writer.path) == EVENTS[:1]
    EventWriter(writer.path, "tuned").write(EVENTS[1])
    assert read_events(writer.path) == EVENTS[:2]


def test_a_reader_gives_each_event_once(tmp_path: Path) -> None:
    reader = EventReader(tmp_path / "events.jsonl")
    assert reader.new() == []
    writer = EventWriter(reader.path, "tuned")
    writer.write(EVENTS[0])
    assert reader.new() == EVENTS[:1]
    assert reader.new() == []
    writer.write(EVENTS[1])
    assert reader.new() == EVENTS[1:2]


def test_events_of_a_newer_version_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(
        '{"time": 1.0, "stage": "s", "event": "nap"}\n'
        '{"time": 1.0, "stage": "s", "event": "save", "step": 1, "steps": 2, "mood": "good"}\n'
    )
    assert read_events(path) == [Save(stage="s", time=1.0, step=1, steps=2)]


def test_numbers_that_are_none_are_null(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "events.jsonl", "tuned")
    writer.write(Step(stage="tuned", loss=math.nan, metrics={"kl": math.inf}))
    (event,) = read_events(writer.path)
    assert isinstance(event, Step)
    assert event.loss is None
    assert "NaN" not in writer.path.read_text()


def test_a_diagnostic_passes_through_an_event() -> None:
    diagnostic = Diagnostic(OutOfMemory, "`tuned` ran out of memory", notes=("n",), helps=(Help("h"),))
    assert diagnostic_of(problem_of(diagnostic, "tuned")) == diagnostic
    assert diagnostic_of(Problem(stage="tuned", code="", message="m")).kind is StageFailed


def test_codes_are_complete() -> None:
    assert [each.code for each in CODES] == sorted({each.code for each in CODES})
    for code in CODES:
        assert all(f"{part}:" in code.page() for part in ("What", "Why", "Bad", "Good")), code.name
