"""Inlay hints: what is not written and yet known: what a number comes to, types, rows, batches."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.counts import Identities, Layout, Rows
from recipedsl.editor.features.base import Feature
from recipedsl.editor.nodes import walk
from recipedsl.editor.origins import rows_of
from recipedsl.editor.quantities import resolved
from recipedsl.editor.telling import amount, fenced, row_lines, rows_label, rows_told
from recipedsl.language.types import Type
from recipedsl.plan.facts import Look
from recipedsl.reference.markdown import joined
from recipedsl.semantics.recipe import Dataset, Passage, Training
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
        *_rows(analysis),
        *_batches(analysis),
        *_lengths(analysis),
    ]
    # What stands in rounds is there once for each of them.
    inside = dict.fromkeys(each for each in found if span.start <= each[0] <= span.end)
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
    """The shape and the columns of a dataset that declares none."""
    for dataset in analysis.recipe.datasets.values():
        if dataset.place.source is not analysis.source:
            continue
        declared = analysis.names.definitions.get(dataset.name)
        node = declared.node if declared is not None else None
        if isinstance(node, tree.Data) and node.annotation is None and dataset.row is not None:
            told = fenced(row_lines(dataset.row))
            yield node.name.span.end, f": {dataset.shape}, {_columns_of(dataset)}", told


def _columns_of(dataset: Dataset) -> str:
    return amount(len(dataset.row.columns) if dataset.row is not None else 0, "column")


def _rows(analysis: Analysis) -> Found:
    """Rows behind each source and step, as far as they are known; in rounds those of each round."""
    found: dict[int, list[Rows]] = {}
    identities = Identities(analysis)
    for dataset in analysis.recipe.datasets.values():
        if dataset.place.source is not analysis.source:
            continue
        places = (dataset.source.place, *(each.place for each in dataset.steps))
        for number, (place, identity) in enumerate(zip(places, identities.behind(dataset), strict=True)):
            rows = analysis.facts.memory.counts.rows(identity)
            if rows is None and number == 0:
                rows = _looked_at(analysis, dataset)
            if rows is not None:
                found.setdefault(place.span.end, []).append(rows)
    for end, each in found.items():
        yield end, rows_label(each), rows_told(each[0])


def _looked_at(analysis: Analysis, dataset: Dataset) -> Rows | None:
    """Rows of the source, where a look has seen all of them."""
    source = rows_of(dataset.source)
    look: Look | None = analysis.look(source) if source is not None else None
    whole = look is not None and look.complete and look.row is not None
    return Rows(look.rows, rejects=look.broken) if look is not None and whole else None


# --- stages -----------------------------------------------------------------------------------------------


def _batches(analysis: Analysis) -> Found:
    """What a batch is made of: as it is planned, or as far as the stage says it."""
    for stage, layout in _stages(analysis):
        place, batch = stage.written.get("batch"), stage.settings.get("batch")
        if place is None or place.source is not analysis.source or not isinstance(batch, int):
            continue
        micro, group = stage.settings.get("micro_batch"), stage.settings.get("generations")
        planned = _planned(layout) if layout is not None else _NOT_PLANNED
        if isinstance(group, int) and batch % group == 0:
            label = f"= {amount(batch // group, 'prompt')} × {group}"
            yield place.span.end, label, joined([_PROMPTS, planned])
        elif layout is not None:
            yield place.span.end, f"= {amount(layout.rows, 'row')} × {layout.times}", planned
        elif isinstance(micro, int) and batch % micro == 0:
            yield place.span.end, f"= {amount(micro, 'row')} × {batch // micro}", joined([_SETTINGS, planned])


_PROMPTS = "Prompts, and answers to each; from `batch` and `generations`."
_SETTINGS = "Rows at a time, and how often their gradients are added up; from `batch` and `micro_batch`."
_NOT_PLANNED = "The layout for this machine is planned once the recipe has no errors and rests."

_DEVICES = {"cpu": "processor", "cuda": "GPU", "mps": "Apple GPU"}


def _planned(layout: Layout) -> str:
    at_once = f"{amount(layout.rows, 'row')} at a time, gradients of {amount(layout.times, 'pass', 'passes')}"
    device = _DEVICES.get(layout.device, layout.device)
    return f"Planned for the {device} of this machine: {at_once} added up for one step."


def _lengths(analysis: Analysis) -> Found:
    """How many steps the epochs of a stage come to, where its rows were turned into tokens already."""
    for stage, layout in _stages(analysis):
        place = stage.written.get("epochs")
        if layout is not None and layout.steps is not None and place is not None:
            told = "Steps of the optimizer, from the tokens in the store."
            if place.source is analysis.source:
                yield place.span.end, f"= {amount(layout.steps, 'step')}", told


def _stages(analysis: Analysis) -> Iterator[tuple[Training, Layout | None]]:
    """Stages that train, each with its plan as it was counted."""
    identities, counts = Identities(analysis), analysis.facts.memory.counts
    for name, stage in analysis.recipe.training.items():
        yield stage, counts.layout(identities.of_stage(name))


FEATURES = (Feature(types.TEXT_DOCUMENT_INLAY_HINT, inlay_hints, waits=True, counts=True),)
