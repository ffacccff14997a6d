"""Inlay hints: what is not written and yet known: what a number comes to, types, rows, batches."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.features.base import Feature
from recipedsl.editor.nodes import walk
from recipedsl.editor.origins import rows_of
from recipedsl.editor.quantities import resolved
from recipedsl.editor.telling import fenced, row_lines
from recipedsl.language.types import Type
from recipedsl.semantics.recipe import Dataset, Passage
from recipedsl.syntax import tree

#: Suffixes whose number nobody sees at a glance.
_OPAQUE = ("Ki", "Mi", "KiB", "MiB", "GiB")

#: Characters of a hint.
_LONGEST = 60


def inlay_hints(analysis: Analysis, params: types.InlayHintParams) -> list[types.InlayHint]:
    """The hints within a range."""
    span = analysis.positions.span(params.range)
    items = [
        each for each in analysis.tree.items if each.span.start <= span.end and span.start <= each.span.end
    ]
    found = [
        *(each for item in items for each in _numbers(analysis, item)),
        *_columns(analysis),
        *_datasets(analysis),
        *_batches(analysis),
    ]
    inside = (each for each in found if span.start <= each[0] <= span.end)
    return [_hint(analysis, *each) for each in sorted(inside, key=lambda each: each[0])]


#: Offset, what is shown, what is told of it.
Found = Iterator[tuple[int, str, str]]


def _hint(analysis: Analysis, offset: int, label: str, told: str) -> types.InlayHint:
    tooltip = types.MarkupContent(types.MarkupKind.Markdown, told) if told else None
    kind = types.InlayHintKind.Type if label.startswith(":") else None
    shown = label if len(label) <= _LONGEST else f"{label[:_LONGEST]}…"
    # What is a type or a number stands right behind, the rest a blank away.
    return types.InlayHint(
        analysis.positions.position(offset), shown, kind=kind, tooltip=tooltip, padding_left=kind is None
    )


def _numbers(analysis: Analysis, item: tree.Item) -> Found:
    """`2Ki` comes to 2,048."""
    for node in walk(item):
        if isinstance(node, tree.Number) and node.text.endswith(_OPAQUE):
            value = resolved(node.text)
            if value:
                yield node.span.end, f"= {value}", ""


# --- rows -------------------------------------------------------------------------------------------------


def _columns(analysis: Analysis) -> Found:
    """The type of a column that `derive` makes."""
    for node in _steps(analysis):
        if node.name.text != "derive":
            continue
        passage = analysis.passages.get(node.span)
        for argument in node.arguments:
            type_ = _type_of(passage, argument)
            if argument.name is not None and type_ is not None:
                yield argument.name.span.end, f": {type_}", ""


def _steps(analysis: Analysis) -> Iterator[tree.Step]:
    for item in analysis.tree.items:
        yield from (each for each in walk(item) if isinstance(each, tree.Step))


def _type_of(passage: Passage | None, argument: tree.Argument) -> Type | None:
    if passage is None or passage.row is None or argument.name is None:
        return None
    return passage.row.column(argument.name.text)


def _datasets(analysis: Analysis) -> Found:
    """The shape and the columns of a dataset that declares none, and how many rows its source has."""
    for dataset in analysis.recipe.datasets.values():
        if dataset.place.source is not analysis.source:
            continue
        declared = analysis.names.definitions.get(dataset.name)
        node = declared.node if declared is not None else None
        if isinstance(node, tree.Data) and node.annotation is None and dataset.row is not None:
            told = fenced(row_lines(dataset.row))
            yield node.name.span.end, f": {dataset.shape}, {_count(dataset)}", told
        yield from _source_rows(analysis, dataset)


def _count(dataset: Dataset) -> str:
    count = len(dataset.row.columns) if dataset.row is not None else 0
    return f"{count} column{'' if count == 1 else 's'}"


def _source_rows(analysis: Analysis, dataset: Dataset) -> Found:
    """Rows of the source, where a look has seen all of them."""
    source = rows_of(dataset.source)
    look = analysis.look(source) if source is not None else None
    if look is not None and look.complete and look.row is not None:
        rows = f"{look.rows:,} row{'' if look.rows == 1 else 's'}"
        yield dataset.source.place.span.end, rows, "rows of the source"


# --- stages -----------------------------------------------------------------------------------------------


def _batches(analysis: Analysis) -> Found:
    """What a batch is made of, where the stage says so."""
    for stage in analysis.recipe.training.values():
        place = stage.written.get("batch")
        batch = stage.settings.get("batch")
        if place is None or place.source is not analysis.source or not isinstance(batch, int):
            continue
        micro, group = stage.settings.get("micro_batch"), stage.settings.get("generations")
        if isinstance(group, int) and batch % group == 0:
            yield place.span.end, f"= {batch // group:,} prompts × {group}", "prompts, and answers to each"
        elif isinstance(micro, int) and batch % micro == 0:
            told = "rows at a time, and steps of accumulation on one device"
            yield place.span.end, f"= {micro:,} rows × {batch // micro}", told


FEATURES = (Feature(types.TEXT_DOCUMENT_INLAY_HINT, inlay_hints, waits=True),)
