"""`recipedsl store`: the results of a project, listed, checked and tidied."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recipedsl.cli import exit_codes
from recipedsl.cli.options import root_option
from recipedsl.cli.output import screen_width, show_diagnostics, show_lines
from recipedsl.cli.project import find_recipes, load_recipe, root_of

if TYPE_CHECKING:
    from recipedsl.runtime.store import Result


@click.group()
def store() -> None:
    """Look after the store of results (.recipedsl/store)."""


@store.command(name="list")
@root_option
def list_(root: Path | None) -> None:
    """Every result with its size and the time it took."""
    from recipedsl.cli.wiring import store_of
    from recipedsl.report.numbers import plural, size

    found = store_of(root or root_of(Path())).list()
    _show(found)
    total = sum(each.bytes for each in found)
    click.echo(f"{plural(len(found), 'result')}, {size(total)}")


def _show(results: Sequence[Result]) -> None:
    from recipedsl.report.layout import Cell, Table
    from recipedsl.report.numbers import duration, size

    rows = [
        [
            Cell(f"{each.manifest.kind} {each.manifest.name}"),
            Cell(each.manifest.fingerprint[:12]),
            Cell(size(each.bytes)),
            Cell(duration(each.manifest.seconds)),
        ]
        for each in results
    ]
    show_lines(Table(rows, (False, False, True, True)).lines(screen_width(sys.stdout)))


@store.command(short_help="Hash every file; set aside what is damaged.")
@root_option
def verify(root: Path | None) -> int:
    """Hash every file of every result; what is damaged is set aside and made again when needed."""
    from recipedsl.cli.wiring import store_of
    from recipedsl.report.numbers import plural

    place = store_of(root or root_of(Path()))
    results = place.list()
    for each in results:
        place.verify(each.manifest.fingerprint)
    damage = place.take_damage()
    show_diagnostics(damage)
    click.echo(f"{plural(len(results), 'result')} verified, {len(damage)} damaged")
    return exit_codes.RUN_FAILED if damage else exit_codes.FINE


@store.command(short_help="Take over a store that was made elsewhere.")
@root_option
def adopt(root: Path | None) -> int:
    """Take over a store that was made elsewhere: moved, mounted, or of people one trusts.

    Hashes every file first; what is damaged is set aside. From then on its results are used as if they had
    been made here.
    """  # fmt: skip
    from recipedsl.cli.wiring import store_of
    from recipedsl.report.numbers import plural, size
    from recipedsl.runtime.ownership import ownership_of

    place = store_of(root or root_of(Path()))
    results = ownership_of(place).adopt()
    damage = place.take_damage()
    show_diagnostics(damage)
    held = size(sum(each.bytes for each in results))
    click.echo(f"{plural(len(results), 'result')} adopted, {held}; {len(damage)} damaged")
    return exit_codes.FINE


@store.command(short_help="Remove results that nothing uses.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
@root_option
def gc(dry_run: bool, root: Path | None) -> int:
    """Remove results that no recipe of the project and no run under runs/ uses.

    To let go of a run's results, delete its folder first.
    """
    from recipedsl.cli.wiring import store_of
    from recipedsl.report.numbers import plural, size

    home = root or root_of(Path())
    place = store_of(home)
    keep = _used_by_recipes(home) | _used_by_runs(home)
    if dry_run:
        unused = tuple(each for each in place.list() if each.manifest.fingerprint not in keep)
    else:
        unused = place.gc(keep)
    _show(unused)
    verb = "would be removed" if dry_run else "removed"
    click.echo(f"{plural(len(unused), 'result')} {verb}, {size(sum(each.bytes for each in unused))}")
    return exit_codes.FINE


def _used_by_recipes(root: Path) -> set[str]:
    """Fingerprints of what the recipes of the project would use now, and of what they used last.

    A recipe with errors would use nothing now; what it used last is kept.
    """
    from recipedsl.cli.wiring import facts_of
    from recipedsl.compiler import compile_source
    from recipedsl.diagnostics import RecipeError

    used: set[str] = set()
    for path in find_recipes([str(root)]):
        try:
            plan = compile_source(load_recipe(path, root).source, facts_of(root)).plan
        except RecipeError:
            plan = None  # no text at all: it uses nothing
        used |= {node.fingerprint for node in plan.nodes} if plan else set()
    for note in (root / ".recipedsl" / "store" / "last").rglob("*.json"):
        used.add(_fingerprint_in(note))
    return used


def _fingerprint_in(note: Path) -> str:
    """Empty where the note is none: somebody has edited it."""
    try:
        return str(json.loads(note.read_text("utf-8"))["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def _used_by_runs(root: Path) -> set[str]:
    from recipedsl.runtime.records import list_runs

    nodes = (node for run in list_runs(root) for node in run.outcome.get("nodes", []))
    return {str(node.get("fingerprint", "")) for node in nodes}
