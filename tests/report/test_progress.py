"""What a run says while it goes on."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from recipedsl.diagnostics.render.pieces import Line, to_plain
from recipedsl.plan.facts import Manifest
from recipedsl.plan.model import Node
from recipedsl.report.progress import LiveProgress, PlainProgress
from recipedsl.runtime.events import Start, Step, Warn
from recipedsl.runtime.store import Result, Why
from tests.golden import agrees
from tests.report.made import DATA_FACTS, TOKENS_FACTS, data_node, eval_node, plan, stage_node, tokens_node

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
    watcher.event(judged, Step(stage="report", step=24, steps=24, metrics={"loss(tuned)": 24.0}))
    watcher.node_failed(judged, (), "")


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
