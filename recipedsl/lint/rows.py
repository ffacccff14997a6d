"""How many rows a dataset has at most, as far as that is known before anything runs."""

from __future__ import annotations

import math
from typing import Any

from recipedsl.lint.base import Subject
from recipedsl.semantics.recipe import DataReference, ResolvedStep, SourceUse


def most_rows(subject: Subject, reference: DataReference) -> int | None:
    """An upper bound: rows that are written, files that were seen to their end, `take n`, shares of a split.

    None where nothing is known. What filters leave is not known beforehand.
    """
    return _most_rows(subject, reference, {})


#: Bounds found so far, by dataset and part: datasets put together again and again come up very often.
_Found = dict[tuple[str, str], int | None]


def _most_rows(subject: Subject, reference: DataReference, found: _Found) -> int | None:
    key = (reference.name, reference.part)
    if key not in found:
        found[key] = _counted(subject, reference, found)
    return found[key]


def _counted(subject: Subject, reference: DataReference, known: _Found) -> int | None:
    dataset = subject.recipe.datasets.get(reference.name)
    if dataset is None:
        return None
    found = _of_source(subject, dataset.source, known)
    for step in dataset.steps:
        found = _behind(step, found, reference.part)
    return _least(found, subject.recipe.run.get("max_rows"))


def _of_source(subject: Subject, source: SourceUse, known: _Found) -> int | None:
    if source.keyword == "rows":
        return len(source.settings["rows"])
    if source.keyword in ("data", "concat"):
        counts = [_most_rows(subject, each, known) for each in source.inputs]
        return None if None in counts else sum(each for each in counts if each is not None)
    look = subject.look(source) if source.keyword in ("read", "hub") else None
    return look.rows if look is not None and look.complete and not look.problem else None


def _behind(step: ResolvedStep, rows: int | None, part: str) -> int | None:
    """The bound behind a step, given the one before it."""
    settings = step.settings
    match step.keyword:
        case "take" | "sample" if not step.by:
            return _drawn(rows, settings)
        case "repeat":
            return None if rows is None else rows * int(settings["times"])
        case "split" if part in settings.get("counts", ()):
            return _least(rows, settings["counts"][part])
        case "split" if part:
            return None if rows is None else math.ceil(rows * settings["parts"][part])
        case "explode":
            return None
        case _:
            return rows


def _drawn(rows: int | None, settings: dict[str, Any]) -> int | None:
    if "share" in settings:
        return None if rows is None else math.ceil(rows * settings["share"])
    return _least(rows, settings.get("count"))


def _least(*counts: int | None) -> int | None:
    return min((each for each in counts if each is not None), default=None)
