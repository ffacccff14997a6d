"""Lists of different lengths in one flat array, as Arrow has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
import pyarrow as arrow
from numpy.typing import NDArray

Ends = NDArray[np.int64]
Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Ragged:
    """Lists behind one another.

    Attributes:
        values: of all lists, `[total]`.
        ends: where each begins, and at last where the last ends: int64 `[lists + 1]`.
    """

    values: NDArray[Any]
    ends: Ends

    @classmethod
    def of(cls, values: NDArray[Any], lengths: NDArray[Any]) -> Self:
        """Lists of these lengths."""
        return cls(values, np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]))

    @classmethod
    def of_lists(cls, lists: Sequence[NDArray[Any]]) -> Self:
        """Of separate arrays, at least one."""
        return cls.of(np.concatenate(lists), np.array([len(each) for each in lists]))

    def __len__(self) -> int:
        return len(self.ends) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Of each list."""
        lengths: NDArray[np.int64] = np.diff(self.ends)
        return lengths

    def list(self, place: int) -> NDArray[Any]:
        """One of them."""
        return self.values[self.ends[place] : self.ends[place + 1]]

    def take(self, chosen: NDArray[Any]) -> Ragged:
        """The chosen lists."""
        return Ragged.of(self.gather(self.values, chosen), self.lengths[chosen])

    def gather(self, values: NDArray[Any], chosen: NDArray[Any]) -> NDArray[Any]:
        """What stands in other `values` where the chosen lists are, behind one another."""
        return gathered(as_pieces(values, self.ends), chosen, values.dtype)

    def between(self, start: int, end: int) -> Ragged:
        """The lists of a range, without copying."""
        ends = self.ends[start : end + 1]
        return Ragged(self.values[ends[0] : ends[-1]], ends - ends[0])

    def sums(self) -> NDArray[np.int64]:
        """Of the numbers of each list."""
        total: NDArray[np.int64] = np.concatenate([[0], np.cumsum(self.values, dtype=np.int64)])
        return total[self.ends[1:]] - total[self.ends[:-1]]

    def where(self, wanted: NDArray[np.bool_]) -> Ragged:
        """The wanted items of every list; the mask is that of `values`."""
        return Ragged.of(self.values[wanted], self.counts(wanted))

    def counts(self, wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many items of each list are wanted."""
        return Ragged(wanted, self.ends).sums()

    def any(self, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which lists have a wanted item."""
        found = np.zeros(len(self), np.bool_)
        filled = np.flatnonzero(self.lengths)  # an empty one would show the first of the next
        if len(filled):
            found[filled] = np.logical_or.reduceat(wanted, self.ends[:-1][filled])
        return found

    def masked(self, chosen: NDArray[np.int64], most: int) -> NDArray[np.bool_]:
        """All items but those of the chosen lists from position `most` on."""
        left = np.ones(len(self.values), np.bool_)
        for start, end in zip(self.ends[:-1][chosen].tolist(), self.ends[1:][chosen].tolist(), strict=True):
            left[start + most : end] = False
        return left

    def positions(self) -> NDArray[np.int64]:
        """Of every item in its own list."""
        return np.arange(len(self.values)) - np.repeat(self.ends[:-1], self.lengths)

    def equals(self, other: Ragged) -> NDArray[np.bool_]:
        """Which lists are the same in both."""
        same: NDArray[np.bool_] = self.lengths == other.lengths
        for place in np.flatnonzero(same).tolist():
            same[place] = np.array_equal(self.list(place), other.list(place))
        return same

    def as_arrow(self) -> Any:
        """A column of lists; without copying the values."""
        return arrow.ListArray.from_arrays(as_array(self.ends.astype(np.int32)), as_array(self.values))


def as_array(values: NDArray[Any]) -> Any:
    """Numbers as an Arrow array over the same memory. (`pyarrow.array` imports pandas to look at them.)"""
    form = arrow.from_numpy_dtype(values.dtype)
    return arrow.Array.from_buffers(form, len(values), [None, arrow.py_buffer(np.ascontiguousarray(values))])


def as_pieces(values: NDArray[Any], ends: Ends) -> Any:
    """Lists as an Arrow array of `large_binary` over the same memory.

    Arrow copies its pieces at the speed of memory; an index for every item is far from that.
    """
    borders = arrow.py_buffer(np.ascontiguousarray(ends * values.itemsize))
    data = arrow.py_buffer(np.ascontiguousarray(values))
    return arrow.Array.from_buffers(arrow.large_binary(), len(ends) - 1, [None, borders, data])


def gathered(pieces: Any, chosen: NDArray[Any], form: Any) -> NDArray[Any]:
    """The chosen pieces behind one another, as numbers of this form."""
    return bytes_of(pieces.take(as_array(chosen)))[1].view(form)


def bytes_of(pieces: Any) -> tuple[Ends, NDArray[np.uint8]]:
    """Where each piece of a `large_binary` array begins, at last where the last ends; and their bytes.

    The array is whole: no slice of another one.
    """
    _, borders, data = pieces.buffers()
    if not len(pieces):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    ends = np.frombuffer(borders, np.int64, len(pieces) + 1)
    return ends, np.frombuffer(data, np.uint8, int(ends[-1])) if ends[-1] else np.zeros(0, np.uint8)


@dataclass(frozen=True)
class Sequences:
    """Token ids with a mask.

    Attributes:
        ids: int32.
        trained: which of `ids.values` bear labels, bool.
    """

    ids: Ragged
    trained: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def runs(self, place: int, most: int = 0) -> list[tuple[Ids, bool]]:
        """One of them in stretches of trained and untrained tokens; at most so many tokens, 0 for all."""
        ids = self.ids.list(place)[: most or None]
        trained = self.trained[self.ids.ends[place] : self.ids.ends[place + 1]][: most or None]
        borders = [0, *(np.flatnonzero(np.diff(trained)) + 1).tolist(), len(ids)]
        return [(ids[start:end], bool(trained[start])) for start, end in pairwise(borders) if end > start]
