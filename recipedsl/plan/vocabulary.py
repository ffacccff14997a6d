"""What no recipe could have put into a plan: words that the vocabulary lacks, forms that nothing reads.

Whoever writes a plan by hand can give it fitting fingerprints; a plan file is looked at once more for this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from recipedsl.language import catalogue
from recipedsl.language.shapes import Shape
from recipedsl.language.stages.base import StageMethod
from recipedsl.language.types import RowType
from recipedsl.plan.model import (
    DataNode,
    EvalNode,
    ModelNode,
    Node,
    Plan,
    RewardTerm,
    StageNode,
    StepSpec,
)

#: Settings without which a model cannot be found.
_OF_SOURCES = {"local": ("path",), "hub": ("name",), "pypi": ("package", "version", "file", "sha256")}

#: What a stage may ask that is no word of the vocabulary: an earlier reward stage.
_REWARDS = {"model"}

#: A step that is a statement of the language.
_STEPS = {"expect"}

_SHOWN = 40


def foreign(plan: Plan) -> Iterator[str]:
    """Everything in a plan that cannot come from a recipe, in words."""
    if plan.edition != 1:
        yield f"it is of edition {str(plan.edition)[:_SHOWN]} of the language"
    for node in plan.nodes:
        yield from (f"`{node.name}`: {fault}" for fault in _faults(node))


def _faults(node: Node) -> Iterator[str]:
    match node:
        case ModelNode():
            lacking = (each for each in _OF_SOURCES[node.source.keyword] if not _text_of(node, each))
            yield from (f"`{node.source.keyword}` without its `{each}`" for each in lacking)
        case DataNode():
            yield from _row_faults((node.row, getattr(node.source, "row", {})))
            yield from (fault for step in node.steps for fault in _step_faults(step))
        case StageNode():
            yield from _method_faults(node)
            yield from _reward_faults(node.rewards)
        case EvalNode():
            metrics = (each.keyword for each in node.metrics)
            yield from _unknown("metric", metrics, set())


def _text_of(node: ModelNode, name: str) -> str:
    value = node.source.settings.get(name)
    return value if isinstance(value, str) else ""


def _row_faults(forms: Iterable[Any]) -> Iterator[str]:
    for form in forms:
        try:
            RowType.from_json(form)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            yield "its row type is none"


def _step_faults(step: StepSpec) -> Iterator[str]:
    yield from _unknown("step", (step.keyword,), _STEPS)
    if step.keyword == "as" and step.settings.get("shape") not in list(Shape):
        yield "`as` gives a shape that there is not"
    yield from (fault for terms in step.scores.values() for fault in _reward_faults(terms))


def _method_faults(node: StageNode) -> Iterator[str]:
    method = catalogue.find("stage", node.method)
    if method is None or not issubclass(method, StageMethod):
        yield f"there is no method `{node.method[:_SHOWN]}`"
    elif (node.trainer, node.config) != (method.trainer_class, method.config_class):
        yield f"`{node.method}` is carried out by {method.trainer_class}, not by {node.trainer[:_SHOWN]}"
    adapters = () if node.adapter is None else (node.adapter.keyword,)
    yield from _unknown("adapter", adapters, set())


def _reward_faults(terms: Iterable[RewardTerm]) -> Iterator[str]:
    for term in terms:
        yield from _unknown("reward", (term.score.keyword,), _REWARDS)
        yield from (fault for inner in term.score.terms.values() for fault in _reward_faults(inner))


def _unknown(family: str, keywords: Iterable[str], others: set[str]) -> Iterator[str]:
    known = {*catalogue.keywords(family), *others}
    yield from (f"there is no {family} `{each[:_SHOWN]}`" for each in keywords if each not in known)
