"""Intervals against published and computed values."""

from __future__ import annotations

import math
import random

import pytest

from recipedsl.runtime.evaluate.intervals import Estimate, mean, ratio, share, student

#: Two-sided 95% points of Student's t, from a printed table.
TABLE = {4: 2.776, 5: 2.571, 10: 2.228, 30: 2.042, 120: 1.980, 10**6: 1.960}


@pytest.mark.parametrize(("freedom", "point"), TABLE.items())
def test_student(freedom: int, point: float) -> None:
    assert student(freedom) == pytest.approx(point, rel=0.0015)


# R: prop.test(x, n, correct = FALSE)$conf.int
WILSON = [
    (8, 10, 0.4901625, 0.9433178),
    (0, 10, 0.0, 0.2775328),
    (10, 10, 0.7224672, 1.0),
    (50, 100, 0.4038315, 0.5961685),
    (1, 1, 0.2065493, 1.0),
]


@pytest.mark.parametrize(("passed", "count", "low", "high"), WILSON)
def test_share(passed: int, count: int, low: float, high: float) -> None:
    estimate = share([1.0] * passed + [0.0] * (count - passed))
    assert (estimate.value, estimate.rows) == (passed / count, count)
    assert (estimate.low, estimate.high) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))


def test_ties_count_half() -> None:
    assert share([1, 0, 0.5, 0.5]).value == 0.5


def test_mean() -> None:
    """By hand: mean 3, s = √2.5, t(4) = 2.776, half = 2.776 · √2.5 / √5 = 1.963."""
    estimate = mean([1, 2, 3, 4, 5])
    assert (estimate.value, estimate.rows) == (3, 5)
    assert estimate.low == pytest.approx(3 - 1.963, abs=2e-3)
    assert estimate.high == pytest.approx(3 + 1.963, abs=2e-3)


def test_ratio_weighs_rows_by_their_tokens() -> None:
    assert ratio([10.0, 1.0], [10.0, 2.0]).value == 11 / 12


def test_ratio_of_equal_weights_is_a_mean() -> None:
    values = [1.0, 2.0, 4.0, 8.0, 16.0]
    left, right = ratio([2 * each for each in values], [2.0] * 5), mean(values)
    assert left.low is not None
    assert (left.low, left.high) == (pytest.approx(right.low), pytest.approx(right.high))


def test_ratio_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Rows of different length whose tokens are alike within a row; the truth is known by design."""
    draw, hits, trials = random.Random(3), 0, 600
    truth = (5 * 2 + 50 * 1) / 55
    for _ in range(trials):
        lengths = [draw.choice((5, 50)) for _ in range(60)]
        losses = [length * (draw.gauss(2 if length == 5 else 1, 0.4)) for length in lengths]
        estimate = ratio(losses, [float(each) for each in lengths])
        assert estimate.low is not None
        assert estimate.high is not None
        hits += estimate.low <= truth <= estimate.high
    assert 0.91 < hits / trials < 0.98


@pytest.mark.parametrize("summary", [share, mean, lambda values: ratio(values, [])])
def test_nothing_measured(summary: object) -> None:
    assert summary([]) == Estimate(None, 0)  # type: ignore[operator]  # a list of functions of one form


@pytest.mark.parametrize("count", range(1, 5))
def test_few_rows_have_no_interval(count: int) -> None:
    assert mean([2.0] * count) == Estimate(2.0, count)
    assert ratio([4.0] * count, [2.0] * count) == Estimate(2.0, count)
    assert ratio([4.0], [2.0]) == Estimate(2.0, 1)


def test_numbers_that_are_none_become_null() -> None:
    assert ratio([math.inf, 1.0], [1.0, 1.0]).to_json() == {
        "value": None,
        "rows": 2,
        "low": None,
        "high": None,
    }
