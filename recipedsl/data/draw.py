"""Draws that come out the same on every machine, with every version and any number of threads."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E37_79B9_7F4A_7C15


def scores(count: int, seed: int) -> npt.NDArray[np.uint64]:
    """A pseudo-random whole number for each of `count` rows, no two alike.

    SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014)
    started at a mixed seed: a bijection of the row number, written out here because no library keeps
    its streams for ever.

    Returns:
        uint64 array of shape (count,).
    """
    start = mixed(np.array([seed & _MASK], np.uint64))[0]
    numbers = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
    with np.errstate(over="ignore"):
        return mixed(numbers + start)


def mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Every bit of each number spread over all of it: a bijection, the finish of SplitMix64."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
        return values ^ (values >> np.uint64(31))


def apportioned(total: int, shares: list[float]) -> list[int]:
    """Whole numbers that sum to `total` and are nearest to its shares: the largest-remainder method."""
    exact = [total * share for share in shares]
    # A share of 10% of 30 rows is 3, not 2.9999999999999996.
    counts = [int(each + 1e-9) for each in exact]
    by_rest = sorted(range(len(shares)), key=lambda place: (counts[place] - exact[place], place))
    for place in by_rest[: total - sum(counts)]:
        counts[place] += 1
    return counts


def portion(total: int, share: float) -> int:
    """A share of a number, rounded to the nearest whole one, halves up."""
    return int(total * share + 0.5 + 1e-9)
