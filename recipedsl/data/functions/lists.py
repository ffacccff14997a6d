"""Lowering of functions of lists."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl


def _numbers(items: pl.Expr, of: pl.Expr) -> pl.Expr:
    """One number from those of a list."""
    return items.list.eval(of).list.get(0, null_on_oob=True)


def _place(items: pl.Expr, extreme: pl.Expr) -> pl.Expr:
    """The first place of an extreme."""
    return _numbers(items, (pl.element() == extreme).arg_true().head(1)).cast(pl.Int64)


_THERE = pl.element().drop_nulls()
_BEST = _THERE.sort(descending=True)

FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {
    "length": lambda items: items.list.len().cast(pl.Int64),
    "first": lambda items: items.list.get(0, null_on_oob=True),
    "last": lambda items: items.list.get(-1, null_on_oob=True),
    "any": lambda items: items.list.any(),
    # A null item does not hold, whereas Polars leaves it out.
    "all": lambda items: items.list.eval(pl.element().fill_null(False)).list.all(),
    "item_at": lambda items, place: items.list.get(place, null_on_oob=True),
    "max_of": lambda items: items.list.max(),
    "min_of": lambda items: items.list.min(),
    "sum_of": lambda items: items.list.sum().cast(pl.Float64),
    "mean_of": lambda items: items.list.mean(),
    "spread_of": lambda items: items.list.max() - items.list.min(),
    "lead_of": lambda items: _numbers(items, _BEST.get(0, null_on_oob=True) - _BEST.get(1, null_on_oob=True)),
    "place_of_max": lambda items: _place(items, pl.element().max()),
    "place_of_min": lambda items: _place(items, pl.element().min()),
    "agreement": lambda items: _numbers(items, _THERE.unique_counts().max() / _THERE.len()),
    "most_common": lambda items: _numbers(items, _THERE.mode(maintain_order=True).first()),
    "different": lambda items: items.list.drop_nulls().list.n_unique().cast(pl.Int64),
}
