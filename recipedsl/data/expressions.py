"""Checked expressions as Polars expressions."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from recipedsl.data.functions import FUNCTIONS
from recipedsl.diagnostics import Bug
from recipedsl.language.expressions import Call, Column, Constant, Expression
from recipedsl.language.functions.base import Parameter
from recipedsl.language.functions.catalogue import BY_KEYWORD

#: Functions that take a constant list, or an end of a range left open, as it is.
_PLAIN_LISTS = frozenset({"in", "not_in"})
_OPEN_ENDS = frozenset({"between", "slice_text"})


def lower(expression: Expression) -> pl.Expr:
    """The Polars expression that computes a checked expression.

    Args:
        expression: columns are those of the frame that it will run on.

    Raises:
        Bug: for a function that no lowering exists for.
    """
    match expression:
        case Column():
            return pl.col(expression.name)
        case Constant():
            return _literal(expression)
        case Call():
            return _call(expression)


def _literal(constant: Constant) -> pl.Expr:
    value = plain(constant)
    if isinstance(value, tuple):
        return pl.lit(pl.Series([list(value)])).first()
    return pl.lit(value)


def plain(constant: Constant) -> Any:
    """The value of a constant as Python has it; dates are `datetime.date`."""
    if constant.type != "date" or constant.value is None:
        return constant.value
    if isinstance(constant.value, tuple):
        return tuple(each and date.fromisoformat(str(each)) for each in constant.value)
    return date.fromisoformat(str(constant.value))


def _call(call: Call) -> pl.Expr:
    known, lowering = BY_KEYWORD.get(call.function), FUNCTIONS.get(call.function)
    if lowering is None:
        raise Bug(f"function `{call.function}` has no lowering")
    takes = known.takes if known else ()
    arguments = [_argument(call.function, takes, place, each) for place, each in enumerate(call.arguments)]
    return lowering(*arguments, **call.settings)


def _argument(function: str, takes: tuple[Parameter, ...], place: int, argument: Expression) -> Any:
    constant = place < len(takes) and takes[place].constant
    if isinstance(argument, Constant):
        is_list = function in _PLAIN_LISTS and isinstance(argument.value, tuple)
        is_open = function in _OPEN_ENDS and argument.value is None
        if constant or is_list or is_open:
            return plain(argument)
    elif constant:
        raise Bug(f"argument {place + 1} of `{function}` is not a constant")
    return lower(argument)
