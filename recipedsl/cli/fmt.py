"""`recipedsl fmt`: the one form of a recipe."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import click

from recipedsl.cli import exit_codes
from recipedsl.cli.output import show_diagnostics, show_lines
from recipedsl.cli.project import STDIN, find_recipes, load_recipe


@click.command()
@click.argument("paths", nargs=-1)
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; end with 1 if something would change."
)
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
def fmt(paths: tuple[str, ...], only_check: bool, diff: bool) -> int:
    """Put recipes into their one form; comments stay where they are.

    PATHS are recipes, folders of them, or - to format the standard input to the standard output;
    without any, all recipes below this folder. A recipe with syntax errors is left as it is.
    """
    recipes = list(find_recipes(paths))
    outcomes = [_format(path, write=not (only_check or diff), diff=diff) for path in recipes]
    changed = sum(outcome is True for outcome in outcomes)
    broken = sum(outcome is None for outcome in outcomes)
    if STDIN not in recipes and not diff:
        verb = "would be formatted" if only_check else "formatted"
        click.echo(f"{changed} of {len(recipes)} recipe{'' if len(recipes) == 1 else 's'} {verb}", err=True)
    failed = broken or (changed and (only_check or diff))
    return exit_codes.RECIPE_ERRORS if failed else exit_codes.FINE


def _format(path: str, *, write: bool, diff: bool) -> bool | None:
    """Whether the form of a recipe differs; None when it cannot be told."""
    from recipedsl.diagnostics import RecipeError
    from recipedsl.syntax import parse
    from recipedsl.syntax.format import format_source

    try:
        source = load_recipe(path).source
    except RecipeError as error:
        show_diagnostics(error.diagnostics, summary=False)
        return None
    problems = [each for each in parse(source)[1].in_order() if each.is_error]
    if problems:
        show_diagnostics(problems)
        return None
    text = format_source(source)
    if diff:
        _show_diff(source.path, source.text, text)
    elif path == STDIN and write:
        sys.stdout.write(text)
    elif write and text != source.text:
        Path(path).write_bytes(text.encode())
    return text != source.text


def _show_diff(path: str, before: str, after: str) -> None:
    from recipedsl.diagnostics.render.pieces import Piece, Role, escaped, line

    roles = {"+": Role.ADDED, "-": Role.REMOVED, "@": Role.GUTTER}
    rows = difflib.unified_diff(
        before.splitlines(), after.splitlines(), path, f"{path} (formatted)", lineterm=""
    )
    show_lines(line(Piece(escaped(row), roles.get(row[:1], Role.PLAIN))) for row in rows)
