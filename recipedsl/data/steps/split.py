"""Disjoint parts of a dataset."""

from __future__ import annotations

import numpy as np
import polars as pl

from recipedsl.data.draw import apportioned, scores
from recipedsl.data.flow import PART, Context, beside
from recipedsl.data.problems import mistake
from recipedsl.data.steps.draws import groups_of, one_group, ranks_within
from recipedsl.diagnostics import Bug
from recipedsl.diagnostics.codes.data_run import ImpossibleArgument
from recipedsl.plan.model import StepSpec

_SUM_TOLERANCE = 1e-6
_UNIT = "_recipedsl_unit"


def split(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """Marks each row with its part; order kept.

    Every part gets its share of each group of `by`, by largest remainder. With `settings.group` rows
    that agree in that column stay together (null agrees with nothing), and shares are met as nearly
    as that allows. Parts of `settings.counts` have that many rows, at the cost of `settings.rest`.
    """
    parts: dict[str, float] = step.settings["parts"]
    if abs(sum(parts.values()) - 1) > _SUM_TOLERANCE:
        raise Bug(f"the shares of `{step.text}` sum to {sum(parts.values())}")
    rows, together = context.settle(frame), step.settings.get("group")
    table = context.decided(rows, step, split_by) if step.by or together else pl.DataFrame()
    strata = groups_of(table.select(step.by)) if step.by else one_group(rows)
    shares = _counted(parts, step, len(strata))
    if together:
        places = _grouped(strata, _units(table[_UNIT]), shares, step.seed)
    else:
        places = _stratified(strata, shares, step.seed)
    names = pl.Series(list(parts), dtype=pl.String)
    return beside(rows, pl.DataFrame([names.gather(places).alias(PART)]))


def split_by(step: StepSpec, _frame: pl.LazyFrame) -> list[pl.Expr]:
    """What a split decides by."""
    together = step.settings.get("group")
    return [*(pl.col(each) for each in step.by), *([pl.col(together).alias(_UNIT)] if together else [])]


def _counted(parts: dict[str, float], step: StepSpec, total: int) -> list[float]:
    """The shares of all parts, numbers of rows turned into shares of the total."""
    counts: dict[str, int] = step.settings.get("counts") or {}
    if not counts or not total:
        return list(parts.values())
    shares = {**parts, **{name: count / total for name, count in counts.items()}}
    rest = step.settings["rest"]
    shares[rest] = 1 - sum(share for name, share in shares.items() if name != rest)
    if shares[rest] < 0:
        raise mistake(
            ImpossibleArgument, f"the parts of `{step.text}` take more than the {total} rows that there are"
        )
    return list(shares.values())


def _stratified(strata: np.ndarray, shares: list[float], seed: int) -> np.ndarray:
    sizes = np.bincount(strata) if len(strata) else np.zeros(0, np.int64)
    ends = np.array([np.cumsum(apportioned(int(size), shares)) for size in sizes], np.int64)
    if not len(ends):
        return np.zeros(0, np.int64)
    ranks = ranks_within(strata, scores(len(strata), seed))
    return np.asarray((ranks[:, None] >= ends[strata]).sum(axis=1))


def _units(keys: pl.Series) -> np.ndarray:
    """Number of the unit that each row belongs to; a row without a key is a unit of its own."""
    groups = groups_of(keys.to_frame())
    own = len(groups) + np.arange(len(groups))
    _, units = np.unique(np.where(keys.is_null().to_numpy(), own, groups), return_inverse=True)
    return np.asarray(units, np.int64)


def _grouped(strata: np.ndarray, units: np.ndarray, shares: list[float], seed: int) -> np.ndarray:
    """Units in a seeded order, each to the part that lacks most rows.

    A unit counts in the stratum of its first row.
    """
    if not len(units):
        return np.zeros(0, np.int64)
    sizes = np.bincount(units)
    _, first = np.unique(units, return_index=True)
    homes = strata[first]
    lacking = np.outer(np.bincount(homes, weights=sizes), shares)
    places = np.empty(len(sizes), np.int64)
    for unit in np.argsort(scores(len(sizes), seed), kind="stable"):
        # Rounded, so that parts which lack the same take turns in their order on every machine.
        place = int(np.argmax(np.round(lacking[homes[unit]], 6)))
        places[unit] = place
        lacking[homes[unit], place] -= sizes[unit]
    return np.asarray(places[units])
