"""Gates on the rows so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl

from recipedsl.data.expressions import lower
from recipedsl.data.flow import Context
from recipedsl.data.problems import mistake
from recipedsl.diagnostics import RecipeError, Value
from recipedsl.diagnostics.codes.data_run import GateFailed
from recipedsl.language.expressions import Call, Expression
from recipedsl.language.functions.catalogue import BY_KEYWORD
from recipedsl.language.spelling import shown, spelled
from recipedsl.plan.model import StepSpec
from recipedsl.source import Location, Span


def expect(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """Lets the rows pass when the condition over all of them holds; null does not hold.

    Raises:
        RecipeError: with the condition and the values of the aggregates in it.
    """
    rows, condition = context.settle(frame), step.expressions["condition"]
    aggregates = {spelled(each, step.text): each for each in _aggregates(condition)}
    asked = [lower(each, rows).alias(f"value{place}") for place, each in enumerate(aggregates.values())]
    with context.refusals():
        found = rows.select(lower(condition, rows).alias("holds"), *asked).collect().row(0)
    values = dict(zip(aggregates, found[1:], strict=True))
    context.facts["values"] = values
    if found[0] is not True:
        raise _failed(step, values)
    return rows


def _failed(step: StepSpec, values: dict[str, Any]) -> RecipeError:
    """The error of a gate that does not hold: values stand as notes, and are drawn where they are written."""
    told = mistake(
        GateFailed,
        step.message or f"`{step.text}` does not hold",
        f"expected: {step.text}",
        *(f"{name} is {shown(value)}" for name, value in values.items()),
    )
    origin = step.origin
    at = Location(origin.path, origin.line, origin.column, origin.end_line, origin.end_column)
    return RecipeError(replace(told.diagnostics[0], values=tuple(_drawn(step, values))), at=at)


def _drawn(step: StepSpec, values: dict[str, Any]) -> Iterator[Value]:
    """Each value below the words that it is the value of, counted from the beginning of the step."""
    origin = step.origin
    if origin.line != origin.end_line or origin.end_column - origin.column != len(step.text):
        return  # the text was put on one line: its letters stand elsewhere in the recipe
    for name, value in values.items():
        start = step.text.find(name)
        if start >= 0:
            yield Value(Span(start, start + len(name)), shown(value))


def _aggregates(expression: Expression) -> Iterator[Call]:
    if not isinstance(expression, Call):
        return
    if expression.function in BY_KEYWORD and BY_KEYWORD[expression.function].aggregate:
        yield expression
    for argument in expression.arguments:
        yield from _aggregates(argument)
