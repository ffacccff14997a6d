"""Columns of another dataset, looked up by key."""

from __future__ import annotations

import polars as pl

from recipedsl.data.flow import Context, columns_of
from recipedsl.data.problems import mistake
from recipedsl.diagnostics import Bug
from recipedsl.diagnostics.codes.data_run import ColumnsDiverge, DuplicateJoinKey, JoinCollision
from recipedsl.plan.model import StepSpec

_COUNT = "_recipedsl_count"


def join(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """Adds the columns of the other dataset's row with the same key; null is nobody's key.

    `inner` drops rows without a partner, `left` gives them nulls.

    Raises:
        RecipeError: when a key stands twice in the other dataset, or both have a column beside the keys.
    """
    if step.input is None:
        raise Bug("a join without its other dataset")
    rows, other, keys = context.settle(frame), context.rows_of(step.input), list(step.settings["on"])
    _check_columns(rows, other, keys, str(step.input))
    _check_keys(other, keys, str(step.input))
    return rows.join(other, on=keys, how=step.settings.get("kind", "inner"), maintain_order="left")


def _check_columns(rows: pl.LazyFrame, other: pl.LazyFrame, keys: list[str], name: str) -> None:
    mine, theirs = rows.collect_schema(), other.collect_schema()
    for each in keys:
        if mine[each] != theirs[each]:
            raise mistake(
                ColumnsDiverge, f"the key `{each}` is {mine[each]} on the left and {theirs[each]} in `{name}`"
            )
    shared = [each for each in columns_of(rows) if each in theirs and each not in keys]
    if shared:
        raise mistake(
            JoinCollision,
            f"`{name}` has columns that the rows have too: {', '.join(f'`{each}`' for each in shared)}",
            helps=f"drop or rename them: `join ({name} | drop {', '.join(shared)}), on = {', '.join(keys)}`",
        )


def _check_keys(other: pl.LazyFrame, keys: list[str], name: str) -> None:
    counts = other.select(keys).drop_nulls().group_by(keys).len(name=_COUNT).filter(pl.col(_COUNT) > 1)
    twice = counts.sort([_COUNT, *keys], descending=[True] + [False] * len(keys)).head(1).collect()
    if twice.height:
        found = twice.to_dicts()[0]
        count = found.pop(_COUNT)
        key = ", ".join(f"{column} = {value!r}" for column, value in found.items())
        raise mistake(
            DuplicateJoinKey,
            f"`{name}` has {count} rows for the key {key}",
            helps=f"keep one of them: `join ({name} | dedup {', '.join(keys)}), on = {', '.join(keys)}`",
        )
