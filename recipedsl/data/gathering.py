"""Rows fetched by their numbers, in any order, each as often as it is asked for.

In the order of their source they stream, all of them several times over too. For any other order they are
held until all are there; when that is more than memory should hold, one window of the order is fetched after
another, each with a pass over the source.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from polars.io.plugins import register_io_source

from recipedsl.data.reading.again import Source

Numbers = npt.NDArray[np.int64]

#: Bytes of rows that are held at once while they are brought into an order.
HELD = 1 << 31

#: Times that a source is read rather than that its rows are held.
_PASSES = 8

_ROW = "_recipedsl_row"
_PLACE = "_recipedsl_place"


def gathered(source: Source, numbers: Numbers, size: int) -> pl.LazyFrame:
    """Rows of a source by their numbers, in the order of these.

    Args:
        source: the rows.
        numbers: which ones; one may stand several times.
        size: about how many bytes of memory they take.
    """
    turns = np.flatnonzero(numbers[1:] <= numbers[:-1]) + 1
    if len(turns) < _PASSES:
        runs = np.split(numbers, turns)
        return pl.concat([_placed(source, run, held=False).drop(_PLACE) for run in runs])
    if size <= HELD:
        return _ordered(source, numbers)
    # One window is there while the next is fetched.
    return _in_windows(source, np.array_split(numbers, -(-2 * size // HELD)))


def _ordered(source: Source, numbers: Numbers) -> pl.LazyFrame:
    return _placed(source, numbers, held=True).sort(_PLACE).drop(_PLACE)


def _placed(source: Source, numbers: Numbers, *, held: bool) -> pl.LazyFrame:
    """The rows in the order of their source, with the place of each in the order of the numbers."""
    places = np.full(source.rows, -1, np.int64)
    places[numbers] = np.arange(len(numbers))
    if np.count_nonzero(places >= 0) == len(numbers):
        return source.chosen(pl.DataFrame({_PLACE: places}), pl.col(_PLACE) >= 0, held=held)
    # Of a row that is asked for several times only one place was noted.
    asked = pl.DataFrame({_ROW: numbers}).with_row_index(_PLACE).group_by(_ROW).agg(_PLACE)
    every = pl.DataFrame({_ROW: np.arange(source.rows)})
    lists = every.join(asked, on=_ROW, how="left", maintain_order="left").select(_PLACE)
    return source.chosen(lists, pl.col(_PLACE).is_not_null(), held=held).explode(_PLACE)


def _in_windows(source: Source, windows: list[Numbers]) -> pl.LazyFrame:
    """The rows of each window in their order, one window after another."""

    def frames(
        columns: list[str] | None, predicate: pl.Expr | None, most: int | None, _batch: int | None
    ) -> Iterator[pl.DataFrame]:
        for window in windows:
            rows = _ordered(source, window)
            if predicate is not None:
                rows = rows.filter(predicate)
            frame = rows.select(columns or pl.all()).collect(engine="streaming")
            yield frame if most is None else frame.head(most)
            most = most if most is None else max(0, most - frame.height)

    # Polars would run through the windows once for each part that is written.
    schema: Any = source.frame.collect_schema()
    return register_io_source(frames, schema=schema).cache()
