"""`recipedsl plan`: what would be done, with every number counted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recipedsl.cli import exit_codes
from recipedsl.cli.options import request_of, request_options, root_option
from recipedsl.cli.output import screen_width, show_lines
from recipedsl.cli.preparing import (
    NotCompiled,
    carry_out,
    compiled,
    compiled_again,
    exit_code_of,
    needs_fetching,
    progress,
    show_problems,
)
from recipedsl.cli.project import Project, load_recipe

if TYPE_CHECKING:
    from recipedsl.compiler import Request
    from recipedsl.plan.model import Plan
    from recipedsl.runtime.execute import RunOutcome
    from recipedsl.runtime.store import Why


@click.command()
@click.argument("recipe")
@click.option(
    "--json",
    "json_to",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="Write the plan as JSON; to the standard output when no file is named.",
)
@click.option("--no-data", is_flag=True, help="Read no rows and fetch no model; nothing is counted.")
@request_options
@root_option
def plan(
    recipe: str,
    json_to: str | None,
    no_data: bool,
    sets: tuple[str, ...],
    profile: str,
    overrides: tuple[str, ...],
    root: Path | None,
) -> int:
    """Show what a run of RECIPE would do.

    Fetches the model, filters and splits the rows and turns them into tokens for real, so that what is
    shown is counted; a run uses the same results. Trains nothing.
    """  # fmt: skip
    project, request = load_recipe(recipe, root), request_of(sets, profile, overrides)
    try:
        made = compiled(project, request)
    except NotCompiled as error:
        return error.exit_code
    reasons, outcome = None, None
    if not no_data:
        made, reasons, outcome = _prepare(project, request, made)
    if json_to is not None:
        _write_json(made, json_to)
    if json_to != "-":
        _show(made, project.root, reasons)
    if outcome is None or outcome.state == "done":
        return exit_codes.FINE
    show_problems(outcome)
    return exit_code_of(outcome)


def _prepare(project: Project, request: Request, made: Plan) -> tuple[Plan, dict[str, Why], RunOutcome]:
    """Makes models, data and tokens; gives the plan, why each node would be made, and how it went."""
    from recipedsl.cli.wiring import reasons_of, store_of
    from recipedsl.runtime.execute import Options

    store = store_of(project.root)
    with progress() as observer:
        reasons = reasons_of(made, store)
        missing = needs_fetching(made, project.root)
        if missing:
            outcome = carry_out(made, project.root, Options(only=missing), observer)
            if outcome.state != "done":
                return made, reasons, outcome
            made = compiled_again(project, request, made)
            reasons = {**reasons_of(made, store), **{name: reasons[name] for name in missing}}
        outcome = carry_out(made, project.root, Options(prepare_only=True), observer)
    return made, reasons, outcome


def _show(made: Plan, root: Path, reasons: dict[str, Why] | None) -> None:
    from recipedsl.cli.wiring import plan_facts, reasons_of, store_of
    from recipedsl.report.plan_view import draw_plan

    store = store_of(root)
    facts = plan_facts(made, root, store, reasons or reasons_of(made, store))
    show_lines(draw_plan(facts, screen_width(sys.stdout)))


def _write_json(made: Plan, place: str) -> None:
    text = made.model_dump_json(indent=2) + "\n"
    if place == "-":
        click.echo(text, nl=False)
    else:
        Path(place).write_bytes(text.encode())
        click.echo(f"wrote {place}", err=True)
