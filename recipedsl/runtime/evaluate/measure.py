"""From values of single rows to the table of results: metric, model, overall and by slice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recipedsl.language.metrics.metrics import (
    ExactMetric,
    FormatMetric,
    Loss,
    Metric,
    NumericMetric,
    PassRate,
    RewardMetric,
    WinRate,
)
from recipedsl.runtime.evaluate import intervals
from recipedsl.runtime.evaluate.intervals import Estimate
from recipedsl.runtime.evaluate.slices import slice_rows

METRICS: dict[str, type[Metric]] = {
    each.keyword: each
    for each in (Loss, PassRate, ExactMetric, NumericMetric, FormatMetric, RewardMetric, WinRate)
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A value of one row; `weight` is its number of tokens for a loss, else 1."""

    value: float
    weight: float = 1.0


Values = Mapping[int, Measured]


def estimate(keyword: str, values: Iterable[Measured]) -> Estimate:
    """The value of a metric over some rows with its 95% interval (see `intervals`)."""
    there = list(values)
    if keyword == Loss.keyword:
        return intervals.ratio([each.value for each in there], [each.weight for each in there])
    summary: Callable[[Sequence[float]], Estimate] = (
        intervals.share if METRICS[keyword].share else intervals.mean
    )
    return summary([each.value for each in there])


def table(keyword: str, values: Values, slices: Mapping[str, Mapping[int, Any]]) -> dict[str, Any]:
    """The results of one model in one metric, in the form of results.json.

    Args:
        keyword: of the metric.
        values: by row; rows without a value are left out.
        slices: columns by name, each with the value of every row.
    """
    return {
        "overall": estimate(keyword, values.values()).to_json(),
        "slices": {name: _by_value(keyword, values, column) for name, column in slices.items()},
    }


def _by_value(keyword: str, values: Values, column: Mapping[int, Any]) -> dict[str, Any]:
    groups = slice_rows(sorted(values), column)
    return {name: estimate(keyword, (values[row] for row in rows)).to_json() for name, rows in groups.items()}


def scored(scores: Mapping[int, float | None]) -> dict[int, Measured]:
    """Scores as values; rows without one are left out."""
    return {row: Measured(score) for row, score in scores.items() if score is not None}


def wins(ours: Mapping[int, float | None], theirs: Mapping[int, float | None]) -> dict[int, float | None]:
    """1 where ours is better, 0 where theirs is, 0.5 for a tie; None where one of them has no score."""
    return {row: _win(ours[row], theirs.get(row)) for row in ours}


def _win(ours: float | None, theirs: float | None) -> float | None:
    if ours is None or theirs is None:
        return None
    return 0.5 if ours == theirs else float(ours > theirs)
