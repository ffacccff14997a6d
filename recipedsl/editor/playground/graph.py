"""A recipe as a graph: its models, data, stages and evals, and what goes from one into another.

It is drawn from what is understood of the recipe, so there is one while somebody is typing, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from recipedsl.diagnostics import Severity
from recipedsl.editor.analysis import Analysis
from recipedsl.semantics.context import Declared
from recipedsl.semantics.recipe import DataReference, Dataset, Evaluation, Stage
from recipedsl.semantics.settings import ConceptUse
from recipedsl.source import Span

#: Declarations that are drawn.
_KINDS = ("model", "data", "stage", "eval")

#: Nodes of a picture, and characters of what is said of one: nobody reads more.
_MOST, _LONGEST = 200, 60


@dataclass(frozen=True)
class Edge:
    """Something that goes from one node into another, and what it is there."""

    start: str
    end: str
    label: str = ""


def graph_of(analysis: Analysis) -> dict[str, Any]:
    """The nodes and edges as JSON: `nodes` (name, kind, word, about, at, severity), `edges`."""
    declared = {name: each for name, each in analysis.declared.items() if each.kind in _KINDS}
    inline = [name for name in analysis.recipe.datasets if name not in declared]
    kinds = {**{name: each.kind for name, each in declared.items()}, **dict.fromkeys(inline, "data")}
    names = list(kinds)[:_MOST]
    severities = _severities(analysis, declared)
    nodes = [
        _node(analysis, name, kinds[name], declared.get(name), severities.get(name, "")) for name in names
    ]
    edges = [each for each in dict.fromkeys(_edges(analysis)) if each.start in names and each.end in names]
    return {"nodes": nodes, "edges": [vars(each) for each in edges], "left_out": len(kinds) - len(names)}


def _node(
    analysis: Analysis, name: str, kind: str, declared: Declared | None, severity: str
) -> dict[str, Any]:
    word, about = _told(analysis, name, kind)
    span = _span(analysis, name, declared)
    return {
        "name": name,
        "kind": kind,
        "word": word,
        "about": about if len(about) <= _LONGEST else f"{about[: _LONGEST - 1]}…",
        "at": place_of(analysis, span.start) if span is not None else None,
        "severity": severity,
    }


def _span(analysis: Analysis, name: str, declared: Declared | None) -> Span | None:
    """Where it is declared; None in another file."""
    place = declared.name_place if declared is not None else analysis.recipe.datasets[name].place
    return place.span if place.source is analysis.source else None


def place_of(analysis: Analysis, offset: int) -> dict[str, int]:
    """A place as the protocol has it: line and character count from 0, the latter in the client's units."""
    found = analysis.positions.position(offset)
    return {"line": found.line, "character": found.character}


# --- what is said of a node ---------------------------------------------------------------------------


def _told(analysis: Analysis, name: str, kind: str) -> tuple[str, str]:
    """The word of the language that makes it, and its main setting; empty while that is not understood."""
    recipe = analysis.recipe
    if kind == "model" and name in recipe.models:
        model = recipe.models[name]
        main = next((str(each) for each in model.settings.values() if isinstance(each, str)), "")
        return model.source.keyword, main
    if kind == "data" and name in recipe.datasets:
        return _dataset_words(recipe.datasets[name])
    if kind == "stage" and name in recipe.stages:
        return _stage_words(recipe.stages[name])
    if kind == "stage" and name in recipe.works:
        return recipe.works[name].concept.keyword, ""
    if kind == "eval" and name in recipe.evaluations:
        return "eval", ", ".join(each.written for each in recipe.evaluations[name].metrics)
    return kind, ""


def _dataset_words(dataset: Dataset) -> tuple[str, str]:
    shape = "" if str(dataset.shape) == "rows" else str(dataset.shape)
    return dataset.source.keyword, shape


def _stage_words(stage: Stage) -> tuple[str, str]:
    steps, epochs = stage.settings.get("steps"), stage.settings.get("epochs")
    length = f"{steps:,} steps" if steps else f"{epochs:g} epochs" if epochs else ""
    told = (_adapter_words(stage.settings.get("adapter")), length)
    return stage.method.keyword, " · ".join(each for each in told if each)


def _adapter_words(adapter: Any) -> str:
    if not isinstance(adapter, ConceptUse):
        return ""
    rank = adapter.settings.get("rank")
    return f"{adapter.concept.keyword} rank {rank}" if rank else adapter.concept.keyword


# --- edges --------------------------------------------------------------------------------------------


def _edges(analysis: Analysis) -> Iterator[Edge]:
    recipe = analysis.recipe
    for dataset in recipe.datasets.values():
        yield from (_of_data(each, dataset.name) for each in dataset.source.inputs)
        yield from (_of_data(step.other, dataset.name) for step in dataset.steps if step.other is not None)
        if dataset.source.model:
            yield Edge(dataset.source.model, dataset.name, "writes")
    for name, training in recipe.training.items():
        if training.start:
            yield Edge(training.start, name)
        if training.data is not None:
            yield _of_data(training.data, name)
    for stage in recipe.stages.values():
        yield from (_of_data(each, stage.name) for each in stage.datasets.values())
        yield from (Edge(each, stage.name, role) for role, models in stage.roles.items() for each in models)
        asked = (term.score for term in stage.rewards)
        yield from (Edge(each.stage, stage.name, "reward") for each in asked if each.stage)
    for work in recipe.works.values():
        yield from (Edge(each, work.name) for each in work.models)
    for evaluation in recipe.evaluations.values():
        yield from _of_evaluation(evaluation)


def _of_evaluation(evaluation: Evaluation) -> Iterator[Edge]:
    yield from (Edge(each, evaluation.name) for each in evaluation.models)
    if evaluation.data is not None:
        yield _of_data(evaluation.data, evaluation.name)
    others = (name for each in evaluation.metrics for name in (each.stage, each.against))
    yield from (Edge(name, evaluation.name) for name in others if name and name not in evaluation.models)


def _of_data(reference: DataReference, name: str) -> Edge:
    return Edge(reference.name, name, reference.part)


# --- problems -----------------------------------------------------------------------------------------

_WORST = (Severity.ERROR, Severity.WARNING)


def _severities(analysis: Analysis, declared: dict[str, Declared]) -> dict[str, str]:
    """The worst problem of each declaration of this file that has one."""
    found: dict[str, str] = {}
    labels = [
        (each.severity, each.primary.span.start)
        for each in analysis.problems
        if each.primary is not None and each.primary.source.path == analysis.source.path
    ]
    for name, each in declared.items():
        if each.module.source is analysis.source:
            inside = {severity for severity, offset in labels if _holds(each.node.span, offset)}
            found[name] = _worst(inside)
    return found


def _holds(span: Span, offset: int) -> bool:
    return span.start <= offset <= span.end


def _worst(found: Iterable[Severity]) -> str:
    return next((str(each.value) for each in _WORST if each in set(found)), "")
