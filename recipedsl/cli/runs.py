"""`recipedsl runs`: what earlier runs did."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recipedsl.cli.options import root_option
from recipedsl.cli.output import screen_width, show_lines
from recipedsl.cli.project import root_of

if TYPE_CHECKING:
    from recipedsl.report.runs import Seen
    from recipedsl.runtime.records import Run


@click.group()
def runs() -> None:
    """Look at earlier runs of this project."""


@runs.command(name="list")
@root_option
def list_(root: Path | None) -> None:
    """All runs, the newest first."""
    from recipedsl.report.runs import draw_runs
    from recipedsl.runtime.records import list_runs

    found = [_seen(each) for each in list_runs(root or root_of(Path()))]
    show_lines(draw_runs(found, screen_width(sys.stdout)))


@runs.command()
@click.argument("run", default="last")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@root_option
def show(run: str, as_json: bool, root: Path | None) -> None:
    """One run: its nodes, problems and scores. RUN is its name, a part that only it has, or `last`."""
    from recipedsl.report.runs import draw_run
    from recipedsl.runtime.records import load_run

    found = load_run(root or root_of(Path()), run)
    metrics = found.read("metrics.json") or {}
    evals = metrics.get("evals", {})
    if as_json:
        seen = _seen(found)
        form = {
            "id": seen.id,
            "state": seen.state,
            "outcome": seen.outcome,
            "reached": seen.reached,
            "metrics": metrics,
        }
        click.echo(json.dumps(form, indent=2))
        return
    width = screen_width(sys.stdout)
    show_lines(draw_run(_seen(found), _facts(found), evals, width))


def _seen(run: Run) -> Seen:
    from recipedsl.report.runs import Seen

    return Seen(run.id, run.state, {**run.outcome, "nodes": run.nodes}, run.reached())


def _facts(run: Run) -> dict[str, dict[str, Any]]:
    """Facts of the run's results, as far as they are still in the store."""
    found: dict[str, dict[str, Any]] = {}
    for node in run.outcome.get("nodes", []):
        folder = run.result_folder(node["name"])
        facts = _facts_in(folder / "manifest.json") if folder is not None else None
        if isinstance(facts, dict):
            found[node["name"]] = facts
    return found


def _facts_in(manifest: Path) -> Any:
    """None where there is no manifest any more, or it is broken: the store says so."""
    from recipedsl.runtime.facts_form import fault_of

    try:
        form = json.loads(manifest.read_text("utf-8"))
        return None if fault_of(form["kind"], form["facts"]) else form["facts"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
