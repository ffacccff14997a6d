"""Whose turn it is: the order in which datasets give a row, each as often as its share says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import gcd, lcm

import numpy as np
import numpy.typing as npt

Turns = npt.NDArray[np.int64]


def turns(shares: Sequence[float], count: int) -> Turns:
    """Which dataset gives each of the first `count` rows, so that every beginning holds the shares.

    After t rows a dataset with share s has given floor(t s) or ceil(t s) of them. Its row number j (from 1)
    has to come behind place floor((j - 1) / s), and no later than ceil(j / s); of the rows that may come
    the one that is due first comes, of equal ones the one of the dataset with the larger share, then of
    the first (Baruah, Cohen, Plaxton and Varvel, "Proportionate progress", Algorithmica 15, 1996).
    In whole numbers, so that it is the same everywhere; shares that do not sum to 1 are taken in proportion.

    Returns:
        int64 array of shape (count,): places in `shares`.
    """
    weights = _whole_numbers(shares)
    # After so many rows every dataset has given exactly its share, and it all begins again.
    period = sum(weights)
    first = np.array(_scheduled(weights, min(count, period)), np.int64)
    return np.resize(first, count) if count else first


def _whole_numbers(shares: Sequence[float]) -> list[int]:
    """Whole numbers in the proportion of the shares, which are taken as they were meant.

    0.7 is 7/10 and 0.3333333333333333 a third: the nearest fraction with a denominator up to a million.
    """
    exact = [Fraction(each).limit_denominator() or Fraction(each) for each in shares]
    whole = [int(each * lcm(*(other.denominator for other in exact))) for each in exact]
    return [each // gcd(*whole) for each in whole]


def _scheduled(weights: list[int], count: int) -> list[int]:
    total = sum(weights)
    given = [0] * len(weights)
    due = [-(-total // weight) for weight in weights]
    by_weight = sorted(range(len(weights)), key=lambda place: (-weights[place], place))
    order: list[int] = []
    for passed in range(count):
        free = [place for place in by_weight if given[place] * total < (passed + 1) * weights[place]]
        chosen = min(free, key=due.__getitem__)
        given[chosen] += 1
        due[chosen] = -(-(given[chosen] + 1) * total // weights[chosen])
        order.append(chosen)
    return order


def until_first_exhausted(shares: Sequence[float], sizes: Sequence[int]) -> Turns:
    """Turns up to the last row of the dataset that runs out first; each has at least one row."""
    return _up_to(shares, sizes, min)


def until_all_exhausted(shares: Sequence[float], sizes: Sequence[int]) -> Turns:
    """Turns until every dataset has given all its rows; those that ran out start again."""
    return _up_to(shares, sizes, max)


def until_all_once(shares: Sequence[float], sizes: Sequence[int]) -> Turns:
    """Turns in which every row stands once: whoever ran out is left out, the others go on by their shares."""
    left, parts = list(sizes), [np.zeros(0, np.int64)]
    while any(left):
        open_ = [place for place, size in enumerate(left) if size]
        part = until_first_exhausted([shares[each] for each in open_], [left[each] for each in open_])
        parts.append(np.array(open_, np.int64)[part])
        for place, count in zip(open_, np.bincount(part, minlength=len(open_)), strict=True):
            left[place] -= int(count)
    return np.concatenate(parts)


def _up_to(shares: Sequence[float], sizes: Sequence[int], which: Callable[[list[int]], int]) -> Turns:
    """Turns up to the place where the first (`min`) or the last (`max`) dataset has given all its rows."""
    weights = _whole_numbers(shares)
    total = sum(weights)
    due = [-(-size * total // weight) for size, weight in zip(sizes, weights, strict=True)]
    order = turns(shares, which(due))
    given = [np.flatnonzero(order == place) for place in range(len(sizes))]
    ends = [int(rows[size - 1]) for rows, size in zip(given, sizes, strict=True) if len(rows) >= size]
    return order[: which(ends) + 1]
