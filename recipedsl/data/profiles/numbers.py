"""Distributions of numbers: quantiles that occur, and histograms with edges that people can read."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.profiles.model import Histogram, Numbers

Values = npt.NDArray[np.int64] | npt.NDArray[np.float64]

#: About so many bars; round edges decide how many it is.
_BARS = 16
#: What a histogram reaches to: the longest two per cent would squeeze all others into one bar.
_REACH = 98
#: Widths of bars are these times a power of ten.
_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


def numbers_of(values: pl.Series) -> Numbers | None:
    """The distribution of a column of numbers; None when it holds none.

    Args:
        values: integers, floats or decimals, with nulls.
    """
    known = values.drop_nulls()
    given = known.to_numpy() if known.dtype.is_integer() else known.cast(pl.Float64).to_numpy()
    finite = given[np.isfinite(given)]
    if not len(finite):
        return None
    # One order, so that the sum is the same whatever the number of threads that read the rows.
    ordered = np.sort(finite)
    low, half, most, high = (ordered[_place(len(ordered), share)].item() for share in (0, 50, 95, 100))
    return Numbers(
        count=len(ordered),
        min=low,
        p50=half,
        p95=most,
        max=high,
        mean=float(ordered.mean(dtype=np.float64)),
        odd=len(given) - len(ordered),
        histogram=histogram_of(ordered),
    )


def _place(count: int, percent: int) -> int:
    """Place of a quantile in sorted values: the nearest rank from below, as `plan` tells lengths."""
    return (count - 1) * percent // 100


def histogram_of(ordered: Values) -> Histogram:
    """Bars of one round width; what lies far above the others is counted as one.

    Args:
        ordered: ascending, finite, at least one; shape (values,).
    """
    low, high = float(ordered[0]), float(ordered[-1])
    reach = float(ordered[_place(len(ordered), _REACH)])
    is_whole = np.issubdtype(ordered.dtype, np.integer)
    width = _width(low, max(reach, low), whole=is_whole)
    # A tail is only cut off where it would double the picture.
    top = high if high - low <= 2 * (reach - low) or high - low < width * _BARS else reach
    first = math.floor(low / width)
    bars = max(1, math.floor(top / width) - first + 1)
    edges = [width * (first + place) for place in range(bars + 1)]
    cuts = np.searchsorted(ordered, np.array(edges), side="left")
    counts = np.diff(cuts)
    return Histogram(
        edges=tuple(round(each) if is_whole else round(each, 10) for each in edges),
        counts=tuple(int(each) for each in counts),
        above=int(len(ordered) - cuts[-1]),
    )


def _width(low: float, high: float, *, whole: bool) -> float:
    """The narrowest round width that needs at most about `_BARS` bars."""
    least = (high - low) / _BARS
    if least <= 0:
        return 1.0 if whole or not low else 10.0 ** math.floor(math.log10(abs(low)))
    power = 10.0 ** math.floor(math.log10(least))
    width = next(power * each for each in _ROUND if power * each >= least * (1 - 1e-9))
    return max(1.0, float(math.ceil(width))) if whole else width
