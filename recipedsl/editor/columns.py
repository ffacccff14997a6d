"""Which columns are one and the same on their way through steps and datasets, and where each comes to be.

Steps that carry a column join its places; one that makes it begins another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, pairwise

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.names import ITEM, Role, Way
from recipedsl.editor.nodes import path_to
from recipedsl.editor.places import At, is_whole, key_text, place_of
from recipedsl.language import catalogue
from recipedsl.language.steps.base import Step, Takes
from recipedsl.language.types import RowType, Type
from recipedsl.semantics.context import Module
from recipedsl.semantics.recipe import DataReference, Dataset, Passage, ResolvedStep, WeightedScore
from recipedsl.semantics.scope import find_path
from recipedsl.source import Span
from recipedsl.syntax import tree

#: What a row tells its template, under this name and no other.
_READ_BY_NAME = "chat_template_kwargs"

#: Columns that `generate` makes.
_GENERATED = ("prompt", "completion", "draw")


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
        rows: the columns that stand beside each other at a place, the fields in a record.
    """

    analyses: list[Analysis]
    fixed: dict[At, str] = field(default_factory=dict)
    rows: dict[At, set[str]] = field(default_factory=dict)
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
        known = chain(self.fixed.items(), self._whole.items())
        return next((words for at, words in known if self.root(at) == root), "")

    @cached_property
    def _whole(self) -> dict[At, str]:
        """Fields of records that are used as a whole: nobody knows what else names them then."""
        found: dict[At, str] = {}
        for analysis in self.analyses:
            for each in analysis.names.all:
                inside = list(_ways(each.column.type)) if each.column and each.column.type else []
                if inside and is_whole(analysis, each) and (at := place_of(analysis, each)) is not None:
                    line = analysis.positions.line_of(each.span.start) + 1
                    words = f"line {line} of {at.path} uses `{each.name}`, which it is a part of, as a whole"
                    found |= {at.inside(*way): words for way in inside}
        return found

    def _groups(self, column: At) -> Iterator[At]:
        """The rows and records in which it stands."""
        root = self.root(column)
        for at, names in self.rows.items():
            if any(self.root(at.inside(name)) == root for name in names):
                yield at

    def beside(self, column: At) -> set[str]:
        """Names of the columns that stand beside it somewhere on its way."""
        return set().union(*(self.rows[at] for at in self._groups(column)))

    def is_field(self, column: At) -> bool:
        """Whether it is a part of a column somewhere."""
        return any(at.way for at in self._groups(column))


# --- the graph -------------------------------------------------------------------------------------------


class _Reader:
    """Reads the columns of one recipe, and of those that it imports."""

    def __init__(self, columns: Columns, analysis: Analysis) -> None:
        self.columns, self.analysis = columns, analysis
        self.passages: dict[str, list[Passage]] = {}
        self.row_types: dict[tuple[str, Span], RowType] = {}
        for each in analysis.checked.analysis.passages:
            self.passages.setdefault(each.dataset, []).append(each)
            if each.row is not None:
                self.row_types[_place(each)] = each.row

    def read(self) -> None:
        """Everything that is known of the datasets."""
        for dataset in self.analysis.recipe.datasets.values():
            points = self.passages.get(dataset.name, [])
            for each in points:
                for name in _names(each.row):
                    for way in self._ways(_place(each), name):
                        self._add(At(*_place(each), way))
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

    def _ways(self, place: tuple[str, Span], name: str) -> list[Way]:
        """A column, then every field of the records that it holds."""
        row = self.row_types.get(place)
        type_ = row.column(name) if row is not None else None
        return [(name,), *((name, *way) for way in _ways(type_))] if type_ is not None else [(name,)]

    def _add(self, column: At) -> None:
        """It stands there beside others."""
        self.columns.rows.setdefault(column.group, set()).add(column.way[-1])

    def _join(self, one: tuple[str, Span], other: tuple[str, Span], names: Iterable[str]) -> None:
        for name in names:
            theirs = set(self._ways(other, name))
            for way in self._ways(one, name):
                if way in theirs:
                    self.columns.join(At(*one, way), At(*other, way))

    def _fix(self, place: tuple[str, Span], names: Iterable[str], words: str) -> None:
        for name in names:
            for way in self._ways(place, name):
                self._fix_one(At(*place, way), words)

    def _fix_one(self, column: At, words: str) -> None:
        self.columns.fixed.setdefault(column, words.format(name=column.way[-1]))

    # --- sources ----------------------------------------------------------------------------------------

    def _source(self, dataset: Dataset, begin: Passage) -> None:
        use, place, here = dataset.source, _place(begin), _names(begin.row)
        if use.keyword in ("read", "hub"):
            path = use.settings.get("path") or use.settings.get("name")
            what = f"`{_braced(path)}`" if path else "its file"
            words = f"`{{name}}` is what {what} calls it; `| rename new = old` gives it another name"
            self._fix(place, here, words)
        elif use.keyword == "rows":
            self._written(place, here)
        elif use.keyword == "generate":
            self._fix(place, _GENERATED, "`{name}` is what `generate` calls it")
        made = _GENERATED if use.keyword == "generate" else ()
        for each in use.inputs:
            self._carry(each, place, [name for name in here if name not in made])

    def _written(self, place: tuple[str, Span], here: list[str]) -> None:
        """Columns and fields of written rows that no key in place names."""
        written = _rows_written(self.analysis, place)
        texts, values = _not_in_place(written) if written is not None else (set(), {()})
        for way in (way for name in here for way in self._ways(place, name)):
            if way in texts or any(way[:length] in values for length in range(len(way))):
                self._fix_one(At(*place, way), "`{name}` is named by the values that the rows have")

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
        self._renamed(step, _place(before), place)
        for name in kept:
            self._changed(_place(before), place, name)
            self._changed(place, _place(before), name)

    def _changed(self, one: tuple[str, Span], other: tuple[str, Span], name: str) -> None:
        """Fields that a column of another type lacks at the other place: nobody knows where they go."""
        for way in set(self._ways(one, name)) - set(self._ways(other, name)):
            self._fix_one(At(*one, way), f"`{{name}}` is part of `{_braced(name)}`, which a step changes")

    def _renamed(self, step: ResolvedStep | None, before: tuple[str, Span], place: tuple[str, Span]) -> None:
        """The fields of a column that has another name from here on have theirs still."""
        names = step.settings.get("names", {}) if step is not None and step.keyword == "rename" else {}
        for old, new in names.items():
            for _, *way in self._ways(before, old)[1:]:
                self.columns.join(At(*before, (old, *way)), At(*place, (new, *way)))

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
            here = self.columns.rows.get(At(*place, ()), ())
            self._carry(step.other, place, [name for name in here if name not in _names(before.row)])

    # --- row types ----------------------------------------------------------------------------------------

    def _annotations(self, module: Module) -> None:
        for item in module.file.items:
            if isinstance(item, tree.Data) and item.annotation is not None:
                place = module.source.path, item.pipeline.source.span
                for way, declared in _declared(module, item.annotation):
                    self._add(declared)
                    self.columns.join(At(*place, way), declared)

    # --- code that reads rows -------------------------------------------------------------------------------

    def _read_by_name(self) -> None:
        """Columns of rows that code of the user's own is given, by their names."""
        for dataset, words in self._given_to_code():
            for each in self.passages.get(dataset, [])[-1:]:
                self._fix(_place(each), _names(each.row), words)
        for at, names in self.columns.rows.items():
            if not at.way and _READ_BY_NAME in names:
                words = "`{name}` is what a row tells its template by"
                self._fix((at.path, at.span), [_READ_BY_NAME], words)

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


def _ways(type_: Type | None) -> Iterator[Way]:
    """The ways to the fields of the records that values of a type are, or have inside."""
    for each in type_.fields if type_ is not None else ():
        yield (each.name,)
        yield from ((each.name, *way) for way in _ways(each.type))
    if type_ is not None and type_.item is not None:
        yield from ((ITEM, *way) for way in _ways(type_.item))


def _not_in_place(written: tree.ListOf) -> tuple[set[Way], set[Way]]:
    """What rows do not name in place: ways that a text names, `{ "a": 1 }`, and those to other values."""
    texts: set[Way] = set()
    values: set[Way] = set()
    waiting: list[tuple[tree.Expression, Way]] = [(each, ()) for each in written.items]
    for node, way in waiting:
        match node:
            case tree.Group():
                waiting.append((node.inner, way))
            case tree.ListOf():
                waiting += [(each, (*way, ITEM)) for each in node.items]
            case tree.MapOf():
                entries = [(each, (*way, key_text(each))) for each in node.entries]
                texts |= {key for each, key in entries if isinstance(each.key, tree.Text)}
                waiting += [(each.value, key) for each, key in entries]
            case _:
                values.add(way)
    return texts, values


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


#: Names of types that stand for other names, and records inside of records.
_DEEPEST = 20


def _declared(module: Module, node: tree.TypeExpression, way: Way = ()) -> Iterator[tuple[Way, At]]:
    """The fields that an annotation declares, by the ways to them: each where its row type is written."""
    found = _record(module, node)
    if found is not None and len(way) <= _DEEPEST:
        owner, record = found
        yield from _fields(owner, record, At(owner.source.path, record.span, ()), way)


def _fields(module: Module, record: tree.RecordType, within: At, way: Way) -> Iterator[tuple[Way, At]]:
    for each in record.fields:
        own: Way = (each.name.text,)
        yield (*way, *own), within.inside(*own)
        node: tree.TypeExpression | None = each.type
        while isinstance(node, tree.RefinedType) or (isinstance(node, tree.NamedType) and node.item):
            own = own if isinstance(node, tree.RefinedType) else (*own, ITEM)
            node = node.base if isinstance(node, tree.RefinedType) else node.item
        if isinstance(node, tree.RecordType):
            yield from _fields(module, node, within.inside(*own), (*way, *own))
        elif node is not None:
            yield from _declared(module, node, (*way, *own))


def _record(
    module: Module, node: tree.TypeExpression, depth: int = 0
) -> tuple[Module, tree.RecordType] | None:
    """The row type that an annotation means, and the file that it is written in."""
    while isinstance(node, tree.RefinedType):
        node = node.base
    if isinstance(node, tree.RecordType):
        return module, node
    declared = find_path(module, node.name) if isinstance(node, tree.NamedType) else None
    if declared is None or not isinstance(declared.node, tree.TypeDeclaration) or depth > _DEEPEST:
        return None
    return _record(declared.module, declared.node.type, depth + 1)
