"""Tables of scores, gates, and runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recipedsl.diagnostics.render.pieces import to_plain
from recipedsl.report.runs import draw_run, draw_runs
from recipedsl.report.scores import draw_scores, estimate
from tests.golden import agrees

HERE = Path(__file__).parent


def measured(value: float | None, rows: int = 24) -> dict[str, Any]:
    spread = None if value is None else 0.1
    low, high = (None, None) if value is None or spread is None else (value - spread, value + spread)
    return {"value": value, "rows": rows, "low": low, "high": high}


def model(value: float) -> dict[str, Any]:
    topic = {"arrays": measured(value, 16), "evil\x1b[2J": measured(None, 0), "sql": measured(value / 2, 8)}
    return {"overall": measured(value), "slices": {"topic": topic}}


RESULTS: dict[str, Any] = {
    "loss()": {"base": model(1.9), "tuned": model(1.2)},
    "pass_rate(tests, timeout = 10s)": {"base": model(0.3), "tuned": model(0.31)},
    "gates": [
        {
            "text": "expect loss(tuned) < loss(base)",
            "message": "",
            "passed": True,
            "values": {"loss(tuned)": 1.2},
        },
        {
            "text": 'expect pass_rate(tuned) >= pass_rate(base) + 5% else "accuracy"',
            "message": "preferences must not cost accuracy",
            "passed": False,
            "values": {"pass_rate(tuned)": 0.31, "pass_rate(base)": 0.3},
        },
        {"text": "loss(x) < 1", "message": "", "passed": None, "values": {"loss(x)": None}},
    ],
}

OUTCOME: dict[str, Any] = {
    "recipe": "tutor.ftr",
    "started": "2026-05-01T10:00:00+00:00",
    "seconds": 185.0,
    "nodes": [
        {"name": "lessons", "kind": "data", "state": "cached", "seconds": 0.0},
        {"name": "tuned", "kind": "stage", "state": "made", "seconds": 180.0},
        {"name": "report", "kind": "eval", "state": "gate failed", "seconds": 5.0},
    ],
    "problems": [
        {"code": "R707", "message": "it costs accuracy", "place": "tutor.ftr:9:3", "notes": ["loss = 2"]}
    ],
}


def test_scores() -> None:
    agrees(HERE / "scores.txt", to_plain(draw_scores(RESULTS, 100)))


def test_an_estimate_without_an_interval() -> None:
    assert estimate({"value": 0.5, "rows": 1, "low": None, "high": None}, True) == "50.0%"
    assert estimate({}, False) == "-"


def test_run() -> None:
    facts = {"lessons": {"rows": {"train": 10, "held": 2}}, "tuned": {"steps": 3, "loss": 1.5}}
    agrees(
        HERE / "run.txt",
        to_plain(draw_run("2026-x", "gate failed", OUTCOME, facts, {"report": RESULTS}, 100)),
    )


def test_runs() -> None:
    text = to_plain(draw_runs([("2026-x", "done", OUTCOME), ("2026-w", "killed", {})], 100))
    assert text.splitlines() == [
        "2026-x  done    3 min 5 s  3 nodes: 1 made, 1 cached",
        "2026-w  killed             0 nodes: 0 made, 0 cached",
    ]


def test_no_runs() -> None:
    assert to_plain(draw_runs([], 100)) == "no runs yet\n"
