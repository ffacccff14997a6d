"""Lowering of operators and of functions of null and choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl


def equal(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return left == right


def not_equal(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return left != right


def is_in(value: pl.Expr, items: Sequence[Any] | pl.Expr) -> pl.Expr:
    """A constant list becomes a set; a list of the row is searched."""
    if isinstance(items, pl.Expr):
        return pl.when(value.is_not_null()).then(items.list.contains(value, nulls_equal=False))
    return value.is_in([item for item in items if item is not None])


def not_in(value: pl.Expr, items: Sequence[Any] | pl.Expr) -> pl.Expr:
    return is_in(value, items).not_()


def between(value: pl.Expr, low: pl.Expr | None, high: pl.Expr | None) -> pl.Expr:
    """Both ends included; an end that is None is open."""
    # The value stands here once: what stands several times Polars works out first, for all rows, also for
    # those that a condition before has dropped.
    if low is not None and high is not None:
        return value.is_between(low, high)
    if low is not None:
        return value >= low
    return value <= high if high is not None else pl.when(value.is_not_null()).then(True)


def divide(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return pl.when(right != 0).then(left / right)


def modulo(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return pl.when(right != 0).then(left % right)


def coalesce(*values: pl.Expr) -> pl.Expr:
    return pl.coalesce(*values)


def choose(condition: pl.Expr, then: pl.Expr, otherwise: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(then).otherwise(otherwise)


FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {
    "equal": equal,
    "not_equal": not_equal,
    "less": lambda left, right: left < right,
    "less_equal": lambda left, right: left <= right,
    "greater": lambda left, right: left > right,
    "greater_equal": lambda left, right: left >= right,
    "and": lambda left, right: left & right,
    "or": lambda left, right: left | right,
    "not": lambda value: value.not_(),
    "in": is_in,
    "not_in": not_in,
    "between": between,
    "add": lambda left, right: left + right,
    "subtract": lambda left, right: left - right,
    "multiply": lambda left, right: left * right,
    "divide": divide,
    "modulo": modulo,
    "negate": lambda value: -value,
    "is_null": lambda value: value.is_null(),
    "is_not_null": lambda value: value.is_not_null(),
    "coalesce": coalesce,
    "if": choose,
}
