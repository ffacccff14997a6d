"""What a plan can hold and nothing carries out yet: kept as it was meant, and told before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recipedsl.diagnostics import Help, Problems
from recipedsl.diagnostics.codes.plan import NotYet
from recipedsl.language.concept import Concept
from recipedsl.plan.model import LaterNode, LaterUse
from recipedsl.planner.origins import origin_of
from recipedsl.semantics.recipe import Evaluation, Place, Recipe, WorkUse
from recipedsl.semantics.settings import ConceptUse


def report_later(recipe: Recipe, problems: Problems) -> None:
    """Report every use of words that cannot be carried out yet."""
    for each in recipe.later:
        helps = (Help(f"meanwhile: {each.instead}"),) if each.instead else ()
        label = each.place.label("not carried out yet")
        words = f"{each.what} is part of the language, and this version cannot carry it out yet"
        problems.report(NotYet, words, label, helps=helps)


def later_uses(problems: Problems) -> tuple[LaterUse, ...]:
    """What was reported as not carried out yet, as the plan holds it."""
    found = {each: each.primary for each in problems if each.kind is NotYet}
    return tuple(
        LaterUse(what=each.message, origin=origin_of(Place(label.source, label.span)))
        for each, label in found.items()
        if label is not None
    )


def beyond(concept: type[Concept], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a use that cannot be carried out yet, as plain values; unset ones left out."""
    known = concept.settings()
    found = {
        name: plain(value)
        for name, value in settings.items()
        if name in known and value is not None and (known[name].not_yet or _is_later(value))
    }
    return dict(sorted(found.items()))


def _is_later(value: Any) -> bool:
    """Whether a concept, or one of its settings, cannot be carried out yet."""
    if not isinstance(value, ConceptUse):
        return False
    known = value.concept.settings()
    return bool(value.concept.not_yet) or any(
        known[name].not_yet for name, given in value.settings.items() if given is not None
    )


def plain(value: Any) -> Any:
    """A resolved setting as a value of JSON; of a concept the settings that say something."""
    if isinstance(value, ConceptUse):
        known = value.concept.settings()
        said = {n: plain(v) for n, v in value.settings.items() if v is not None and v != known[n].default}
        return {value.concept.keyword: said}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def work_node(work: WorkUse) -> LaterNode:
    """A stage that trains nothing, without its fingerprint."""
    settings = {name: plain(each) for name, each in work.settings.items() if each is not None}
    return LaterNode(
        name=work.name,
        origin=origin_of(work.place),
        doc=work.doc,
        keyword=work.concept.keyword,
        models=work.models,
        settings=settings,
    )


def bare_evaluation(found: Evaluation) -> LaterNode:
    """An evaluation whose metrics bring rows of their own, without its fingerprint."""
    metrics = [{each.keyword: plain(each.settings)} for each in found.metrics]
    settings = {name: plain(each) for name, each in found.settings.items() if each is not None}
    return LaterNode(
        name=found.name,
        origin=origin_of(found.place),
        doc=found.doc,
        keyword="eval",
        models=found.models,
        settings={**settings, "metrics": metrics},
    )
