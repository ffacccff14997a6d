"""`recipedsl run`: carries a recipe, or a plan made before, out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recipedsl.cli.options import (
    Engine,
    engine_of,
    engine_options,
    request_of,
    request_options,
    root_option,
)
from recipedsl.cli.output import screen_width, show_lines
from recipedsl.cli.preparing import (
    NotCompiled,
    carry_out,
    compiled,
    ended,
    fetch_models,
    progress,
)
from recipedsl.cli.project import Project, load_plan, load_recipe
from recipedsl.source.paths import file_below

if TYPE_CHECKING:
    from recipedsl.compiler import Request
    from recipedsl.plan.model import Plan
    from recipedsl.runtime.execute import Observer, Options, RunOutcome
    from recipedsl.runtime.records import Recorder

#: Characters of a reason that are shown.
_LONGEST = 300


@click.command()
@click.argument("recipe", metavar="RECIPE|PLAN.JSON")
@click.option(
    "--only", multiple=True, metavar="NODE", help="Make this and what it needs, nothing else; repeatable."
)
@click.option(
    "--from",
    "from_",
    default="",
    metavar="NODE",
    help="Make this and what depends on it again, cached or not.",
)
@click.option(
    "--allow-unsandboxed", is_flag=True, help="Let model-written code run where the machine has no sandbox."
)
@engine_options
@request_options
@root_option
def run(
    recipe: str,
    only: tuple[str, ...],
    from_: str,
    allow_unsandboxed: bool,
    engine: str,
    engine_address: str,
    sets: tuple[str, ...],
    profile: str,
    overrides: tuple[str, ...],
    root: Path | None,
) -> int:
    """Carry out a recipe, or a plan that `recipedsl plan --json` wrote.

    What is in the store is not made again; an interrupted run goes on where it was. Ctrl-C saves first, a
    second one stops at once.
    """  # fmt: skip
    from recipedsl.runtime.execute import Options

    options = Options(only=only, from_=from_, allow_unsandboxed=allow_unsandboxed)
    chosen = engine_of(engine, engine_address)
    if Path(recipe).suffix == ".json":
        if sets or profile or overrides:
            raise click.UsageError("a plan is fixed: --set, --profile and --override work on a recipe")
        return _run_plan(recipe, options, root, chosen)
    request = request_of(sets, profile, overrides)
    try:
        return _run_recipe(load_recipe(recipe, root), request, options, chosen)
    except NotCompiled as error:
        return error.exit_code


def _run_plan(path: str, options: Options, root: Path | None, engine: Engine) -> int:
    home, plan = load_plan(path, root)
    recipe = file_below(home, plan.recipe)
    text = recipe.read_text("utf-8", "replace") if recipe else ""
    with progress() as observer, _blamed_on(path):
        recorder, outcome = _execute(plan, home, text, options, observer, engine)
    return _tell(recorder, outcome)


@contextmanager
def _blamed_on(path: str) -> Iterator[None]:
    """What a plan file leads to and nobody foresaw is told as a fault of the file, which anybody can write.

    Raises:
        RecipeError: the plan could not be carried out, for a reason that is no diagnostic.
    """
    from recipedsl.diagnostics import Diagnostic, Help, RecipeError
    from recipedsl.diagnostics.codes.run import PlanUnfit

    try:
        yield
    except (RecipeError, OSError):
        raise
    except Exception as error:
        if os.environ.get("RECIPEDSL_TRACEBACK"):
            raise
        first = str(error).partition("\n")[0]
        unless = "where `recipedsl plan --json` wrote it and nobody changed it, this is a bug of recipedsl"
        raise RecipeError(
            Diagnostic(
                PlanUnfit,
                f"{path} holds what cannot be carried out",
                notes=(f"{type(error).__name__}: {first[:_LONGEST]}",),
                helps=(Help(f"{unless}; `RECIPEDSL_TRACEBACK=1` shows where"),),
            )
        ) from error


def _run_recipe(project: Project, request: Request, options: Options, engine: Engine) -> int:
    plan = compiled(project, request, fetch=True)
    with progress() as observer:
        # Names that the plan does not have are refused before anything is fetched.
        if not _unknown(plan, options):
            known = fetch_models(project, request, plan, observer)
            if known.failed is not None:
                return ended(known.failed)
            plan = known.plan
        recorder, outcome = _execute(plan, project.root, project.source.text, options, observer, engine)
    return _tell(recorder, outcome)


def _unknown(plan: Plan, options: Options) -> bool:
    names = {node.name for node in plan.nodes}
    return not names.issuperset((*options.only, *([options.from_] if options.from_ else [])))


def _execute(
    plan: Plan, root: Path, text: str, options: Options, observer: Observer, engine: Engine
) -> tuple[Recorder, RunOutcome]:
    from recipedsl.runtime.execute import Together
    from recipedsl.runtime.records import Recorder

    recorder = Recorder(root, text)
    return recorder, carry_out(plan, root, options, Together(observer, recorder), engine)


def _tell(recorder: Recorder, outcome: RunOutcome) -> int:
    """Scores to the output, problems and where everything lies to the error stream."""
    from recipedsl.report.numbers import duration
    from recipedsl.report.runs import draw_evals
    from recipedsl.runtime.execute import judged_results

    evals = judged_results(outcome.results, outcome.gates)
    show_lines([*draw_evals(evals, screen_width(sys.stdout)), ()] if evals else [])
    code = ended(outcome)
    if recorder.folder.name:
        hint = "; the same command goes on from here" if outcome.state == "interrupted" else ""
        took = f"{outcome.state} after {duration(outcome.seconds)}{hint}"
        click.echo(f"{took}: {_seen_from_here(recorder.folder)}", err=True)
    return code


def _seen_from_here(folder: Path) -> Path:
    try:
        return folder.relative_to(Path.cwd())
    except ValueError:
        return folder
