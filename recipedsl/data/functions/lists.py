"""Lowering of functions of lists."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {
    "length": lambda items: items.list.len().cast(pl.Int64),
    "first": lambda items: items.list.get(0, null_on_oob=True),
    "last": lambda items: items.list.get(-1, null_on_oob=True),
    "any": lambda items: items.list.any(),
    # A null item does not hold, whereas Polars leaves it out.
    "all": lambda items: items.list.eval(pl.element().fill_null(False)).list.all(),
}
