"""A seeded draw of rows."""

from __future__ import annotations

import numpy as np
import polars as pl

from recipedsl.data.draw import portion, scores
from recipedsl.data.flow import Context
from recipedsl.data.steps.rows import KEPT, groups_by, kept
from recipedsl.plan.model import StepSpec


def sample(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """A seeded share or number of the rows, of each group when `by` names columns; order kept.

    A number that is larger than there are rows keeps them all.
    """
    rows = context.settle(frame)
    groups = groups_of(context.decided(rows, step, groups_by)) if step.by else one_group(rows)
    sizes = np.bincount(groups) if len(groups) else np.zeros(0, np.int64)
    wanted = np.array([_wanted(int(size), step) for size in sizes], np.int64)
    ranks = ranks_within(groups, scores(len(groups), step.seed))
    flags = ranks < wanted[groups] if len(groups) else np.zeros(0, bool)
    return kept(rows, pl.DataFrame({KEPT: flags}))


def _wanted(size: int, step: StepSpec) -> int:
    if step.settings.get("share") is not None:
        return portion(size, float(step.settings["share"]))
    return min(int(step.settings["count"]), size)


def one_group(rows: pl.LazyFrame) -> np.ndarray:
    """Number 0 for each of the settled rows: int64 of shape (rows,)."""
    return np.zeros(int(rows.select(pl.len()).collect().item()), np.int64)


def groups_of(keys: pl.DataFrame) -> np.ndarray:
    """Number of each row's group, int64 of shape (rows,), counted in the order of first appearance.

    Args:
        keys: columns in which the rows of a group are equal; null equals null.
    """
    groups = keys.unique(maintain_order=True).with_row_index("_recipedsl_group")
    joined = keys.join(groups, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")
    return joined["_recipedsl_group"].cast(pl.Int64).to_numpy()


def ranks_within(groups: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Place of each row in its group when that is sorted by key: int64 of shape (rows,), from 0."""
    order = np.lexsort((keys, groups))
    sizes = np.bincount(groups) if len(groups) else np.zeros(0, np.int64)
    starts = np.cumsum(sizes) - sizes
    ranks = np.empty(len(groups), np.int64)
    ranks[order] = np.arange(len(groups)) - starts[groups[order]]
    return ranks
