"""The golden view of a resolved recipe: readable text, for `recipedsl debug recipe`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recipedsl.semantics.recipe import Dataset, Evaluation, Recipe, Stage
from recipedsl.semantics.stages import shown_settings


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as indented text: params, models, datasets with their row types, stages, evals."""
    return "\n".join(_lines(recipe)) + "\n"


def _lines(recipe: Recipe) -> Iterator[str]:
    for name, value in recipe.params.items():
        yield f"param {name} = {value!r}"
    for model in recipe.models.values():
        settings = ", ".join(f"{key} = {value!r}" for key, value in model.settings.items())
        yield f"model {model.name} = {model.source.keyword}({settings}) {model.dtype}"
    for dataset in recipe.datasets.values():
        yield from _dataset(dataset)
    for stage in recipe.stages.values():
        yield from _stage(stage)
    for evaluation in recipe.evaluations.values():
        yield from _evaluation(evaluation)


def _dataset(found: Dataset) -> Iterator[str]:
    parts = f" parts {', '.join(found.parts)}" if found.parts else ""
    yield f"data {found.name}: {found.shape}{parts}"
    inputs = " ".join(f"{each.name}.{each.part}" if each.part else each.name for each in found.source.inputs)
    settings = {key: value for key, value in found.source.settings.items() if value not in (None, "")}
    yield f"  source {found.source.keyword} {inputs or settings}"
    for step in found.steps:
        yield f"  {step.keyword} {_given(step.columns, step.by, step.settings)}".rstrip()
    yield f"  row {found.row if found.row is not None else 'unknown'}"


def _given(columns: tuple[str, ...], by: tuple[str, ...], settings: dict[str, Any]) -> str:
    words = [
        ", ".join(columns),
        *(f"{key} = {value}" for key, value in settings.items() if value is not None),
    ]
    return " ".join(each for each in [*words, f"by {', '.join(by)}" if by else ""] if each)


def _stage(found: Stage) -> Iterator[str]:
    part = f".{found.data.part}" if found.data.part else ""
    yield f"stage {found.name}: {found.method.keyword} from {found.start} on {found.data.name}{part}"
    for name, value in shown_settings(found).items():
        if value is not None:
            yield f"  {name} = {value}"
    for term in found.rewards:
        yield f"  reward {term.weight:g} * {term.score.written}"


def _evaluation(found: Evaluation) -> Iterator[str]:
    yield f"eval {found.name}: {', '.join(found.models)}{f' on {found.data.name}' if found.data else ''}"
    for metric in found.metrics:
        yield f"  metric {metric.written}"
    for gate in found.gates:
        yield f"  gate {gate.place.source.slice(gate.place.span)}"
