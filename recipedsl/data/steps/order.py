"""Steps that change the order of rows."""

from __future__ import annotations

import polars as pl

from recipedsl.data.draw import scores
from recipedsl.data.expressions import lower
from recipedsl.data.flow import Context, beside
from recipedsl.plan.model import StepSpec

_KEY = "_recipedsl_key"


def shuffle(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """A seeded order."""
    rows = context.settle(frame)
    height = int(rows.select(pl.len()).collect().item())
    keys = pl.DataFrame({_KEY: scores(height, step.seed)})
    return beside(rows, keys).sort(_KEY).drop(_KEY)


def sort(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """By one or more keys, `settings.descending` for each; equal rows keep their order, nulls come last."""
    rows = context.settle(frame)
    table = context.decided(rows, step, sort_by)
    descending = list(step.settings.get("descending") or [False] * table.width)
    keyed = beside(rows, table)
    ordered = keyed.sort(table.columns, descending=descending, nulls_last=True, maintain_order=True)
    return ordered.drop(table.columns)


def sort_by(step: StepSpec, frame: pl.LazyFrame) -> list[pl.Expr]:
    """The keys of a sort."""
    return [
        lower(each, frame).alias(f"{_KEY}{place}") for place, each in enumerate(step.expressions.values())
    ]
