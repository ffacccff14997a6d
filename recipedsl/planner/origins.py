"""Places in a recipe as the plan keeps them."""

from __future__ import annotations

from recipedsl.plan.model import Origin
from recipedsl.semantics.recipe import Place


def origin_of(place: Place) -> Origin:
    """The place as plain numbers that outlive the text."""
    found = place.source.location(place.span)
    return Origin(
        path=found.path,
        line=found.line,
        column=found.column,
        end_line=found.end_line,
        end_column=found.end_column,
    )


def text_of(place: Place) -> str:
    """The text of a place on one line."""
    return " ".join(place.source.slice(place.span).split())
