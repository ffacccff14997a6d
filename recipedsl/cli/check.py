"""`recipedsl check`: everything that can be said of recipes before rows are counted and models are there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recipedsl.cli import exit_codes
from recipedsl.cli.options import request_of, request_options, root_option
from recipedsl.cli.output import Format, show_diagnostics, show_lines
from recipedsl.cli.project import STDIN, Project, load_recipe
from recipedsl.cli.selection import Selection, selectors
from recipedsl.cli.settings import Settings, forget_settings, recipes_under, settings_for

if TYPE_CHECKING:
    from recipedsl.cli.watching import Seen
    from recipedsl.compiler import Request
    from recipedsl.compiler.fixing import Diagnose, Fixed
    from recipedsl.diagnostics import Diagnostic
    from recipedsl.plan.facts import Facts
    from recipedsl.source import Source


@dataclass(frozen=True)
class _Order:
    """What was asked for."""

    paths: tuple[str, ...]
    form: Format
    request: Request
    root: Path | None
    selection: Selection
    fix: bool
    unsafe: bool
    diff: bool
    exit_zero: bool
    statistics: bool


@click.command()
@click.argument("paths", nargs=-1)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "concise", "json", "sarif", "github"]),
    default="text",
    help="How problems are shown.",
)
@click.option("--fix", is_flag=True, help="Apply the fixes that are safe.")
@click.option(
    "--unsafe-fixes", is_flag=True, help="With --fix or --diff: those too that change what is meant."
)
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option(
    "--select", multiple=True, metavar="CODES", help="Show only these lints: L104, L1, unused-allow."
)
@click.option("--ignore", multiple=True, metavar="CODES", help="Do not show these.")
@click.option("--statistics", is_flag=True, help="Count the problems of each code instead of showing them.")
@click.option("--exit-zero", is_flag=True, help="End with 0 whatever is found.")
@click.option("--watch", is_flag=True, help="Check again whenever a recipe, or what it names, changes.")
@request_options
@root_option
def check(
    paths: tuple[str, ...],
    form: Format,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    statistics: bool,
    exit_zero: bool,
    watch: bool,
    sets: tuple[str, ...],
    profile: str,
    overrides: tuple[str, ...],
    root: Path | None,
) -> int:
    """Find what is wrong with recipes.

    PATHS are recipes, folders of them, or - for the standard input; without any, all below this folder.
    Reads of the data no more than some rows, never touches a model or the network.

    Lints are allowed in a recipe by `# ftr: allow(L104) reason`, above `ftr 1` in all of it, in a project by
    `ignore = ["L104"]` in recipedsl.toml or `[tool.recipedsl]` of pyproject.toml; errors are not allowed
    anywhere.
    """
    _refuse(paths, fix=fix, unsafe=unsafe_fixes, diff=diff, watch=watch)
    request = request_of(sets, profile, overrides)
    selection = Selection(selectors(select, "--select"), selectors(ignore, "--ignore"))
    order = _Order(
        paths, form, request, root, selection, fix, unsafe_fixes, diff, exit_zero, statistics
    )  # fmt: skip
    if watch:
        _watch(order)
    return _check(order, None)


def _refuse(paths: tuple[str, ...], *, fix: bool, unsafe: bool, diff: bool, watch: bool) -> None:
    """Combinations that mean nothing. Raises click.UsageError."""
    if fix and diff:
        raise click.UsageError("--diff changes nothing, --fix does; one of them is wanted")
    if unsafe and not (fix or diff):
        raise click.UsageError("--unsafe-fixes says which fixes --fix and --diff take; one of them is wanted")
    if STDIN in paths and (fix or watch):
        what = "--fix changes files; it cannot change" if fix else "--watch looks at files; it cannot watch"
        raise click.UsageError(f"{what} the standard input")


def _check(order: _Order, seen: Seen | None) -> int:
    recipes = list(recipes_under(order.paths))
    if not recipes:
        raise click.UsageError("there is no recipe (*.ftr) below this folder")
    found, changed = list(_of_settings(recipes, seen)), False
    for path in recipes:
        problems, fixed = _recipe(path, order, seen)
        changed = _tell_fixes(path, fixed, order) or changed
        found += problems
    if not order.diff:
        _show(order, found, len(recipes))
    failed = any(each.is_error for each in found) or (order.diff and changed)
    return exit_codes.RECIPE_ERRORS if failed and not order.exit_zero else exit_codes.FINE


# --- one recipe -----------------------------------------------------------------------------------


def _of_settings(recipes: list[str], seen: Seen | None) -> list[Diagnostic]:
    """What is wrong with the settings that hold for the recipes; each file once."""
    files: dict[Path, Settings] = {}
    for each in recipes:
        settings = settings_for(Path(each).parent if each != STDIN else Path())
        if settings.file is not None:
            files[settings.file] = settings
            if seen is not None:
                seen.add(settings.file)
    return [problem for settings in files.values() for problem in settings.problems]


def _recipe(path: str, order: _Order, seen: Seen | None) -> tuple[list[Diagnostic], Fixed | None]:
    """What is wrong with one recipe, after its fixes; one that cannot be read is a problem too."""
    from recipedsl.cli.wiring import facts_of
    from recipedsl.compiler import check_source
    from recipedsl.diagnostics import RecipeError

    if seen is not None:
        seen.add(Path(path).resolve())
    try:
        project = load_recipe(path, order.root)
    except RecipeError as error:
        return list(error.diagnostics), None
    facts: Facts = facts_of(project.root)
    if seen is not None:
        from recipedsl.cli.asked import Asking

        facts = Asking(facts, project.root, seen)
    selection = _selection(path, order)

    def diagnose(source: Source) -> list[Diagnostic]:
        found = check_source(source, facts, order.request).problems.in_order()
        return [each for each in found if selection.shows(each)]

    if not (order.fix or order.diff):
        return diagnose(project.source), None
    fixed = _fix(project, diagnose, order)
    return diagnose(fixed.source), fixed


def _selection(path: str, order: _Order) -> Selection:
    """What the command line says, else the settings of the project; what is ignored adds up."""
    file = Path(path if path != STDIN else ".")
    settings = settings_for(file.parent if path != STDIN else file)
    select = order.selection.select or settings.select
    # What the command line selects by its code or name is wanted, whatever the project ignores.
    ignore = tuple(each for each in settings.ignored_in(file) if each not in order.selection.select)
    return Selection(select, (*order.selection.ignore, *ignore))


# --- fixes ------------------------------------------------------------------------------------------


def _fix(project: Project, diagnose: Diagnose, order: _Order) -> Fixed:
    from recipedsl.compiler.fixing import fix_all
    from recipedsl.diagnostics import Applicability

    kinds = {Applicability.SAFE, Applicability.UNSAFE} if order.unsafe else {Applicability.SAFE}
    return fix_all(project.source, diagnose, frozenset(kinds))


def _tell_fixes(path: str, fixed: Fixed | None, order: _Order) -> bool:
    """Writes the file, or shows what would be written; whether there was something to fix."""
    if fixed is None or not fixed.fixes:
        return False
    if order.diff:
        from recipedsl.cli.output import show_diff

        show_diff(fixed.source.path, load_recipe(path, order.root).source.text, fixed.source.text, "fixed")
        return True
    from recipedsl.diagnostics.render.pieces import escaped

    Path(path).write_bytes(fixed.source.text.encode())
    for each in fixed.fixes:
        what = f"fixed {each.code}: {each.message}; {each.text}"
        click.echo(escaped(f"{fixed.source.path}:{each.line}: {what}"), err=True)
    count = len(fixed.fixes)
    click.echo(f"fixed {count} problem{'' if count == 1 else 's'} in {escaped(fixed.source.path)}", err=True)
    return True


# --- what is shown ----------------------------------------------------------------------------------


def _show(order: _Order, found: list[Diagnostic], recipes: int) -> None:
    if order.statistics:
        _show_statistics(found)
        return
    show_diagnostics(found, form=order.form, err=False)
    if not found and order.form == "text":
        click.echo(f"{recipes} recipe{'' if recipes == 1 else 's'} checked, nothing found")


def _show_statistics(found: list[Diagnostic]) -> None:
    """How many of each code, most first."""
    from collections import Counter

    from recipedsl.diagnostics.render.pieces import Piece, Role, line

    counts = Counter((each.code, each.kind.name) for each in found)
    show_lines(
        line(f"{count:>5}  ", Piece(code, Role.NAME), f"  {name}")
        for (code, name), count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    )


def _watch(order: _Order) -> None:
    """Checks until Ctrl-C, which raises KeyboardInterrupt."""
    from recipedsl.cli.watching import again_and_again

    def act(seen: Seen) -> None:
        click.clear()
        forget_settings()
        for path in order.paths or (".",):
            # A recipe that is new in a folder changes the folder.
            seen.add(Path(path).resolve())
        _check(order, seen)
        click.echo(f"\nwatching {len(seen.files)} files; Ctrl-C ends", err=True)

    again_and_again(act)
