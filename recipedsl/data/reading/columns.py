"""Python values as Polars columns.

Records and lists are taken apart first: Polars would build a frame for every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from recipedsl.data.schema import dtype_of
from recipedsl.language.types import RowType


def to_frame(rows: list[list[Any]], row: RowType) -> pl.DataFrame:
    """Checked rows as columns of the declared types."""
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [() for _ in row.columns]
    pairs = zip(row.columns, columns, strict=True)
    # By name: of a list of columns Polars renames one whose name is empty.
    return pl.DataFrame({each.name: series(each.name, values, dtype_of(each.type)) for each, values in pairs})


def series(name: str, values: Sequence[Any], dtype: pl.DataType) -> pl.Series:
    """Values of exactly this type (None for null) as a column."""
    if isinstance(dtype, pl.Struct):
        return _records(name, values, dtype)
    if isinstance(dtype, pl.List) and dtype.inner.is_nested():
        return _lists(name, values, dtype)
    return pl.Series(name, values, dtype, strict=True)


def _records(name: str, values: Sequence[Any], dtype: pl.Struct) -> pl.Series:
    parts = {
        each.name: series(each.name, [value and value[each.name] for value in values], each.dtype)  # type: ignore[arg-type]
        for each in dtype.fields
    }
    there = pl.Series("", [value is not None for value in values], pl.Boolean)
    return _masked(pl.DataFrame(parts).to_struct(name), there)


def _lists(name: str, values: Sequence[Any], dtype: pl.List) -> pl.Series:
    owners = [owner for owner, value in enumerate(values) if value for _ in value]
    items = [item for value in values if value for item in value]
    inner = series("item", items, dtype.inner)  # type: ignore[arg-type]
    grouped = (
        pl.DataFrame([pl.Series("owner", owners, pl.Int64), inner])
        .group_by("owner", maintain_order=True)
        .agg(pl.col("item"))
    )
    every = pl.DataFrame({"owner": pl.Series(range(len(values)), dtype=pl.Int64)})
    joined = every.join(grouped, on="owner", how="left", maintain_order="left")["item"]
    empty = pl.Series("empty", [[]], dtype)
    filled = joined.to_frame().select(pl.col("item").fill_null(pl.lit(empty).first()))["item"]
    return _masked(filled.rename(name), pl.Series("", [value is not None for value in values], pl.Boolean))


def _masked(values: pl.Series, there: pl.Series) -> pl.Series:
    if there.all():
        return values
    frame = pl.DataFrame([values.rename("value"), there.rename("there")])
    return frame.select(pl.when("there").then("value").alias(values.name)).to_series()
