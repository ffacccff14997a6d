"""Checked expressions as Polars expressions."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from recipedsl.data.functions import FUNCTIONS
from recipedsl.data.functions.parts import OF_JSON
from recipedsl.diagnostics import Bug
from recipedsl.language.expressions import Call, Column, Constant, Expression
from recipedsl.language.functions.base import Parameter
from recipedsl.language.functions.catalogue import BY_KEYWORD

#: Functions that take a constant list, or an end of a range left open, as it is.
_PLAIN_LISTS = frozenset({"in", "not_in"})
_OPEN_ENDS = frozenset({"between", "slice_text"})


def lower(expression: Expression, frame: pl.LazyFrame, only: pl.Expr | None = None) -> pl.Expr:
    """The Polars expression that computes a checked expression.

    Args:
        expression: what to compute.
        frame: the rows that it will run on; only their schema is asked for, and only where a value
            of unknown type has to be told from a record or list.
        only: the rows for which it is wanted. For the others columns are taken for null, which costs
            functions in Python nothing: what stands inside of `when` Polars leaves out for its own alone.

    Raises:
        Bug: for a function that no lowering exists for.
        RecipeError: for a constant that a function cannot work with.
    """
    match expression:
        case Column():
            column = pl.col(expression.name)
            return column if only is None else pl.when(only).then(column)
        case Constant():
            return _literal(expression)
        case Call():
            return _call(expression, frame, only)


def _literal(constant: Constant) -> pl.Expr:
    value = plain(constant)
    if isinstance(value, tuple):
        return pl.lit(pl.Series([list(value)])).first()
    if isinstance(value, int) and not isinstance(value, bool):
        # Polars' own literals are 32 bits wide; beyond 64 bits only a float holds the number.
        return pl.lit(value, pl.Int64) if -(2**63) <= value < 2**63 else pl.lit(float(value))
    return pl.lit(value)


def plain(constant: Constant) -> Any:
    """The value of a constant as Python has it; dates are `datetime.date`."""
    if constant.type != "date" or constant.value is None:
        return constant.value
    if isinstance(constant.value, tuple):
        return tuple(each and date.fromisoformat(str(each)) for each in constant.value)
    return date.fromisoformat(str(constant.value))


def _call(call: Call, frame: pl.LazyFrame, only: pl.Expr | None) -> pl.Expr:
    known, lowering = BY_KEYWORD.get(call.function), FUNCTIONS.get(call.function)
    if lowering is None:
        raise Bug(f"function `{call.function}` has no lowering")
    takes = known.takes if known else ()
    arguments = [_argument(call, takes, place, frame, only) for place in range(len(call.arguments))]
    if call.function in OF_JSON and _is_text(arguments[0], frame):
        lowering = OF_JSON[call.function]
    return lowering(*arguments, **call.settings)


def _is_text(value: pl.Expr, frame: pl.LazyFrame) -> bool:
    """Whether a value is kept as text, because its type was not known when it was read."""
    (dtype,) = frame.select(value.alias("value")).collect_schema().dtypes()
    return dtype == pl.String


def _argument(
    call: Call, takes: tuple[Parameter, ...], place: int, frame: pl.LazyFrame, only: pl.Expr | None
) -> Any:
    function, argument = call.function, call.arguments[place]
    constant = place < len(takes) and takes[place].constant
    if isinstance(argument, Constant):
        is_list = function in _PLAIN_LISTS and isinstance(argument.value, tuple)
        is_open = function in _OPEN_ENDS and argument.value is None
        is_choice = place < len(takes) and bool(takes[place].choices)
        if constant or is_list or is_open or is_choice:
            return plain(argument)
    elif constant:
        raise Bug(f"argument {place + 1} of `{function}` is not a constant")
    return lower(argument, frame, only)
