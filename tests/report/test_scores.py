"""Tables of scores, gates, and runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recipedsl.diagnostics.render.pieces import Role, to_plain
from recipedsl.report.runs import Seen, draw_run, draw_runs
from recipedsl.report.scores import draw_metric, draw_scores, estimate
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
        to_plain(draw_run(Seen("2026-x", "gate failed", OUTCOME), facts, {"report": RESULTS}, 100)),
    )


def test_runs() -> None:
    nodes = [
        {"name": "lessons", "kind": "data", "state": "made"},
        {"name": "tuned", "kind": "stage", "state": "killed"},
        {"name": "report", "kind": "eval", "state": "not run"},
    ]
    runs = [
        Seen("2026-x", "gate failed", OUTCOME),
        Seen("2026-w", "killed", {"nodes": nodes}, {"tuned": "step 4 of 12"}),
        Seen("2026-v", "killed", {}),
    ]
    assert to_plain(draw_runs(runs, 120)).splitlines() == [
        "2026-x  gate failed  3 min 5 s  3 nodes: 1 made, 1 cached, 1 gate failed",
        "2026-w  killed                  3 nodes: 1 made, 1 killed, 1 not run; tuned stopped at step 4 of 12",
        "2026-v  killed                  0 nodes",
    ]


def test_a_run_that_was_killed_says_how_far_it_came() -> None:
    nodes = [{"name": "tuned", "kind": "stage", "state": "killed", "seconds": 0.0}]
    run = Seen("2026-w", "killed", {"nodes": nodes}, {"tuned": "step 4 of 12"})
    text = to_plain(draw_run(run, {}, {}, 100))
    assert "stage tuned  killed    stopped at step 4 of 12" in text
    assert "0 steps" not in text


def test_few_rows_are_dimmed_and_marked_but_shown() -> None:
    overall = {"value": 0.75, "rows": 24, "low": 0.5, "high": 0.9}
    slices = {"topic": {"arrays": overall, "sql": {"value": 1.0, "rows": 4, "low": 0.51, "high": 1.0}}}
    lines = draw_metric("exact(answer)", {"tuned": {"overall": overall, "slices": slices}}, 100)
    assert to_plain(lines).splitlines()[-3:] == [
        "  arrays    24     75.0% (50..90)",
        "  sql        4*  100.0% (51..100)",
        "* fewer than 5 rows: too few to tell",
    ]
    roles = {piece.text.strip(): piece.role for each in lines for piece in each}
    assert roles["sql"] is roles["100.0% (51..100)"] is Role.FAINT
    assert roles["arrays"] is roles["75.0% (50..90)"] is Role.PLAIN


def test_no_runs() -> None:
    assert to_plain(draw_runs([], 100)) == "no runs yet\n"
