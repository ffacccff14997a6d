"""`recipedsl check`: everything that can be said of recipes without rows or models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recipedsl.cli import exit_codes
from recipedsl.cli.options import form_option, request_of, request_options, root_option
from recipedsl.cli.output import Format, show_diagnostics
from recipedsl.cli.project import STDIN, find_recipes, load_recipe

if TYPE_CHECKING:
    from recipedsl.compiler import Request
    from recipedsl.diagnostics import Diagnostic

#: A fix can uncover a problem that has a fix; more rounds than this would be a loop.
_MOST_ROUNDS = 10


@click.command()
@click.argument("paths", nargs=-1)
@form_option
@click.option("--fix", is_flag=True, help="Apply the fixes that are safe.")
@request_options
@root_option
def check(
    paths: tuple[str, ...],
    form: Format,
    fix: bool,
    sets: tuple[str, ...],
    profile: str,
    overrides: tuple[str, ...],
    root: Path | None,
) -> int:
    """Find what is wrong with recipes.

    PATHS are recipes, folders of them, or - for the standard input; without any, all below this folder.
    Reads of the data no more than some rows, never touches a model or the network.
    """
    if fix and STDIN in paths:
        raise click.UsageError("--fix changes files; it cannot change the standard input")
    request = request_of(sets, profile, overrides)
    recipes = list(find_recipes(paths))
    if not recipes:
        raise click.UsageError("there is no recipe (*.ftr) below this folder")
    fixed = sum(_fix(path, request, root) for path in recipes) if fix else 0
    found = [each for path in recipes for each in _problems(path, request, root)]
    show_diagnostics(found, form=form, err=False)
    _tell(form, len(recipes), len(found), fixed)
    return exit_codes.RECIPE_ERRORS if any(each.is_error for each in found) else exit_codes.FINE


def _tell(form: Format, recipes: int, found: int, fixed: int) -> None:
    if form == "json":
        return
    if fixed:
        click.echo(f"fixed {fixed} problem{'' if fixed == 1 else 's'}", err=True)
    if not found and form == "text":
        click.echo(f"{recipes} recipe{'' if recipes == 1 else 's'} checked, nothing found")


def _problems(path: str, request: Request, root: Path | None) -> list[Diagnostic]:
    """What is wrong with one recipe; a file that cannot be read is a problem like any other."""
    from recipedsl.cli.wiring import facts_of
    from recipedsl.compiler import check_source
    from recipedsl.diagnostics import RecipeError

    try:
        project = load_recipe(path, root)
    except RecipeError as error:
        return list(error.diagnostics)
    return check_source(project.source, facts_of(project.root), request).problems.in_order()


def _fix(path: str, request: Request, root: Path | None) -> int:
    """Applies the safe fixes of a recipe to its file, until there are none; gives their number."""
    fixed = 0
    for _ in range(_MOST_ROUNDS):
        done = _fix_once(path, request, root)
        if not done:
            break
        fixed += done
    return fixed


def _fix_once(path: str, request: Request, root: Path | None) -> int:
    from recipedsl.diagnostics import Applicability
    from recipedsl.diagnostics.render.changes import apply

    safe = [
        next(help_.edits for help_ in each.helps if help_.edits and help_.applicability is Applicability.SAFE)
        for each in _problems(path, request, root)
        if any(help_.edits and help_.applicability is Applicability.SAFE for help_ in each.helps)
    ]
    if not safe:
        return 0
    source = load_recipe(path, root).source
    # A fix goes into this file or is left alone; two that touch are applied in two rounds.
    taken, reached = [], -1
    for edits in sorted(safe, key=lambda group: group[0].span):
        start, end = min(e.span.start for e in edits), max(e.span.end for e in edits)
        if all(edit.source.path == source.path for edit in edits) and start > reached:
            taken.append(edits)
            reached = end
    if taken:
        text = apply(source.text, [edit for edits in taken for edit in edits])
        Path(path).write_bytes(text.encode())
    return len(taken)
