"""The rows of each dataset, from its source through its steps: what is written, and what is known already.

The counts themselves come later, from `editor/counting.py`; they find their step by its origin.
"""

from __future__ import annotations

from typing import Any

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.origins import rows_of
from recipedsl.editor.playground.graph import place_of
from recipedsl.semantics.recipe import Dataset, Place

#: Datasets, steps of one, and characters of a step that are shown.
_MOST, _MOST_STEPS, _LONGEST = 50, 60, 200


def funnels_of(analysis: Analysis) -> list[dict[str, Any]]:
    """The datasets of the recipe as JSON, in the order in which they can be made.

    Each has `name`, `shape`, `parts`, `source` (text, at, `rows` where a look has seen all of them) and
    `steps` (text, keyword, at, origin as plans write it).
    """
    return [_funnel(analysis, each) for each in list(analysis.recipe.datasets.values())[:_MOST]]


def _funnel(analysis: Analysis, dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "shape": str(dataset.shape),
        "parts": list(dataset.parts),
        "source": {**_source(analysis, dataset), "rows": _seen(analysis, dataset)},
        "steps": [
            {"keyword": each.keyword, **_line(analysis, each.place)} for each in dataset.steps[:_MOST_STEPS]
        ],
    }


def _source(analysis: Analysis, dataset: Dataset) -> dict[str, Any]:
    line = _line(analysis, dataset.source.place)
    return {**line, "text": "rows([…])"} if dataset.source.keyword == "rows" else line


def _line(analysis: Analysis, place: Place) -> dict[str, Any]:
    text = " ".join(place.source.slice(place.span).split())
    first = place.source.position(place.span.start)
    return {
        "text": text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…",
        "at": place_of(analysis, place.span.start) if place.source is analysis.source else None,
        "origin": f"{place.source.path}:{first.line}:{first.column}",
    }


def _seen(analysis: Analysis, dataset: Dataset) -> int | None:
    """Rows of the source where a look has seen all of them; None where nobody knows."""
    source = rows_of(dataset.source)
    look = analysis.look(source) if source is not None else None
    return look.rows if look is not None and look.complete and look.row is not None else None
