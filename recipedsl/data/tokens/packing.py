"""Rows into sequences of a fixed length: global best-fit-decreasing, by classes of equal free space.

Best-fit-decreasing puts the longest row first into the fullest sequence that still has room. Bins
with equal free space are interchangeable, so all rows of one length are placed class by class with
array slices, and the tightest class that fits is the lowest set bit of a big integer. Its bins are
those of the plain algorithm, in a small share of the time. It needs at most 11/9 of the optimum
plus four (Johnson 1973, "Near-optimal bin packing algorithms").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recipedsl.data.tokens.ragged import Ragged
from recipedsl.diagnostics import Bug

Places = NDArray[np.int64]


def pack(lengths: Sequence[int] | NDArray[Any], limit: int) -> Ragged:
    """Group rows into sequences of at most `limit` tokens.

    Args:
        lengths: of each row, in tokens, each in 1..limit.
        limit: of a sequence, in tokens.

    Returns:
        Positions of the rows of each sequence, ascending; sequences in the order of their first
        row. Equal input gives equal output.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    if len(sizes) == 0:
        return Ragged.of(sizes, sizes)
    if sizes.min() < 1 or sizes.max() > limit:
        raise Bug(f"rows of {sizes.min()} to {sizes.max()} tokens do not fit sequences of 1 to {limit}")
    bin_of = _place(sizes, limit)
    # Bins are numbered anew in the order of their first row: of several writes the last one stays.
    first = np.empty(int(bin_of.max()) + 1, dtype=np.int64)
    first[bin_of[::-1]] = np.arange(len(sizes))[::-1]
    number = np.empty(len(first), dtype=np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    bin_of = number[bin_of]
    return Ragged.of(np.argsort(bin_of, kind="stable"), np.bincount(bin_of))


def _place(sizes: Places, limit: int) -> Places:
    """Number of the bin of each row."""
    # Numbers of 16 bits are sorted by their digits, many times faster.
    keys = (limit - sizes).astype(np.uint16) if limit < 1 << 16 else limit - sizes
    order = np.argsort(keys, kind="stable")
    borders = np.flatnonzero(np.diff(sizes[order])) + 1
    placing = _Placing(limit, np.empty(len(sizes), dtype=np.int64), _Classes())
    for rows in np.split(order, borders):
        placing.place_equal(rows, int(sizes[rows[0]]))
    return placing.bin_of


@dataclass(frozen=True)
class _Placing:
    limit: int
    bin_of: Places
    classes: _Classes

    def place_equal(self, rows: Places, size: int) -> None:
        """Place all rows of one length: tightest class first, then into new bins."""
        while len(rows):
            free = self.classes.tightest(size)
            if free is None:
                free = self.limit
                bins = self.classes.new(-(-len(rows) // (free // size)))
            else:
                bins = self.classes.take(free)
            rows = self._fill(rows, size, bins, free)

    def _fill(self, rows: Places, size: int, bins: Places, free: int) -> Places:
        """Put rows of one length into bins of one free space; returns the rows that are left.

        A bin that took a row is the tightest from then on, so it is filled up before the next.
        """
        room = free // size
        used = min(len(bins), -(-len(rows) // room))
        count = min(len(rows), used * room)
        self.bin_of[rows[:count]] = np.repeat(bins[:used], room)[:count]
        last = count - (used - 1) * room  # rows in the last bin, which may not be full
        self.classes.put(free - room * size, bins[: used - 1])
        self.classes.put(free - last * size, bins[used - 1 : used])
        self.classes.put(free, bins[used:])
        return rows[count:]


class _Classes:
    """Open bins by free space."""

    def __init__(self) -> None:
        self._bins: dict[int, list[Places]] = {}
        self._present = 0  # bit f is set when there are bins with f tokens free
        self._count = 0

    def tightest(self, size: int) -> int | None:
        """The smallest free space that holds `size`, None when no bin does."""
        fitting = self._present >> size
        return size + (fitting & -fitting).bit_length() - 1 if fitting else None

    def new(self, count: int) -> Places:
        """Numbers of so many new bins."""
        self._count += count
        return np.arange(self._count - count, self._count)

    def take(self, free: int) -> Places:
        """All bins of a free space, taken out."""
        self._present &= ~(1 << free)
        return np.concatenate(self._bins.pop(free))

    def put(self, free: int, bins: Places) -> None:
        """Bins of a free space; full ones are closed."""
        if free and len(bins):
            self._bins.setdefault(free, []).append(bins)
            self._present |= 1 << free
