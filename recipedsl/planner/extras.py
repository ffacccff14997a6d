"""Words whose libraries come with an extra of the package: told before anything starts."""

from __future__ import annotations

from importlib.util import find_spec

from recipedsl.diagnostics import Problems
from recipedsl.diagnostics.extras import extra_missing
from recipedsl.language import catalogue
from recipedsl.language.steps.base import Step
from recipedsl.semantics.recipe import Recipe


def report_missing(recipe: Recipe, problems: Problems) -> None:
    """Report every step whose library is not installed."""
    for dataset in recipe.datasets.values():
        for step in dataset.steps:
            concept = catalogue.find("step", step.keyword)
            if concept is None or not issubclass(concept, Step) or not concept.library:
                continue
            if find_spec(concept.library) is None:
                where = step.place.label("not installed")
                problems.found.append(
                    extra_missing(f"`{step.keyword}`", concept.library, concept.extra, label=where)
                )
