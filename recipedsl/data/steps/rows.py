"""Steps that keep, drop or multiply rows without a draw."""

from __future__ import annotations

import numpy as np
import polars as pl

from recipedsl.data.expressions import lower
from recipedsl.data.flow import Context, beside, columns_of
from recipedsl.data.reading.parquet import json_series
from recipedsl.data.steps import alike, near
from recipedsl.plan.model import StepSpec

KEPT = "_recipedsl_kept"
_NUMBER = "_recipedsl_number"
_LENGTH = "_recipedsl_length"
_GROUP = "_recipedsl_group"


def where(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """Keeps the rows for which the condition is true; null counts as false."""
    return context.keep(frame, lower(step.expressions["condition"], frame))


def explode(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """A row for each item of a list; an empty list or null gives none."""
    column = step.columns[0]
    rows = context.settle(frame)
    return rows.filter(pl.col(column).list.len() > 0).explode(column)


def take(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """The first rows, or the first of each group, in the order in which they stand: a number or a share."""
    rows, share = context.settle(frame), step.settings.get("share")
    if share is None and not step.by:
        return rows.head(int(step.settings["count"]))
    place, size = pl.int_range(pl.len()), pl.len()
    if step.by:
        place, size = place.over(list(step.by)), size.over(list(step.by))
    # The arithmetic of `portion`, on each group.
    count = pl.lit(step.settings.get("count")) if share is None else (size * share + 0.5 + 1e-9).floor()
    return kept(rows, rows.select((place < count).alias(KEPT)).collect())


def repeat(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """All rows, several times over."""
    rows = context.settle(frame)
    return pl.concat([rows] * int(step.settings["times"]), how="vertical")


def kept(rows: pl.LazyFrame, flags: pl.DataFrame) -> pl.LazyFrame:
    """The settled rows whose flag (column `KEPT`) is true, order kept."""
    return beside(rows, flags.select(KEPT)).filter(pl.col(KEPT)).drop(KEPT)


def dedup(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """One row of those that agree in the named columns (all, when none is named); null equals null.

    With `near` those agree that are linked by likeness at or above it (see `near` and `alike`).
    `keep` says which row stays: the `first`, the `last`, or the `longest` (most characters over all
    its texts; the first of equally long ones). What stays keeps its order.
    """
    rows = context.settle(frame)
    names = list(step.columns) or columns_of(rows)
    if step.settings.get("near") is not None:
        return _dedup_near(rows, names, step, context)
    normalise = bool(step.settings.get("normalise", True))
    schema = rows.collect_schema()
    keys = [_key(name, schema[name], normalise=normalise) for name in names]
    table = rows.select(*keys, *_extra(step, schema)).with_row_index(_NUMBER).collect()
    stays = _chosen(table, names, step)[_NUMBER].implode()
    return kept(rows, table.select(pl.col(_NUMBER).is_in(stays).alias(KEPT)))


def _dedup_near(rows: pl.LazyFrame, names: list[str], step: StepSpec, context: Context) -> pl.LazyFrame:
    schema = rows.collect_schema()
    reading = near.reading_of(names, step, schema)
    others = [_key(name, schema[name], normalise=reading.normalise) for name in reading.others]
    table = rows.select(*reading.texts, *others, *_extra(step, schema)).collect()
    sets = near.sets_of(table, reading)
    groups = alike.grouped(sets, float(step.settings["near"]))
    numbered = pl.DataFrame({_GROUP: groups.labels, _NUMBER: np.arange(len(sets))})
    numbered = numbered.with_columns(table.get_columns()[len(names) :])  # the length, where it decides
    chosen = _chosen(numbered, [_GROUP], step)
    stays = numbered.join(chosen.select(_GROUP, stays=_NUMBER), on=_GROUP, maintain_order="left")["stays"]
    context.facts.update(near.facts_of(table, reading, sets, groups, stays.to_numpy()))
    return kept(rows, numbered.select((pl.col(_NUMBER) == stays).alias(KEPT)))


def _extra(step: StepSpec, schema: pl.Schema) -> list[pl.Expr]:
    return [_length(schema)] if step.settings.get("keep") == "longest" else []


def _chosen(table: pl.DataFrame, names: list[str], step: StepSpec) -> pl.DataFrame:
    """Of the rows that agree in the columns the one that stays."""
    keep = step.settings.get("keep", "first")
    if keep == "longest":
        table = table.sort(_LENGTH, _NUMBER, descending=[True, False])
    return table.unique(names, keep="last" if keep == "last" else "first", maintain_order=True)


def _key(name: str, dtype: pl.DataType, *, normalise: bool) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_nested():
        column = column.map_batches(json_series, return_dtype=pl.String(), is_elementwise=True)
    if normalise and (dtype == pl.String or dtype.is_nested()):
        return column.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars().alias(name)
    return column.alias(name)


def _length(schema: pl.Schema) -> pl.Expr:
    """Characters of all texts of a row, those of conversations too."""
    texts = [pl.col(name).str.len_chars() for name, dtype in schema.items() if dtype == pl.String]
    lists = [
        pl.col(name).list.eval(pl.element().struct.field(part).str.len_chars()).list.sum()
        for name, dtype in schema.items()
        for part in ("content", "value")
        if _has_text(dtype, part)
    ]
    lengths = [each.fill_null(0).cast(pl.Int64) for each in (*texts, *lists)]
    return pl.sum_horizontal(lengths or [pl.lit(0)]).alias(_LENGTH)


def _has_text(dtype: pl.DataType, part: str) -> bool:
    inner = dtype.inner if isinstance(dtype, pl.List) else None
    return isinstance(inner, pl.Struct) and any(
        each.name == part and each.dtype == pl.String for each in inner.fields
    )
