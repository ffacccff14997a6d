"""`recipedsl data`: what a recipe's datasets hold, row by row and step by step."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recipedsl.cli import exit_codes
from recipedsl.cli.looking import (
    Dataset,
    dataset_named,
    datasets_of,
    funnel_of,
    profile_of_result,
    read_by,
    row_of,
)
from recipedsl.cli.options import request_of, request_options, root_option, written_to
from recipedsl.cli.output import screen_width, show_diagnostics, show_lines
from recipedsl.cli.preparing import NotCompiled, carry_out, exit_code_of, progress
from recipedsl.cli.project import Project, load_recipe

if TYPE_CHECKING:
    from recipedsl.compiler import Request
    from recipedsl.data.profiles.model import Made, Profile
    from recipedsl.data.profiles.rows import Rows
    from recipedsl.language.expressions import Expression
    from recipedsl.plan.model import DataNode, Plan
    from recipedsl.runtime.store import Result, Store

#: Version of what `--json` writes.
_VERSION = 1
#: Rows that are shown when nobody says how many.
_ROWS = 5
_MOST_ROWS = 10_000


@dataclass(frozen=True)
class Asked:
    """What is to be shown of a dataset.

    Attributes:
        rows: how many rows; None for none.
        where: which rows, as a condition; empty for all.
        seed: of a draw; None for the first rows.
        columns: which columns of the rows; all when empty.
        funnel: whether the steps are looked at.
        html: file of the page; None for none, empty for one that is named after the dataset.
        as_json: whether programs read it.
    """

    rows: int | None
    where: str
    seed: int | None
    columns: tuple[str, ...]
    funnel: bool
    html: str | None
    as_json: bool


def _condition_given(_: click.Context, __: click.Parameter, value: str | None) -> str:
    """A condition that is given, and empty. Raises click.BadParameter."""
    if value is not None and not value.strip():
        raise click.BadParameter("give a condition, such as 'difficulty == \"hard\"'")
    return value or ""


@click.command(short_help="Look at the rows: profile, rows, funnel.")
@click.argument("recipe")
@click.argument("name", default="")
@click.option(
    "--rows",
    "count",
    is_flag=False,
    flag_value=str(_ROWS),
    type=click.IntRange(1, _MOST_ROWS),
    metavar="[N]",
    help=f"Show rows; {_ROWS} when no number is given.",
)
@click.option(
    "--where", callback=_condition_given, metavar="EXPR", help="Look only at rows for which this is true."
)
@click.option("--sample", is_flag=True, help="Draw the rows instead of taking the first.")
@click.option("--seed", type=int, help="Seed of the draw; implies --sample.")
@click.option("--columns", default="", metavar="A,B", help="Show these columns of the rows.")
@click.option("--funnel", is_flag=True, help="Show what fell at each step, and three rows of it.")
@click.option(
    "--html",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[FILE]",
    callback=written_to("--html", ".html", ".htm"),
    help="Write a page of its own; named after the dataset when no file is named.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs; rows one a line.")
@request_options
@root_option
def data(
    recipe: str,
    name: str,
    count: int | None,
    where: str,
    sample: bool,
    seed: int | None,
    columns: str,
    funnel: bool,
    html: str | None,
    as_json: bool,
    sets: tuple[str, ...],
    profile: str,
    overrides: tuple[str, ...],
    root: Path | None,
) -> int:
    """Show what the dataset NAME of RECIPE holds: a profile, some of its rows, or its funnel.

    NAME may be a part, as `pairs.train`; without it the datasets are listed. What is not in the store yet
    is made, as `plan` would make it; nothing is trained, no model is fetched.
    """  # fmt: skip
    drawn = seed if seed is not None else 0 if sample else None
    names = tuple(each.strip() for each in columns.split(",") if each.strip())
    asked = Asked(
        count or (_ROWS if drawn is not None or names else None), where, drawn, names, funnel, html, as_json
    )
    _check(name, asked)
    project, request = load_recipe(recipe, root), request_of(sets, profile, overrides)
    try:
        looking = _Looking.begin(project, request)
        return looking.all(asked) if not name else looking.one(name, asked)
    except NotCompiled as error:
        return error.exit_code


def _check(name: str, asked: Asked) -> None:
    """Refuses what does not go together, or cannot be drawn. Raises RecipeError or click.UsageError."""
    if not name and (asked.rows or asked.where or asked.funnel or asked.html is not None):
        raise click.UsageError("name a dataset too; `recipedsl data RECIPE` lists them")
    if asked.funnel and (asked.where or asked.rows) and asked.html is None:
        raise click.UsageError("--funnel looks at all rows: leave --where and --rows out")
    if asked.html is not None and asked.as_json:
        raise click.UsageError("--html writes a page, --json for programs: one of the two")
    if asked.html is not None:
        _check_drawing()
        _check_folder(Path(asked.html))


def _check_drawing() -> None:
    """Before anything is made. Raises RecipeError when the library that draws is not installed."""
    from recipedsl.diagnostics import RecipeError
    from recipedsl.diagnostics.extras import extra_missing
    from recipedsl.report.data_html import can_draw

    if not can_draw():
        raise RecipeError(extra_missing("`--html`", "matplotlib", "html"))


# --- what is shown ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Looking:
    """A compiled recipe and its store."""

    project: Project
    request: Request
    plan: Plan
    store: Store

    @classmethod
    def begin(cls, project: Project, request: Request) -> _Looking:
        """Compiles. Raises NotCompiled when the recipe has errors; they have been shown."""
        from recipedsl.cli.wiring import facts_of, own_store_of
        from recipedsl.compiler import compile_source

        outcome = compile_source(project.source, facts_of(project.root, fetch=True), request)
        if outcome.plan is None:
            show_diagnostics(outcome.problems.in_order())
            raise NotCompiled
        return cls(project, request, outcome.plan, own_store_of(project.root, begin=True))

    def all(self, asked: Asked) -> int:
        """Lists the datasets with their rows; those that can be made are made."""
        from recipedsl.report.data_view import Listed, draw_datasets

        nodes = datasets_of(self.plan)
        code = self._make([each for each in nodes if not self._later([each])])
        listed = []
        for node in nodes:
            result = self.store.get(node.fingerprint)
            rows: dict[str, int] = result.manifest.facts["rows"] if result else {}
            parts = {part: number for part, number in rows.items() if part}
            readers = read_by(node.name, self.plan)
            total = sum(rows.values()) if result else None
            listed.append(Listed(node.name, str(node.shape), total, parts, readers, node.doc))
        if asked.as_json:
            _print_json("datasets", {"datasets": [_listed(each) for each in listed]})
        else:
            show_lines(draw_datasets(self.plan.recipe, listed, screen_width(sys.stdout)))
        return code

    def one(self, name: str, asked: Asked) -> int:
        """Shows what was asked of one dataset."""
        dataset = dataset_named(self.plan, name)
        later = self._later([dataset.node])
        if later:
            show_diagnostics(later)
            return exit_codes.RECIPE_ERRORS
        if asked.funnel and asked.html is None:
            return self._funnel(dataset, asked)
        code = self._make([dataset.node])
        result = self.store.get(dataset.node.fingerprint)
        if code or result is None:
            return code or exit_codes.RUN_FAILED
        condition = self._condition(dataset, result, asked.where)
        if asked.html is not None:
            return self._page(dataset, result, condition, asked)
        if asked.rows is not None:
            return self._rows(dataset, result, condition, asked)
        return self._profile(dataset, result, condition, asked)

    # --- modes --------------------------------------------------------------------------------------

    def _profile(self, dataset: Dataset, result: Result, condition: Expression | None, asked: Asked) -> int:
        from recipedsl.report.data_view import draw_profile

        found = self._profiled(dataset, result, condition)
        if asked.as_json:
            about = _about(dataset, result, asked.where)
            _print_json("profile", {**about, "profile": found.model_dump(mode="json")})
            return exit_codes.FINE
        head = _head(dataset, result, asked.where)
        show_lines(draw_profile(head, found, screen_width(sys.stdout), plain=not _has_blocks()))
        return exit_codes.FINE

    def _profiled(self, dataset: Dataset, result: Result, condition: Expression | None) -> Profile:
        if condition is None:
            return profile_of_result(dataset, result, self.project.root)
        from recipedsl.data.profiles.parts import rows_in
        from recipedsl.data.profiles.profile import profile_of

        frame = rows_in(result.folder, dataset.parts, condition)
        return profile_of(frame, dataset.node.shape, row_of(result))

    def _rows(self, dataset: Dataset, result: Result, condition: Expression | None, asked: Asked) -> int:
        from recipedsl.report.data_rows import draw_rows

        found = self._some(dataset, result, condition, asked)
        if asked.as_json:
            for _, row in found.rows:
                click.echo(json.dumps(row, ensure_ascii=False, default=str))
            return exit_codes.FINE
        show_lines(draw_rows(found.rows, found.of, screen_width(sys.stdout)))
        return exit_codes.FINE

    def _some(self, dataset: Dataset, result: Result, condition: Expression | None, asked: Asked) -> Rows:
        from recipedsl.data.profiles.parts import rows_in
        from recipedsl.data.profiles.rows import some_rows

        _check_columns(dataset, result, asked.columns)
        frame = rows_in(result.folder, dataset.parts, condition)
        return some_rows(frame, asked.rows or _ROWS, asked.columns, asked.seed)

    def _funnel(self, dataset: Dataset, asked: Asked) -> int:
        from recipedsl.report.data_funnel import draw_funnel
        from recipedsl.report.plan_nodes import source_words

        made, code = self._funnelled(dataset)
        if made is None:
            return code
        if asked.as_json:
            form = {"dataset": dataset.node.name, "funnel": made.funnel.model_dump(mode="json")}
            _print_json("funnel", form)
        else:
            source = source_words(dataset.node)
            width = screen_width(sys.stdout)
            show_lines(draw_funnel(dataset.node.name, source, made.funnel, width, plain=not _has_blocks()))
        return self._told(made)

    def _funnelled(self, dataset: Dataset) -> tuple[Made | None, int]:
        """The funnel; what it reads is made first. A gate that does not hold is no reason not to look."""
        from recipedsl.plan.model import DataNode, inputs_of

        inputs = [self.plan.node(each) for each in inputs_of(dataset.node)]
        code = self._make([each for each in inputs if isinstance(each, DataNode)])
        if code:
            return None, code
        results = {each.name: self.store.get(each.fingerprint) for each in inputs}
        folders = {each: result.folder for each, result in results.items() if result is not None}
        return funnel_of(dataset, self.plan, self.store, folders), exit_codes.FINE

    def _told(self, made: Made) -> int:
        """Says what was wrong with steps."""
        from recipedsl.runtime.execute.places import placed

        problems = [placed(each, origin, self.project.root) for each, origin in made.problems]
        show_diagnostics(problems)
        return exit_codes.RUN_FAILED if problems else exit_codes.FINE

    def _page(self, dataset: Dataset, result: Result, condition: Expression | None, asked: Asked) -> int:
        from recipedsl.report.data_html import Page, draw_page
        from recipedsl.report.plan_nodes import source_words

        place = Path(asked.html or f"{dataset.name}.html")
        _check_place(place)
        profile = self._profiled(dataset, result, condition)
        rows = self._some(dataset, result, condition, asked)
        made, code = self._funnelled(dataset) if asked.funnel else (None, exit_codes.FINE)
        page = Page(
            _head(dataset, result, asked.where), self.plan.recipe, source_words(dataset.node),
            profile, rows.rows, rows.of, made.funnel if made else None,
        )  # fmt: skip
        word = "replaced" if place.exists() else "wrote"
        place.write_text(draw_page(page), encoding="utf-8")
        click.echo(f"{word} {place}")
        return self._told(made) if made else code

    # --- making -------------------------------------------------------------------------------------

    def _make(self, nodes: Iterable[DataNode]) -> int:
        """Makes what is not in the store yet; nothing is said of what is."""
        from recipedsl.runtime.execute import Options

        missing = [each for each in nodes if self.store.get(each.fingerprint) is None]
        show_diagnostics(self.store.take_damage())
        if not missing:
            return exit_codes.FINE
        needed = self._needed(missing)
        part = self.plan.model_copy(
            update={"nodes": tuple(each for each in self.plan.nodes if each.name in needed), "later": ()}
        )
        with progress() as observer:
            outcome = carry_out(part, self.project.root, Options(), observer)
        show_diagnostics((*outcome.diagnostics, *outcome.gates_failed))
        return exit_code_of(outcome)

    def _needed(self, nodes: Iterable[DataNode]) -> set[str]:
        from recipedsl.plan.model import inputs_of

        found = {each.name for each in nodes}
        for node in reversed(self.plan.nodes):
            if node.name in found:
                found.update(inputs_of(node))
        return found

    def _later(self, nodes: Iterable[DataNode]) -> list[Any]:
        """Why datasets cannot be made: what they are made of cannot be carried out yet."""
        from recipedsl.diagnostics import Diagnostic
        from recipedsl.diagnostics.codes.plan import NotYet
        from recipedsl.plan.model import DataNode, LaterSource
        from recipedsl.runtime.execute.places import placed

        found = []
        for name in self._needed(nodes):
            node = self.plan.node(name)
            if not isinstance(node, DataNode):
                words = f"its rows stand behind `{name}`, and `data` trains and asks nothing"
            elif isinstance(node.source, LaterSource):
                words = f"`{node.source.keyword}` cannot be carried out yet"
            elif any(step.scores for step in node.steps):
                words = "`score` cannot be carried out yet"
            else:
                continue
            found.append(placed(Diagnostic(NotYet, words), node.origin, self.project.root))
        return found

    def _condition(self, dataset: Dataset, result: Result, text: str) -> Expression | None:
        from recipedsl.cli.wiring import facts_of
        from recipedsl.compiler import condition_over

        if not text:
            return None
        facts = facts_of(self.project.root)
        return condition_over(row_of(result), dataset.name, text, self.project.source, facts, self.request)


# --- small things ---------------------------------------------------------------------------------------


def _rows_of(dataset: Dataset, result: Result) -> Mapping[str, int]:
    rows = result.manifest.facts["rows"]
    return {part: int(rows[part]) for part in dataset.parts}


def _head(dataset: Dataset, result: Result, where: str) -> Any:
    from recipedsl.report.data_view import Head

    rows = _rows_of(dataset, result)
    parts = rows if len(rows) > 1 and not where else {}
    return Head(dataset.name, str(dataset.node.shape), parts, where, sum(rows.values()))


def _about(dataset: Dataset, result: Result, where: str) -> dict[str, Any]:
    rows = _rows_of(dataset, result)
    return {"dataset": dataset.name, "shape": str(dataset.node.shape), "rows": rows, "where": where}


def _listed(found: Any) -> dict[str, Any]:
    parts, readers = dict(found.parts), list(found.read_by)
    return {"name": found.name, "shape": found.shape, "rows": found.rows, "parts": parts, "read_by": readers}


def _print_json(kind: str, form: dict[str, Any]) -> None:
    click.echo(json.dumps({"schema": f"recipedsl.data.{kind}", "version": _VERSION, **form}, indent=2))


def _check_columns(dataset: Dataset, result: Result, columns: tuple[str, ...]) -> None:
    """Raises RecipeError for a column that the dataset does not have."""
    from recipedsl.diagnostics import Diagnostic, Help, Label, RecipeError, nearest
    from recipedsl.diagnostics.codes.data import UnknownColumn
    from recipedsl.source import Source, Span

    known = row_of(result).names
    shown = Source("--columns", ",".join(columns))
    found = []
    for each in columns:
        if each not in known:
            start = shown.text.find(each)
            close = nearest(each, known)
            helps = (Help(f"a similar name exists: `{close}`"),) if close else ()
            if set(each.split()) <= {*known}:
                helps = (Help(f"put commas between them: `{','.join(each.split())}`"),)
            notes = ("the columns here: " + ", ".join(f"`{name}`" for name in known),)
            label = Label(shown, Span(start, start + len(each)), "no such column")
            words = f"unknown column `{each}` in `{dataset.name}`"
            found.append(Diagnostic(UnknownColumn, words, label, notes=notes, helps=helps))
    if found:
        raise RecipeError(*found)


def _check_place(place: Path) -> None:
    """A file that is no page of ours is not written over. Raises click.UsageError."""
    from recipedsl.report.data_html import MARK

    if place.is_dir():
        raise click.UsageError(f"{place} is a folder; name a file")
    if place.exists() and MARK not in place.read_text("utf-8", "replace")[:500]:
        raise click.UsageError(f"{place} is there and is no page of recipedsl; name another file")


def _check_folder(place: Path) -> None:
    """Before anything is made. Raises click.UsageError where the page's folder is not there."""
    if not place.parent.is_dir():
        raise click.UsageError(f"there is no folder {place.parent} to write {place.name} to")


def _has_blocks() -> bool:
    """Whether the output can hold block characters."""
    try:
        "▁█▏".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
