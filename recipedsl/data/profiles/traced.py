"""Which columns a row's texts stand in before each step: traced back from what `as` makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from recipedsl.data.profiles.texts import speaks
from recipedsl.language.expressions import columns_of
from recipedsl.language.shapes import SHAPE_COLUMNS, Shape
from recipedsl.plan.model import StepSpec


def traced(steps: Sequence[StepSpec], source: pl.LazyFrame) -> list[tuple[str, ...]]:
    """Names of the columns with the texts that will be trained: before each step, and behind the last.

    Empty where no step gives a shape, or where what gives it is not to be found in the source.

    Args:
        steps: of the pipeline.
        source: the rows that enter the first step.
    """
    last = next((place for place in range(len(steps) - 1, -1, -1) if steps[place].keyword == "as"), None)
    if last is None:
        return []
    shape = Shape(steps[last].settings["shape"])
    behind: tuple[str, ...] = tuple(each for each in SHAPE_COLUMNS[shape] if each != "label")
    found = [_renamed(behind, steps[last + 1 : place]) for place in range(last + 1, len(steps) + 1)]
    here = _once(name for each in steps[last].expressions.values() for name in columns_of(each))
    for step in reversed(steps[:last]):
        found.insert(0, here)
        here = _behind(step, here)
    found.insert(0, here)
    schema = source.collect_schema()
    first = tuple(name for name in found[0] if name in schema and speaks(schema[name]))
    return [first, *found[1:]] if first else []


def _behind(step: StepSpec, names: tuple[str, ...]) -> tuple[str, ...]:
    """What the columns were called, or made from, before a step."""
    if step.keyword == "rename":
        old = {new: given for given, new in step.settings["names"].items()}
        return _once(old.get(name, name) for name in names)
    if step.keyword == "derive":
        made = step.expressions
        return _once(each for name in names for each in (columns_of(made[name]) if name in made else (name,)))
    return names


def _renamed(names: tuple[str, ...], steps: Iterable[StepSpec]) -> tuple[str, ...]:
    for step in steps:
        new = step.settings["names"] if step.keyword == "rename" else {}
        names = tuple(new.get(name, name) for name in names)
    return names


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
