"""Steps that change columns."""

from __future__ import annotations

import polars as pl

from recipedsl.data.costs import is_dear
from recipedsl.data.expressions import lower
from recipedsl.data.flow import FELL, Context, hidden_of
from recipedsl.data.schema import stored
from recipedsl.language.expressions import Expression, columns_of
from recipedsl.plan.model import StepSpec


def derive(frame: pl.LazyFrame, step: StepSpec, _context: Context) -> pl.LazyFrame:
    """Adds or replaces columns.

    All see the rows as they were; a column that is new here is seen by those behind it.
    """
    known = set(frame.collect_schema().names())
    together: dict[str, Expression] = {}
    for name, expression in step.expressions.items():
        if any(each in together and each not in known for each in columns_of(expression)):
            frame = _added(frame, together)
            known |= together.keys()
            together = {}
        together[name] = expression
    return _added(frame, together)


def _added(frame: pl.LazyFrame, new: dict[str, Expression]) -> pl.LazyFrame:
    stands = pl.col(FELL).is_null() if FELL in frame.collect_schema() else None
    added = frame.with_columns(
        lower(expression, frame, stands if is_dear(expression) else None).alias(name)
        for name, expression in new.items()
    )
    schema = added.collect_schema()
    # `derive note = none` has no type of its own; what is not known is kept as text.
    untyped = [name for name in new if schema[name] != stored(schema[name])]
    return added.with_columns(pl.col(name).cast(stored(schema[name])) for name in untyped)


def select(frame: pl.LazyFrame, step: StepSpec, _context: Context) -> pl.LazyFrame:
    """Keeps the named columns, in the order named."""
    return frame.select(*step.columns, *hidden_of(frame))


def drop(frame: pl.LazyFrame, step: StepSpec, _context: Context) -> pl.LazyFrame:
    """Removes the named columns."""
    return frame.drop(*step.columns)


def rename(frame: pl.LazyFrame, step: StepSpec, _context: Context) -> pl.LazyFrame:
    """Gives columns new names: `settings.names` maps old to new."""
    return frame.rename(step.settings["names"])
