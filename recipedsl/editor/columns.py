"""Which columns are one and the same on their way through steps and datasets, and where each comes to be.

A column at a place is `(file, span, name)`: the span is that of the source or step behind which it stands, or
of the row type that declares it. Steps that carry a column join its places; one that makes it begins another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.names import Occurrence, Role
from recipedsl.editor.nodes import path_to
from recipedsl.language import catalogue
from recipedsl.language.steps.base import Step, Takes
from recipedsl.language.types import RowType
from recipedsl.semantics.context import Module
from recipedsl.semantics.recipe import DataReference, Dataset, Passage, ResolvedStep, WeightedScore
from recipedsl.semantics.scope import find_path
from recipedsl.source import Span
from recipedsl.syntax import tree

#: What a row tells its template, under this name and no other.
_READ_BY_NAME = "chat_template_kwargs"

#: Columns that `generate` makes.
_GENERATED = ("prompt", "completion", "draw")


class At(NamedTuple):
    """A column at a place."""

    path: str
    span: Span
    name: str


@dataclass(frozen=True)
class Use:
    """A place in a text that names a column."""

    analysis: Analysis
    span: Span
    is_new: bool


@dataclass
class Columns:
    """The columns of some recipes.

    Attributes:
        analyses: of the recipes.
        fixed: columns whose names are not the recipe's to choose, with the reason in words.
        rows: the columns that stand beside each other at a place.
    """

    analyses: list[Analysis]
    fixed: dict[At, str] = field(default_factory=dict)
    rows: dict[tuple[str, Span], set[str]] = field(default_factory=dict)
    _next: dict[At, At] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for analysis in self.analyses:
            _Reader(self, analysis).read()

    # --- joined places --------------------------------------------------------------------------------

    def join(self, one: At, other: At) -> None:
        """They are the same column."""
        first, second = self.root(one), self.root(other)
        if first != second:
            self._next[first] = second

    def root(self, column: At) -> At:
        """The one that stands for all that are the same."""
        path = []
        while column in self._next:
            path.append(column)
            column = self._next[column]
        self._next.update(dict.fromkeys(path, column))
        return column

    # --- what is asked ----------------------------------------------------------------------------------

    @cached_property
    def _uses(self) -> dict[At, list[Use]]:
        found: dict[At, list[Use]] = {}
        for analysis in self.analyses:
            for each in analysis.names.all:
                at = place_of(analysis, each)
                if at is not None:
                    is_new = each.role is Role.KEY or bool(each.column and each.column.is_new)
                    found.setdefault(self.root(at), []).append(Use(analysis, each.span, is_new))
        return found

    def uses(self, column: At) -> list[Use]:
        """Every place that names a column."""
        return self._uses.get(self.root(column), [])

    def why_fixed(self, column: At) -> str:
        """Why a column cannot have another name; empty where it can."""
        root = self.root(column)
        return next((words for at, words in self.fixed.items() if self.root(at) == root), "")

    def beside(self, column: At) -> set[str]:
        """Names of the columns that stand beside it somewhere on its way."""
        root = self.root(column)
        places = {
            place for place, names in self.rows.items()
            if any(self.root(At(*place, name)) == root for name in names)
        }  # fmt: skip
        return {name for place in places for name in self.rows[place]}


# --- where a name stands ---------------------------------------------------------------------------------


def place_of(analysis: Analysis, found: Occurrence) -> At | None:
    """The column that a name in a text means; None for one that means none, or that is not known."""
    path = analysis.document.path
    if found.role is Role.KEY:
        span = _written_row(analysis, found.span)
        return At(path, span, found.name) if span is not None else None
    if found.column is None or (found.column.type is None and not _declares(analysis, found)):
        return None
    around = analysis.path_at(found.span.start)
    record = _record_of(around, found.span)
    if record is not None:
        return At(path, record, found.name)
    place = _rows_span(analysis, around, found)
    return At(*place, found.name) if place is not None else None


def _declares(analysis: Analysis, found: Occurrence) -> bool:
    return _record_of(analysis.path_at(found.span.start), found.span) is not None


def _record_of(around: list[Any], span: Span) -> Span | None:
    """The row type, not part of another type, of which a name is a field."""
    records = [each for each in around if isinstance(each, tree.RecordType)]
    is_field = any(isinstance(each, tree.TypeField) and each.name.span == span for each in around)
    return records[0].span if is_field and len(records) == 1 else None


def _written_row(analysis: Analysis, span: Span) -> Span | None:
    """The source `rows([{ … }])` of which a key is a column."""
    around = analysis.path_at(span.start)
    kinds = [type(each) for each in around]
    shape = [tree.Call, tree.Argument, tree.ListOf, tree.MapOf, tree.MapEntry, tree.Name]
    if kinds[-len(shape) :] != shape:
        return None
    call = around[-len(shape)]
    found = next((each for each in reversed(around[: -len(shape)]) if not isinstance(each, tree.Group)), None)
    source = (
        found.source if isinstance(found, tree.Pipeline) and call.span.end <= found.source.span.end else call
    )
    return source.span if isinstance(call.function, tree.Name) and call.function.text == "rows" else None


def _rows_span(analysis: Analysis, around: list[Any], found: Occurrence) -> tuple[str, Span] | None:
    """The source or step behind which a column stands that is named at a place."""
    assert found.column is not None
    path = analysis.document.path
    for pipeline, step in reversed(list(pairwise(around))):
        if isinstance(pipeline, tree.Pipeline) and step is not pipeline.source:
            if found.column.is_new:
                return path, step.span
            if _is_of_other(around, step):
                return _end_of_other(analysis, step.span)
            before = [pipeline.source, *pipeline.steps]
            return path, before[before.index(step) - 1].span
    return end_of(analysis, found.column.dataset)


def _is_of_other(around: list[Any], step: Any) -> bool:
    """Whether a name stands behind `against = `, which names columns of the other dataset."""
    inside = around[around.index(step) :]
    names = (each.name for each in inside if isinstance(each, tree.Argument))
    return any(name is not None and name.text == "against" for name in names)


def _end_of_other(analysis: Analysis, step: Span) -> tuple[str, Span] | None:
    for each in analysis.recipe.datasets.values():
        for resolved in each.steps:
            here = resolved.place.source.path == analysis.document.path and resolved.place.span == step
            if here and resolved.other is not None:
                return end_of(analysis, resolved.other.name)
    return None


def end_of(analysis: Analysis, dataset: str) -> tuple[str, Span] | None:
    """The last step of a dataset, or its source."""
    last = None
    for each in analysis.checked.analysis.passages:
        if each.dataset == dataset:
            last = each
    return (last.place.source.path, last.place.span) if last is not None else None


# --- the graph -------------------------------------------------------------------------------------------


class _Reader:
    """Reads the columns of one recipe, and of those that it imports."""

    def __init__(self, columns: Columns, analysis: Analysis) -> None:
        self.columns, self.analysis = columns, analysis
        self.passages: dict[str, list[Passage]] = {}
        for each in analysis.checked.analysis.passages:
            self.passages.setdefault(each.dataset, []).append(each)

    def read(self) -> None:
        """Everything that is known of the datasets."""
        for dataset in self.analysis.recipe.datasets.values():
            points = self.passages.get(dataset.name, [])
            for each in points:
                self.columns.rows.setdefault(_place(each), set()).update(_names(each.row))
            if points:
                self._source(dataset, points[0])
            steps = {(each.place.source.path, each.place.span): each for each in dataset.steps}
            for before, after in pairwise(points):
                self._step(before, after, steps.get(_place(after)))
        for module in self._modules():
            self._annotations(module)
        self._read_by_name()

    def _modules(self) -> list[Module]:
        found = [self.analysis.module]
        for each in found:
            found.extend(each.imports.values())
        return found

    def _join(self, one: tuple[str, Span], other: tuple[str, Span], names: Iterable[str]) -> None:
        for name in names:
            self.columns.join(At(*one, name), At(*other, name))

    def _fix(self, place: tuple[str, Span], names: Iterable[str], words: str) -> None:
        for name in names:
            self.columns.fixed.setdefault(At(*place, name), words.format(name=name))

    # --- sources ----------------------------------------------------------------------------------------

    def _source(self, dataset: Dataset, begin: Passage) -> None:
        use, place, here = dataset.source, _place(begin), _names(begin.row)
        if use.keyword in ("read", "hub"):
            path = use.settings.get("path") or use.settings.get("name")
            what = f"`{_braced(path)}`" if path else "its file"
            words = f"`{{name}}` is what {what} calls it; `| rename new = old` gives it another name"
            self._fix(place, here, words)
        elif use.keyword == "rows":
            fixed = here if not _is_in_place(self.analysis, place) else _texts(self.analysis, place)
            self._fix(place, fixed, "`{name}` is named by the values that the rows have")
        elif use.keyword == "generate":
            self._fix(place, _GENERATED, "`{name}` is what `generate` calls it")
        made = _GENERATED if use.keyword == "generate" else ()
        for each in use.inputs:
            self._carry(each, place, [name for name in here if name not in made])

    def _carry(self, used: DataReference, place: tuple[str, Span], names: Iterable[str]) -> None:
        """Columns of another dataset that are here too."""
        end = self.passages.get(used.name, [])[-1:]
        for each in end:
            self._join(_place(each), place, [name for name in names if name in _names(each.row)])

    # --- steps ------------------------------------------------------------------------------------------

    def _step(self, before: Passage, after: Passage, step: ResolvedStep | None) -> None:
        here, place = _names(after.row), _place(after)
        made = self._made(step, place, here) if step is not None else set()
        if step is not None and step.other is not None:
            self._other(step, before, place)
        kept = [name for name in _names(before.row) if name in here and name not in made]
        self._join(_place(before), place, kept)

    def _made(self, step: ResolvedStep, place: tuple[str, Span], here: list[str]) -> set[str]:
        """Columns that a step makes; those that it names itself are noted as fixed."""
        concept = catalogue.find("step", step.keyword)
        if concept is None or not issubclass(concept, Step):
            return set()
        if concept.takes is Takes.RENAMES:
            return set(step.settings.get("names", {}).values())
        made = {*step.types, *step.scores}
        if concept.gives is not None:
            made = set(here) - set(step.by)
        if concept.gives is not None or concept.takes is Takes.SHAPE:
            self._fix(place, made, f"`{{name}}` is what `{step.keyword}` calls it")
        return made

    def _other(self, step: ResolvedStep, before: Passage, place: tuple[str, Span]) -> None:
        """Columns that a step shares with another dataset, or takes from it."""
        assert step.other is not None
        concept = catalogue.find("step", step.keyword)
        if not step.settings.get("against"):
            self._carry(step.other, _place(before), step.settings.get("on", ()))
        if concept is not None and issubclass(concept, Step) and concept.joins:
            taken = [name for name in self.columns.rows.get(place, ()) if name not in _names(before.row)]
            self._carry(step.other, place, taken)

    # --- row types ----------------------------------------------------------------------------------------

    def _annotations(self, module: Module) -> None:
        for item in module.file.items:
            if not isinstance(item, tree.Data) or item.annotation is None:
                continue
            found = _record(module, item.annotation)
            if found is not None:
                path, record = found
                place = module.source.path, item.pipeline.source.span
                names = [each.name.text for each in record.fields]
                self.columns.rows.setdefault((path, record.span), set()).update(names)
                self._join(place, (path, record.span), names)

    # --- code that reads rows -------------------------------------------------------------------------------

    def _read_by_name(self) -> None:
        """Columns of rows that code of the user's own is given, by their names."""
        for dataset, words in self._given_to_code():
            for each in self.passages.get(dataset, [])[-1:]:
                self._fix(_place(each), _names(each.row), words)
        for place, names in self.columns.rows.items():
            if _READ_BY_NAME in names:
                self._fix(place, [_READ_BY_NAME], "`{name}` is what a row tells its template by")

    def _given_to_code(self) -> Iterator[tuple[str, str]]:
        recipe = self.analysis.recipe
        for stage in recipe.stages.values():
            if any(_is_code(each) for each in stage.rewards):
                yield stage.data.name, f"`{{name}}` is read by the code that stage `{stage.name}` names"
        for each in recipe.evaluations.values():
            if each.data is not None and any(one.keyword == "python" for one in each.metrics):
                yield each.data.name, f"`{{name}}` is read by the code that eval `{each.name}` names"
        for dataset in recipe.datasets.values():
            scores = [one for step in dataset.steps for several in step.scores.values() for one in several]
            if any(map(_is_code, scores)):
                yield dataset.name, f"`{{name}}` is read by the code that `{dataset.name}` names"


def _is_code(found: WeightedScore) -> bool:
    terms = (each for several in found.score.terms.values() for each in several)
    return found.score.keyword == "python" or any(map(_is_code, terms))


def _place(passage: Passage) -> tuple[str, Span]:
    return passage.place.source.path, passage.place.span


def _names(row: RowType | None) -> list[str]:
    return list(row.names) if row is not None else []


def _braced(text: str) -> str:
    """A text that `str.format` leaves as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def _is_in_place(analysis: Analysis, place: tuple[str, Span]) -> bool:
    """Whether the rows of `rows(…)` are written there, and not a value from elsewhere."""
    return _rows_written(analysis, place) is not None


def _texts(analysis: Analysis, place: tuple[str, Span]) -> list[str]:
    """Columns of written rows that a text names, `{ "a": 1 }`."""
    written = _rows_written(analysis, place)
    maps = [each for each in written.items if isinstance(each, tree.MapOf)] if written is not None else []
    keys = (entry.key for each in maps for entry in each.entries)
    return [each.value for each in keys if isinstance(each, tree.Text)]


def _rows_written(analysis: Analysis, place: tuple[str, Span]) -> tree.ListOf | None:
    path, span = place
    file = _file(analysis, path)
    for node in path_to(file, span.start) if file is not None else ():
        if isinstance(node, tree.Call) and node.span.end <= span.end and span.start <= node.span.start:
            values = [each.value for each in node.arguments]
            literal = values[0] if len(values) == 1 and isinstance(values[0], tree.ListOf) else None
            good = literal is not None and all(isinstance(each, tree.MapOf) for each in literal.items)
            return literal if good else None
    return None


def _file(analysis: Analysis, path: str) -> tree.File | None:
    """The tree of a recipe, or of one that it imports."""
    waiting = [analysis.module]
    for each in waiting:
        if each.source.path == path:
            return each.file
        waiting.extend(each.imports.values())
    return None


#: Names of types that stand for other names.
_DEEPEST = 20


def _record(module: Module, node: tree.TypeExpression, depth: int = 0) -> tuple[str, tree.RecordType] | None:
    """The row type that an annotation means, and the file that it is written in."""
    while isinstance(node, tree.RefinedType):
        node = node.base
    if isinstance(node, tree.RecordType):
        return module.source.path, node
    declared = find_path(module, node.name) if isinstance(node, tree.NamedType) else None
    if declared is None or not isinstance(declared.node, tree.TypeDeclaration) or depth > _DEEPEST:
        return None
    return _record(declared.module, declared.node.type, depth + 1)
