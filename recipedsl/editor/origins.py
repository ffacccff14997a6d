"""Where the rows of a dataset come from, and whether a column is still what the file holds."""

from __future__ import annotations

from recipedsl.editor.analysis import Analysis
from recipedsl.plan.facts import ColumnSeen, FileRows, HubRows
from recipedsl.semantics.recipe import Dataset, SourceUse
from recipedsl.source.paths import beside

#: Datasets that are followed to their source.
_DEEPEST = 50


def rows_of(use: SourceUse) -> FileRows | HubRows | None:
    """What a source reads; None for one that reads no file."""
    settings = use.settings
    if use.keyword == "read" and settings.get("path"):
        return FileRows(beside(use.place.source.path, settings["path"]), settings.get("format") or "")
    if use.keyword == "hub" and settings.get("name") and not settings.get("files"):
        return HubRows(*(settings[name] for name in ("name", "config", "split", "revision")))
    return None


def column_seen(analysis: Analysis, dataset: str, name: str, offset: int) -> ColumnSeen | None:
    """What the source of a dataset holds in a column that no step before an offset makes; None otherwise."""
    datasets = analysis.recipe.datasets
    found = datasets.get(dataset)
    for _ in range(_DEEPEST):
        if found is None or _makes(found, name, offset):
            return None
        source = rows_of(found.source)
        if source is not None:
            return analysis.facts.peek(source).get(name)
        inputs = found.source.inputs
        if found.source.keyword != "data" or len(inputs) != 1:
            return None
        # All of the other pipeline has run when this one begins.
        found, offset = datasets.get(inputs[0].name), len(analysis.text)
    return None


def _makes(dataset: Dataset, name: str, offset: int) -> bool:
    """Whether a step before an offset makes the column, or another of its name."""
    for step in dataset.steps:
        here = step.place.source.path == dataset.place.source.path
        if here and step.place.span.end > offset:
            return False
        if name in step.types or name in step.scores or name in step.settings.get("names", {}).values():
            return True
    return False
