"""`recipedsl store`: the results of a project, listed, checked and tidied."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recipedsl.cli import exit_codes
from recipedsl.cli.options import root_option
from recipedsl.cli.output import screen_width, show_diagnostics, show_lines
from recipedsl.cli.project import find_recipes, load_recipe, root_of

if TYPE_CHECKING:
    from recipedsl.data.reading.remote import Unused
    from recipedsl.plan.model import Plan
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
    """Remove results that no recipe of the project and no run under runs/ uses, and rows fetched for none.

    To let go of a run's results, delete its folder first. Of rows fetched from an address the newest stay,
    as long as a recipe or a result that stays reads them.
    """  # fmt: skip
    from recipedsl.cli.wiring import store_of
    from recipedsl.report.numbers import plural, size

    home = root or root_of(Path())
    place = store_of(home)
    recipes = _Recipes.of(home)
    keep = recipes.fingerprints | _used_by_runs(home)
    fetched = _tidy_fetched(home, recipes, keep, dry_run=dry_run)
    if dry_run:
        unused = tuple(each for each in place.list() if each.manifest.fingerprint not in keep)
    else:
        unused = place.gc(keep)
    _show(unused)
    verb = "would be removed" if dry_run else "removed"
    click.echo(f"{plural(len(unused), 'result')} {verb}, {size(sum(each.bytes for each in unused))}")
    if fetched:
        held = size(sum(each.size for each in fetched))
        click.echo(f"{plural(len(fetched), 'fetched file')} {verb}, {held}")
    return exit_codes.FINE


@dataclass(frozen=True)
class _Recipes:
    """What the recipes of a project use.

    Attributes:
        fingerprints: of what they would use now, and of what they used last.
        addresses: that their datasets are read from.
        are_read: whether all could be compiled; the addresses of one with errors are not known.
    """

    fingerprints: set[str]
    addresses: set[str]
    are_read: bool

    @classmethod
    def of(cls, root: Path) -> _Recipes:
        """A recipe with errors would use nothing now; what it used last is kept."""
        plans = list(_plans(root))
        nodes = [node for plan in plans if plan for node in plan.nodes]
        last = {_fingerprint_in(note) for note in (root / ".recipedsl" / "store" / "last").rglob("*.json")}
        addresses = {_address_of(node.model_dump(mode="json")) for node in nodes}
        return cls({node.fingerprint for node in nodes} | last, addresses, None not in plans)


def _plans(root: Path) -> Iterator[Plan | None]:
    from recipedsl.cli.wiring import facts_of
    from recipedsl.compiler import compile_source
    from recipedsl.diagnostics import RecipeError

    for path in find_recipes([str(root)]):
        try:
            yield compile_source(load_recipe(path, root).source, facts_of(root)).plan
        except RecipeError:
            yield None  # no text at all


def _address_of(node: Mapping[str, Any]) -> str:
    """Where a node's rows are read from; empty when it reads none."""
    source = node.get("source")
    return str(source.get("path", "")) if isinstance(source, dict) else ""


def _tidy_fetched(root: Path, recipes: _Recipes, keep: set[str], *, dry_run: bool) -> tuple[Unused, ...]:
    """Removes rows that were fetched and that nothing which stays reads, and shows them."""
    from recipedsl.cli.wiring import store_of
    from recipedsl.data.reading.remote import tidied
    from recipedsl.report.layout import Cell, Table
    from recipedsl.report.numbers import size

    staying = [each for each in store_of(root).list() if each.manifest.fingerprint in keep]
    addresses = recipes.addresses | {_address_of(each.node) for each in staying}
    unused = tidied(root, lambda each: not recipes.are_read or each in addresses, dry_run=dry_run)
    rows = [
        [Cell(f"fetched {each.name or 'before, and changed since'}"), Cell(each.file.parent.name[:12]),
         Cell(size(each.size)), Cell("")]
        for each in unused
    ]  # fmt: skip
    show_lines(Table(rows, (False, False, True, True)).lines(screen_width(sys.stdout)))
    return unused


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
