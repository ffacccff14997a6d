"""Lowering of aggregates: one value from all rows."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {
    "count": lambda: pl.len().cast(pl.Int64),
    "share": lambda condition: condition.fill_null(False).mean().fill_null(0.0),
    "mean": lambda number: number.mean(),
    "total": lambda number: number.sum(),
    "minimum": lambda number: number.min(),
    "maximum": lambda number: number.max(),
    "median": lambda number: number.median(),
    "distinct": lambda value: value.drop_nulls().n_unique().cast(pl.Int64),
}
