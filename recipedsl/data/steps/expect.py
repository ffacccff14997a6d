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
from recipedsl.language.expressions import Call, Column, Expression
from recipedsl.language.functions.catalogue import BY_KEYWORD
from recipedsl.language.spelling import shown, spelled
from recipedsl.plan.model import StepSpec
from recipedsl.source import Location, Span

_THERE = "_recipedsl_there"
_ARGUMENT = "_recipedsl_argument_"


def expect(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """Lets the rows pass when the condition over all of them holds; null does not hold.

    Raises:
        RecipeError: with the condition and the values of the aggregates in it.
    """
    rows, condition = context.settle(frame), step.expressions["condition"]
    aggregates = {spelled(each, step.text): each for each in _aggregates(condition)}
    told = _told(condition)
    with context.refusals():
        # In one piece: a sum of floats is the same whatever came in which batch.
        table = context.decided(rows, step, expect_by).rechunk()
        asked = [_lowered(each, told, table) for each in (condition, *aggregates.values())]
        found = table.select(each.alias(str(place)) for place, each in enumerate(asked)).row(0)
    values = dict(zip(aggregates, found[1:], strict=True))
    context.facts["values"] = values
    if found[0] is not True:
        raise _failed(step, values)
    return rows


def expect_by(step: StepSpec, frame: pl.LazyFrame) -> list[pl.Expr]:
    """What a gate looks at: the arguments of its aggregates, and of each row that it is there."""
    arguments = [
        lower(each, frame).alias(name) for each, name in _told(step.expressions["condition"]).values()
    ]
    return [pl.first().is_null().alias(_THERE), *arguments]


def _told(condition: Expression) -> dict[str, tuple[Expression, str]]:
    """The arguments of all aggregates by their form, with the column of each."""
    arguments = {repr(each): each for call in _aggregates(condition) for each in call.arguments}
    return {form: (each, f"{_ARGUMENT}{place}") for place, (form, each) in enumerate(arguments.items())}


def _lowered(expression: Expression, told: dict[str, tuple[Expression, str]], table: pl.DataFrame) -> pl.Expr:
    """An expression over columns that hold the arguments of its aggregates."""
    return lower(_over_columns(expression, told), table.lazy())


def _over_columns(expression: Expression, told: dict[str, tuple[Expression, str]]) -> Expression:
    if not isinstance(expression, Call):
        return expression
    if _is_aggregate(expression):
        columns = tuple(Column(name=told[repr(each)][1]) for each in expression.arguments)
        return replace(expression, arguments=columns)
    return replace(expression, arguments=tuple(_over_columns(each, told) for each in expression.arguments))


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
    if _is_aggregate(expression):
        yield expression
    for argument in expression.arguments:
        yield from _aggregates(argument)


def _is_aggregate(call: Call) -> bool:
    return call.function in BY_KEYWORD and BY_KEYWORD[call.function].aggregate
