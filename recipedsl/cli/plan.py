"""`recipedsl plan`: what would be done, with every number counted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recipedsl.cli import exit_codes
from recipedsl.cli.options import (
    Engine,
    engine_of,
    engine_options,
    request_of,
    request_options,
    root_option,
    written_to,
)
from recipedsl.cli.output import screen_width, show_diagnostics, show_lines
from recipedsl.cli.preparing import (
    NotCompiled,
    carry_out,
    compiled,
    ended,
    fetch_models,
    progress,
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
    callback=written_to("--json", ".json"),
    help="Write the plan as JSON; to the standard output when no file is named.",
)
@click.option("--no-data", is_flag=True, help="Read no rows and fetch no model; nothing is counted.")
@engine_options
@request_options
@root_option
def plan(
    recipe: str,
    json_to: str | None,
    no_data: bool,
    engine: str,
    engine_address: str,
    sets: tuple[str, ...],
    profile: str,
    overrides: tuple[str, ...],
    root: Path | None,
) -> int:
    """Show what a run of RECIPE would do.

    Fetches the model, filters and splits the rows and turns them into tokens for real, so that what is
    shown is counted; a run uses the same results. Trains nothing.
    """  # fmt: skip
    chosen = engine_of(engine, engine_address)
    project, request = load_recipe(recipe, root), request_of(sets, profile, overrides)
    try:
        made = compiled(project, request, fetch=not no_data, only_shown=True)
        reasons, outcome = None, None
        if not no_data and not made.later:
            made, reasons, outcome = _prepare(project, request, made, chosen)
    except NotCompiled as error:
        return error.exit_code
    if json_to is not None:
        _write_json(made, json_to)
    if json_to != "-":
        _show(made, project.root, reasons)
    if outcome is not None:
        return ended(outcome)
    return exit_codes.RECIPE_ERRORS if made.later else exit_codes.FINE


def _prepare(
    project: Project, request: Request, made: Plan, engine: Engine
) -> tuple[Plan, dict[str, Why], RunOutcome]:
    """Makes models, data and tokens; gives the plan, why each node would be made, and how it went."""
    from recipedsl.cli.wiring import own_store_of, reasons_of
    from recipedsl.runtime.execute import Options

    store = own_store_of(project.root)
    reasons = reasons_of(made, store)
    show_diagnostics(store.take_damage())
    with progress() as observer:
        known = fetch_models(project, request, made, observer)
        if known.failed is not None:
            return made, reasons, known.failed
        if known.fetched:
            before = {name: reasons[name] for name in known.fetched}
            reasons = {**reasons_of(known.plan, store), **before}
        outcome = carry_out(known.plan, project.root, Options(prepare_only=True), observer, engine)
    return known.plan, reasons, outcome


def _show(made: Plan, root: Path, reasons: dict[str, Why] | None) -> None:
    from recipedsl.cli.wiring import own_store_of, plan_facts, reasons_of
    from recipedsl.report.plan_view import draw_plan

    store = own_store_of(root)
    facts = plan_facts(made, root, store, reasons or reasons_of(made, store))
    show_lines(draw_plan(facts, screen_width(sys.stdout)))


def _write_json(made: Plan, place: str) -> None:
    text = made.model_dump_json(indent=2) + "\n"
    if place == "-":
        click.echo(text, nl=False)
    else:
        Path(place).write_bytes(text.encode())
        click.echo(f"wrote {place}", err=True)
