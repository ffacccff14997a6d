"""Runs as tables: all of a project, and one with its nodes, problems and scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from recipedsl.diagnostics.render.pieces import Line, Piece, Role, escaped, line
from recipedsl.report.layout import Cell, Table, fit
from recipedsl.report.numbers import duration, plural
from recipedsl.report.progress import counted
from recipedsl.report.scores import draw_scores

_ROLES = {
    "done": Role.GOOD,
    "made": Role.GOOD,
    "cached": Role.FAINT,
    "running": Role.INFO,
    "not run": Role.FAINT,
    "interrupted": Role.WARNING,
    "failed": Role.BAD,
    "killed": Role.BAD,
    "gate failed": Role.BAD,
}

#: What is known of a run: `outcome.json`, and the state as it is now.
Outcome = Mapping[str, Any]


def draw_runs(runs: Sequence[tuple[str, str, Outcome]], width: int) -> list[Line]:
    """One line a run: id, state, what was made, how long it took.

    Args:
        runs: id, state and outcome of each, in the order of the table.
        width: columns of the terminal.
    """
    if not runs:
        return [line(Piece("no runs yet", Role.FAINT))]
    rows = [
        [
            Cell(name),
            Cell(state, _ROLES.get(state, Role.PLAIN)),
            Cell(_seconds(outcome)),
            Cell(_made(outcome)),
        ]
        for name, state, outcome in runs
    ]
    return Table(rows, (False, False, True, False)).lines(width)


def _seconds(outcome: Outcome) -> str:
    seconds = outcome.get("seconds")
    return "" if seconds is None else duration(seconds)


def _moment(outcome: Outcome) -> str:
    try:
        return f"{datetime.fromisoformat(str(outcome['started'])).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (KeyError, ValueError):
        return "at an unknown time"


def _made(outcome: Outcome) -> str:
    states = [node["state"] for node in outcome.get("nodes", [])]
    made, cached = states.count("made"), states.count("cached")
    return f"{plural(len(states), 'node')}: {made} made, {cached} cached"


def draw_run(
    name: str,
    state: str,
    outcome: Outcome,
    facts: Mapping[str, Mapping[str, Any]],
    evals: Mapping[str, Any],
    width: int,
) -> list[Line]:
    """One run.

    Args:
        name: its id.
        state: as it is now.
        outcome: `outcome.json`.
        facts: counted facts of its nodes, by name.
        evals: `results.json` of its evals, by name.
        width: columns of the terminal.
    """
    head = f" of {escaped(str(outcome.get('recipe', '')))}  "
    lines = [line(Piece(f"run {name}", Role.NAME), head, Piece(state, _ROLES.get(state, Role.PLAIN)))]
    took = f", took {_seconds(outcome)}" if _seconds(outcome) else ""
    lines += [line(f"started {_moment(outcome)}{took}"), ()]
    lines += Table(list(_nodes(outcome, facts)), (False, False, True, False)).lines(width)
    for problem in outcome.get("problems", []):
        lines += [(), *_problem(problem, width)]
    return [*lines, *draw_evals(evals, width)]


def _nodes(outcome: Outcome, facts: Mapping[str, Mapping[str, Any]]) -> Iterator[list[Cell]]:
    for node in outcome.get("nodes", []):
        state = node["state"]
        took = duration(node["seconds"]) if node.get("seconds") else ""
        known = counted(node["kind"], facts.get(node["name"], {}))
        yield [
            Cell(f"{node['kind']} {node['name']}"),
            Cell(state, _ROLES.get(state, Role.PLAIN)),
            Cell(took),
            Cell(known, Role.FAINT),
        ]


def _problem(problem: Mapping[str, Any], width: int) -> Iterator[Line]:
    yield line(Piece(f"[{problem['code']}]", Role.BAD), f" {fit(problem['message'], width - 8)}")
    if problem.get("place"):
        yield line(Piece(f"  --> {escaped(problem['place'])}", Role.GUTTER))
    for note in problem.get("notes", []):
        yield line(f"  {fit(note, width - 2)}")


def draw_evals(evals: Mapping[str, Any], width: int) -> list[Line]:
    """Tables of all evals, each below its name, each after an empty line."""
    lines: list[Line] = []
    for name, results in evals.items():
        lines += [(), line(Piece(f"eval {escaped(name)}", Role.NAME)), (), *draw_scores(results, width)]
    return lines
