"""Datasets to data nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recipedsl.language import catalogue
from recipedsl.language.sources.sources import HubData
from recipedsl.language.steps.base import Step
from recipedsl.plan.facts import Facts
from recipedsl.plan.model import (
    ConcatSource,
    DataNode,
    DataSource,
    HubSource,
    Input,
    InterleaveSource,
    LaterSource,
    MixSource,
    NodeSource,
    Portion,
    ReadSource,
    RowsSource,
    StepSpec,
)
from recipedsl.planner.later import beyond, plain
from recipedsl.planner.origins import origin_of, text_of
from recipedsl.planner.scores import reward_terms
from recipedsl.planner.seeds import derive
from recipedsl.semantics.recipe import DataReference, Dataset, Place, ResolvedStep, SourceUse
from recipedsl.source.paths import beside


@dataclass(frozen=True, slots=True)
class DataOptions:
    """What the block `run` says of data."""

    seed: int
    max_rows: int | None
    max_rejects: float


def data_node(dataset: Dataset, facts: Facts, options: DataOptions) -> DataNode:
    """The data node of a dataset, without its fingerprint."""
    steps = [_step(dataset, index, step, options.seed, facts) for index, step in enumerate(dataset.steps)]
    if options.max_rows is not None and dataset.source.keyword not in ("data", "concat"):
        _limit(steps, dataset, options)
    return DataNode(
        name=dataset.name,
        origin=origin_of(dataset.place),
        doc=dataset.doc,
        source=_source(dataset, facts, options),
        steps=tuple(steps),
        row=dataset.row.to_json() if dataset.row is not None else {},
        shape=dataset.shape,
        parts=dataset.parts,
        max_rejects=options.max_rejects,
    )


def input_of(reference: DataReference) -> Input:
    """A use of a dataset as an input of a node."""
    return Input(node=reference.name, part=reference.part)


def _step(dataset: Dataset, index: int, step: ResolvedStep, seed: int, facts: Facts) -> StepSpec:
    concept = catalogue.find("step", step.keyword)
    draws = concept is not None and issubclass(concept, Step) and concept.draws
    return StepSpec(
        keyword=step.keyword,
        columns=step.columns,
        by=step.by,
        expressions=step.expressions,
        settings=plain(step.settings),
        input=input_of(step.other) if step.other is not None else None,
        scores={name: reward_terms(terms, facts) for name, terms in step.scores.items()},
        seed=derive(seed, dataset.name, index) if draws else 0,
        message=step.message,
        text=text_of(step.place),
        origin=origin_of(step.place),
    )


def _limit(steps: list[StepSpec], dataset: Dataset, options: DataOptions) -> None:
    """Cut to `max_rows` by a draw, before the split if there is one."""
    cut = StepSpec(
        keyword="sample",
        settings={"count": options.max_rows},
        seed=derive(options.seed, dataset.name, "max_rows"),
        text=f"sample {options.max_rows} (max_rows)",
        origin=origin_of(dataset.place),
    )
    steps.insert(len(steps) - 1 if dataset.parts else len(steps), cut)


def _source(dataset: Dataset, facts: Facts, options: DataOptions) -> DataSource:
    use = dataset.source
    row = use.declared.to_json() if use.declared is not None else {}
    match use.keyword:
        case "read":
            return _read(use.place, use.settings, row, facts)
        case "hub":
            return _hub(use.settings, row)
        case "rows":
            return _rows(use.settings["rows"], row)
        case "concat":
            return ConcatSource(inputs=tuple(input_of(each) for each in use.inputs))
        case "mix":
            return _mix(dataset, options)
        case "interleave":
            return InterleaveSource(portions=_portions(use), until=use.settings["until"])
        case "generate":
            return LaterSource(
                keyword=use.keyword,
                inputs=tuple(input_of(each) for each in use.inputs),
                model=use.model,
                settings={name: plain(each) for name, each in use.settings.items() if each is not None},
            )
        case _:
            return NodeSource(input=input_of(use.inputs[0]))


def _mix(dataset: Dataset, options: DataOptions) -> MixSource:
    """A mixture; under `max_rows` the datasets it draws from are cut, so that it asks for less."""
    settings, most = dataset.source.settings, options.max_rows
    rows, repeat = settings["rows"] or 0, settings["repeat"]
    return MixSource(
        portions=_portions(dataset.source),
        rows=min(rows, most) if rows and most is not None else rows,
        repeat=repeat,
        fewer=bool(rows) and not repeat and most is not None,
        seed=derive(options.seed, dataset.name, "mix"),
    )


def _portions(use: SourceUse) -> tuple[Portion, ...]:
    """Datasets with their shares, as `mixture` left them: shares in the order of the inputs."""
    shared = zip(use.inputs, use.settings["shares"], strict=True)
    return tuple(Portion(input=input_of(each), share=share) for each, share in shared)


def _hub(settings: dict[str, Any], row: dict[str, Any]) -> HubSource | LaterSource:
    """Rows of the hub; with a setting that is not carried out yet all of them are kept as they were meant."""
    if any(beyond(HubData, settings).values()):
        said = {name: plain(each) for name, each in settings.items() if each is not None}
        return LaterSource(keyword=HubData.keyword, inputs=(), settings=said)
    return HubSource(
        name=settings["name"],
        config=settings["config"],
        split=settings["split"],
        revision=settings["revision"],
        row=row,
    )


def _read(place: Place, settings: dict[str, Any], row: dict[str, Any], facts: Facts) -> ReadSource:
    path = beside(place.source.path, settings["path"])
    return ReadSource(path=path, format=settings["format"] or "", digest=facts.digest(path), row=row)


def _rows(rows: list[dict[str, Any]], row: dict[str, Any]) -> RowsSource:
    return RowsSource(rows=tuple(rows), row=row)
