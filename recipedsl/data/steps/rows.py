"""Steps that keep, drop or multiply rows without a draw."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
import polars as pl

from recipedsl.data.costs import cost, is_dear
from recipedsl.data.expressions import lower
from recipedsl.data.flow import FELL, Context, beside, columns_of
from recipedsl.data.functions.words import folded
from recipedsl.data.reading.parquet import json_series
from recipedsl.data.steps import alike, near
from recipedsl.language.expressions import Call, Expression
from recipedsl.language.steps.base import BEST
from recipedsl.plan.model import StepSpec

KEPT = "_recipedsl_kept"
_NUMBER = "_recipedsl_number"
_WORTH = "_recipedsl_worth"
_HASHES = ["_recipedsl_hash_0", "_recipedsl_hash_1"]
_ODD = 0x9E37_79B9_7F4A_7C15  # a multiplier by which no bit is lost


def where(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """Keeps the rows for which the condition is true; null counts as false."""
    # The cheap parts of `… and …` first: a part is evaluated only where those before it hold.
    parts = sorted(_conjuncts(step.expressions["condition"]), key=cost)
    conditions = [lower(each, frame) for each in parts if not is_dear(each)]
    if conditions:
        told = reduce(lambda rest, each: pl.when(each).then(rest), reversed(conditions))
        frame = context.keep(frame, told)
    for each in parts:
        if is_dear(each):
            frame = context.keep(frame, lower(each, frame, pl.col(FELL).is_null()))
    return frame


def _conjuncts(condition: Expression) -> list[Expression]:
    """Conditions that are all true when the whole is."""
    if isinstance(condition, Call) and condition.function == "and":
        return [part for each in condition.arguments for part in _conjuncts(each)]
    return [condition]


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
        table = context.decided(rows, step, groups_by)
    else:
        table = rows.select(place.alias(KEPT)).collect()
    # The arithmetic of `portion`, on each group.
    count = pl.lit(step.settings.get("count")) if share is None else (size * share + 0.5 + 1e-9).floor()
    return kept(rows, table.select((place < count).alias(KEPT)))


def groups_by(step: StepSpec, _frame: pl.LazyFrame) -> list[pl.Expr]:
    """What steps with groups decide by."""
    return [pl.col(each) for each in step.by]


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
    `keep` says which row stays: the `first`, the `last`, the `longest` (most characters over all its
    texts) or the `best` (the largest number; of equal ones the first). What stays keeps its order.
    """
    rows = context.settle(frame)
    if step.settings.get("near") is not None:
        return _dedup_near(rows, step, context)
    table = context.decided(rows, step, dedup_by).with_row_index(_NUMBER)
    stays = np.zeros(table.height, bool)
    stays[_chosen(table, _HASHES, step)[_NUMBER].to_numpy()] = True
    return kept(rows, pl.DataFrame({KEPT: stays}))


def dedup_by(step: StepSpec, frame: pl.LazyFrame) -> list[pl.Expr]:
    """What exact duplicates are told by: 128 bits of hash over all columns, and the worth where it decides.

    Two rows that differ meet in them with a chance of 10^-24 among ten million.
    """
    schema = frame.collect_schema()
    normalise = bool(step.settings.get("normalise", True))
    keys = [_key(name, schema[name], normalise=normalise) for name in list(step.columns) or columns_of(frame)]
    return [*(_hashed(keys, seed).alias(name) for seed, name in enumerate(_HASHES)), *_worth(step, frame)]


def _hashed(keys: list[pl.Expr], seed: int) -> pl.Expr:
    # It decides only which are equal: that Polars' hash changes with its versions changes no result.
    hashes = [each.hash(2 * place + seed) for place, each in enumerate(keys)]
    return reduce(lambda all_, each: all_ * pl.lit(_ODD, pl.UInt64) + each, hashes)


def near_by(step: StepSpec, frame: pl.LazyFrame) -> tuple[near.Reading, list[pl.Expr]]:
    """How near duplicates are told, and what by: the texts, other columns, the worth where it decides."""
    schema = frame.collect_schema()
    reading = near.reading_of(list(step.columns) or columns_of(frame), step, schema)
    others = [_key(name, schema[name], normalise=reading.normalise) for name in reading.others]
    return reading, [*map(pl.col, reading.texts), *others, *_worth(step, frame)]


def _dedup_near(rows: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    reading, by = near_by(step, rows)
    compared = rows.select(by)
    labels = alike.grouped(near.bags_of(compared, reading), float(step.settings["near"]))
    stays = near.stays_of(labels, step.settings.get("keep", "first"), worth_of(compared))
    fallen = near.Fallen.of(stays)
    shown = compared.with_row_index(_NUMBER).filter(pl.col(_NUMBER).is_in(fallen.numbers.tolist())).collect()
    context.facts.update(near.facts_of(labels, near.examples(shown, reading, fallen)))
    return kept(rows, pl.DataFrame({KEPT: stays == np.arange(len(stays))}))


def worth_of(compared: pl.LazyFrame) -> np.ndarray | None:
    """The number of each row that decides which stays, where one does; of columns that `near_by` tells."""
    if _WORTH not in compared.collect_schema():
        return None
    return compared.select(_WORTH).collect().to_series().to_numpy()


def _worth(step: StepSpec, frame: pl.LazyFrame) -> list[pl.Expr]:
    """The number whose largest tells the row that stays, where one does."""
    if step.settings.get("keep") == "longest":
        return [_length(frame.collect_schema())]
    if step.settings.get("keep") != BEST:
        return []
    # A row without a number is below all others.
    number = lower(step.expressions[BEST], frame).cast(pl.Float64)
    return [number.fill_null(-math.inf).fill_nan(-math.inf).alias(_WORTH)]


def _chosen(table: pl.DataFrame, names: list[str], step: StepSpec) -> pl.DataFrame:
    """Of the rows that agree in the columns the one that stays."""
    keep = step.settings.get("keep", "first")
    if _WORTH in table.columns:
        table = table.sort(_WORTH, _NUMBER, descending=[True, False])
    return table.unique(names, keep="last" if keep == "last" else "first", maintain_order=True)


def _key(name: str, dtype: pl.DataType, *, normalise: bool) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_nested():
        column = column.map_batches(json_series, return_dtype=pl.String(), is_elementwise=True)
    if normalise and (dtype == pl.String or dtype.is_nested()):
        return folded(column).alias(name)
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
    return pl.sum_horizontal(lengths or [pl.lit(0)]).alias(_WORTH)


def _has_text(dtype: pl.DataType, part: str) -> bool:
    inner = dtype.inner if isinstance(dtype, pl.List) else None
    return isinstance(inner, pl.Struct) and any(
        each.name == part and each.dtype == pl.String for each in inner.fields
    )
