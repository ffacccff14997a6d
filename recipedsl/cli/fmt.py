"""`recipedsl fmt`: the one form of a recipe."""

from __future__ import annotations

import difflib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import click

from recipedsl.cli import exit_codes
from recipedsl.cli.output import show_diagnostics, show_lines
from recipedsl.cli.project import STDIN, load_recipe
from recipedsl.cli.settings import recipes_under


@click.command()
@click.argument("paths", nargs=-1)
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; name what would change, and end with 1."
)
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
def fmt(paths: tuple[str, ...], only_check: bool, diff: bool) -> int:
    """Put recipes into their one form; comments stay where they are.

    PATHS are recipes, folders of them, or - to format the standard input to the standard output;
    without any, all recipes below this folder. A recipe with syntax errors is left as it is, and
    what is written has been read again: it means the same.
    """
    recipes = list(recipes_under(paths))
    if not recipes:
        raise click.UsageError("there is no recipe (*.ftr) below this folder")
    outcomes = [_format(path, write=not (only_check or diff), diff=diff) for path in recipes]
    changed = [path for path, outcome in zip(recipes, outcomes, strict=True) if outcome]
    if only_check and not diff:
        for path in changed:
            click.echo(f"would format {'<stdin>' if path == STDIN else path}")
    if STDIN not in recipes and not diff:
        verb = "would be formatted" if only_check else "formatted"
        click.echo(
            f"{len(changed)} of {len(recipes)} recipe{'' if len(recipes) == 1 else 's'} {verb}", err=True
        )
    failed = None in outcomes or (changed and (only_check or diff))
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
        _write(Path(path), text)
    return text != source.text


def _write(path: Path, text: str) -> None:
    """Puts a text in the place of a file's; whoever interrupts it finds the one or the other.

    Raises:
        OSError: the folder or the file may not be written.
    """
    path = path.resolve()  # a link stays a link
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(text.encode())
        shutil.copymode(path, name)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _show_diff(path: str, before: str, after: str) -> None:
    from recipedsl.diagnostics.render.pieces import Piece, Role, escaped, line

    roles = {"+": Role.ADDED, "-": Role.REMOVED, "@": Role.GUTTER}
    # Other line ends are a difference too.
    old, new = (text.removesuffix("\n").split("\n") for text in (before, after))
    rows = difflib.unified_diff(old, new, path, f"{path} (formatted)", lineterm="")
    show_lines(line(Piece(escaped(row), roles.get(row[:1], Role.PLAIN))) for row in rows)
