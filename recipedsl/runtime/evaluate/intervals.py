"""95% intervals of shares, means and ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

#: The two-sided 95% point of the normal distribution.
Z = NormalDist().inv_cdf(0.975)
#: Rows from which on a mean has an interval. With fewer, Student's interval of two or three rows is
#: wider than the scale it is on, which tells nothing and looks like something.
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value.

    Attributes:
        value: None when no row had one, or when it is not finite.
        rows: number of rows behind it.
        low, high: ends of the 95% interval; None where the rows are too few for one.
    """

    value: float | None
    rows: int
    low: float | None = None
    high: float | None = None

    def to_json(self) -> dict[str, float | int | None]:
        """Plain form; numbers that are no numbers become null."""
        form = {"value": self.value, "rows": self.rows, "low": self.low, "high": self.high}
        return {key: each if each is None or math.isfinite(each) else None for key, each in form.items()}


def share(values: Sequence[float]) -> Estimate:
    """A share of rows with its score interval.

    Wilson, Probable inference (1927): the interval stays within 0 and 1 and is right for few rows
    too. Halves (ties of a comparison) make it a little wider than need be.

    Args:
        values: 0, 1 or 0.5 for each row.
    """
    count = len(values)
    if not count:
        return Estimate(None, 0)
    mean = fmean(values)
    scale = 1 + Z**2 / count
    centre = (mean + Z**2 / (2 * count)) / scale
    half = Z / scale * math.sqrt(mean * (1 - mean) / count + Z**2 / (4 * count**2))
    # At the ends of the scale the formula gives 0 and 1 but for rounding.
    low = 0.0 if mean == 0 else max(0.0, centre - half)
    high = 1.0 if mean == 1 else min(1.0, centre + half)
    return Estimate(mean, count, low, high)


def mean(values: Sequence[float]) -> Estimate:
    """A mean with Student's interval: mean ± t · s / √n."""
    count = len(values)
    if count < FEWEST:
        return Estimate(fmean(values) if values else None, count)
    middle = fmean(values)
    variance = sum((each - middle) ** 2 for each in values) / (count - 1)
    half = student(count - 1) * math.sqrt(variance / count)
    return Estimate(middle, count, middle - half, middle + half)


def ratio(sums: Sequence[float], weights: Sequence[float]) -> Estimate:
    """A ratio Σsums / Σweights over rows, such as loss a token, with its interval.

    Rows are drawn, not tokens: those of one row are alike. Linearised variance of a ratio estimator,
    n / (n - 1) · Σ(y - R x)² / (Σx)²; Cochran, Sampling Techniques (3rd edition, 1977), 2.11.

    Args:
        sums: y of each row.
        weights: x of each row, above zero.
    """
    count, total = len(sums), math.fsum(weights)
    if not count:
        return Estimate(None, 0)
    value = math.fsum(sums) / total
    if count < FEWEST or not math.isfinite(value):
        return Estimate(value, count)
    squares = math.fsum((y - value * x) ** 2 for y, x in zip(sums, weights, strict=True))
    half = student(count - 1) * math.sqrt(count / (count - 1) * squares) / total
    return Estimate(value, count, value - half, value + half)


def student(freedom: int) -> float:
    """The two-sided 95% point of Student's t.

    Expansion in 1 / freedom, Abramowitz and Stegun 26.7.5; off by less than one in a thousand at
    four degrees of freedom, far less above.
    """
    z = Z
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum(term / freedom**power for power, term in enumerate(terms))
