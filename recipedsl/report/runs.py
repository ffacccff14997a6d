"""Runs as tables: all of a project, and one with its nodes, problems and scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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

#: Contents of `outcome.json`.
Outcome = Mapping[str, Any]

#: States of nodes as they are counted, the good ones first.
_COUNTED = ("made", "cached", "running", "failed", "gate failed", "interrupted", "killed", "not run")


@dataclass(frozen=True)
class Seen:
    """A run as it is now.

    Attributes:
        id: name of its folder.
        state: of the run.
        outcome: what it wrote, its nodes with the states that they have now.
        reached: how far the nodes came that did not end, in words, by name.
    """

    id: str
    state: str
    outcome: Outcome
    reached: Mapping[str, str] = field(default_factory=dict)


def draw_runs(runs: Sequence[Seen], width: int) -> list[Line]:
    """One line a run: id, state, how long it took, what became of its nodes.

    Args:
        runs: in the order of the table.
        width: columns of the terminal.
    """
    if not runs:
        return [line(Piece("no runs yet", Role.FAINT))]
    rows = [
        [
            Cell(each.id),
            Cell(each.state, _ROLES.get(each.state, Role.PLAIN)),
            Cell(_seconds(each.outcome)),
            Cell(_counts(each)),
        ]
        for each in runs
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


def _counts(run: Seen) -> str:
    """`6 nodes: 3 made, 1 killed, 2 not run; tuned stopped at step 4 of 12`."""
    nodes = run.outcome.get("nodes", [])
    states = [node["state"] for node in nodes]
    counts = ", ".join(f"{states.count(state)} {state}" for state in _COUNTED if state in states)
    told = [plural(len(nodes), "node") + (f": {counts}" if counts else "")]
    told += [f"{node['name']} {_stopped(node, run.reached)}" for node in nodes if _stopped(node, run.reached)]
    return "; ".join(told)


def _stopped(node: Mapping[str, Any], reached: Mapping[str, str]) -> str:
    place = reached.get(node["name"])
    if place is None:
        return ""
    return f"at {place}" if node["state"] == "running" else f"stopped at {place}"


def draw_run(
    run: Seen, facts: Mapping[str, Mapping[str, Any]], evals: Mapping[str, Any], width: int
) -> list[Line]:
    """One run.

    Args:
        run: as it is now.
        facts: counted facts of its nodes, by name.
        evals: `results.json` of its evals, by name.
        width: columns of the terminal.
    """
    outcome, role = run.outcome, _ROLES.get(run.state, Role.PLAIN)
    head = f" of {escaped(str(outcome.get('recipe', '')))}  "
    lines = [line(Piece(f"run {run.id}", Role.NAME), head, Piece(run.state, role))]
    took = f", took {_seconds(outcome)}" if _seconds(outcome) else ""
    lines += [line(f"started {_moment(outcome)}{took}"), ()]
    lines += Table(list(_nodes(run, facts)), (False, False, True, False)).lines(width)
    for problem in outcome.get("problems", []):
        lines += [(), *_problem(problem, width)]
    return [*lines, *draw_evals(evals, width)]


def _nodes(run: Seen, facts: Mapping[str, Mapping[str, Any]]) -> Iterator[list[Cell]]:
    for node in run.outcome.get("nodes", []):
        state = node["state"]
        took = duration(node["seconds"]) if node.get("seconds") else ""
        known = _stopped(node, run.reached) or counted(node["kind"], facts.get(node["name"], {}))
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
