"""Where a name stands that means a column: behind which step, or in which row type.

A column at a place is `(file, span, way)`: the span is that of the source or step behind which it stands, or
of the row type that declares it; the way is its name, and those of the fields that lead to a part of it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.names import ITEM, Occurrence, Role, Way, way_of
from recipedsl.language import catalogue
from recipedsl.language.steps.base import Step, Takes
from recipedsl.source import Span
from recipedsl.syntax import tree


class At(NamedTuple):
    """A column at a place, or a field of the records that it holds.

    Attributes:
        way: the column's name, then what leads to the field.
    """

    path: str
    span: Span
    way: Way

    @property
    def group(self) -> At:
        """What it stands in beside others: the row, or a record."""
        return self._replace(way=self.way[:-1])

    def inside(self, *way: str) -> At:
        """A part of it."""
        return self._replace(way=(*self.way, *way))


def place_of(analysis: Analysis, found: Occurrence) -> At | None:
    """The column, or field of one, that a name in a text means; None for none, or one that is not known."""
    path, around = analysis.document.path, analysis.path_at(found.span.start)
    if found.role is Role.KEY:
        return _written_key(path, around)
    if found.column is None:
        return None
    declared = _declared_at(path, around, found.span)
    if declared is not None or found.column.type is None:
        return declared
    way = _way_at(around, found)
    place = _rows_span(analysis, around, found) if way else None
    return At(*place, way) if place is not None else None


def _declared_at(path: str, around: list[Any], span: Span) -> At | None:
    """The field of a row type that a name declares; None where it declares none."""
    records = [index for index, each in enumerate(around) if isinstance(each, tree.RecordType)]
    if not records or not (isinstance(around[-2], tree.TypeField) and around[-2].name.span == span):
        return None
    steps = (
        each.name.text if isinstance(each, tree.TypeField) else ITEM
        for each in around[records[0] :]
        if isinstance(each, tree.TypeField | tree.NamedType)
    )
    return At(path, around[records[0]].span, tuple(steps))


def _written_key(path: str, around: list[Any]) -> At | None:
    """The column, or the field, of the source `rows([{ … }])` that a key names."""
    inside, index = _keys(around)
    call = around[index - 1] if index else None
    if not inside or not isinstance(call, tree.Call) or not isinstance(around[index], tree.Argument):
        return None
    found = next((each for each in reversed(around[: index - 1]) if not isinstance(each, tree.Group)), None)
    is_source = isinstance(found, tree.Pipeline) and call.span.end <= found.source.span.end
    source = found.source if is_source and isinstance(found, tree.Pipeline) else call
    is_rows = isinstance(call.function, tree.Name) and call.function.text == "rows"
    return At(path, source.span, inside[1:]) if is_rows and inside[0] == ITEM else None


def _keys(around: list[Any]) -> tuple[Way, int]:
    """The keys that lead to one in nested maps and lists, and where on the path those begin."""
    way: list[str] = []
    index = len(around) - 2
    if not (isinstance(around[-1], tree.Name) and isinstance(around[index], tree.MapEntry)):
        return (), 0
    while isinstance(around[index], tree.MapEntry | tree.MapOf | tree.ListOf | tree.Group):
        if isinstance(around[index], tree.MapEntry):
            way.insert(0, key_text(around[index]))
        elif isinstance(around[index], tree.ListOf):
            way.insert(0, ITEM)
        index -= 1
    return tuple(way), index


def key_text(entry: tree.MapEntry) -> str:
    """The key of an entry of a map, as it means."""
    return entry.key.value if isinstance(entry.key, tree.Text) else entry.key.text


def _way_at(around: list[Any], found: Occurrence) -> Way:
    """The column that a name means with the way to a field of it; empty where that is none of a row."""
    if found.role is Role.COLUMN:
        return (found.name,)
    member = next((each for each in reversed(around) if isinstance(each, tree.Member)), None)
    return way_of(member) if member is not None else ()


def is_whole(analysis: Analysis, found: Occurrence) -> bool:
    """Whether a name stands for all that a column or field holds, and not for the way to a part of it."""
    if found.column is None or found.column.is_new:
        return False
    around = analysis.path_at(found.span.start)
    if found.role is Role.FIELD:
        around = around[: max(i for i, each in enumerate(around) if isinstance(each, tree.Member)) + 1]
    inner, outer = around[-1], around[:-1]
    while outer and isinstance(outer[-1], tree.Group | tree.Index):
        inner = outer.pop()
    if isinstance(outer[-1], tree.Member) and outer[-1].target is inner:
        return False
    step = next((each for each in reversed(outer) if isinstance(each, tree.Step)), None)
    return step is None or not isinstance(outer[-1], tree.Argument) or not _carries(step)


def _carries(step: tree.Step) -> bool:
    """Whether a step takes names of columns and hands on what they hold."""
    concept = catalogue.find("step", step.name.text)
    takes = concept.takes if concept is not None and issubclass(concept, Step) else None
    return takes in (Takes.COLUMNS, Takes.RENAMES)


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
