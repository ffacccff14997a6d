"""Rows in pieces: which rows of which file, in the order of all rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.int64]

#: Rows below which a piece is not worth a job of its own.
LEAST = 20_000
#: Bytes of files that one job reads, at most, where it reads several.
MOST_BYTES = 1 << 26
_JOBS_A_WORKER = 4  # more than one, so that nobody waits long for the last


@dataclass(frozen=True)
class Shard:
    """Some rows of a Parquet file.

    Attributes:
        path: of the file.
        rows: how many.
        first: number of the first of them in the file.
        whole: whether the file has no others.
    """

    path: Path
    rows: int
    first: int = 0
    whole: bool = True

    def frame(self) -> pl.LazyFrame:
        """The rows, read when they are needed."""
        rows = pl.scan_parquet(self.path, glob=False)
        return rows if self.whole else rows.slice(self.first, self.rows)

    def parts(self, most: int) -> Iterator[Shard]:
        """The same rows in pieces of at most so many."""
        if self.rows <= most:
            yield self
            return
        for first in range(0, self.rows, most):
            yield Shard(self.path, min(most, self.rows - first), self.first + first, whole=False)


def shard_of(path: Path) -> Shard:
    """All rows of a file."""
    return Shard(path, int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()))


def schema_of(shard: Shard) -> pl.Schema:
    """Columns of a shard."""
    return pl.scan_parquet(shard.path, glob=False).collect_schema()


def total(shards: Sequence[Shard]) -> int:
    """Rows of all."""
    return sum(each.rows for each in shards)


def starts(shards: Sequence[Shard]) -> Numbers:
    """Number of the first row of each among all rows, and behind them the number of all."""
    return np.concatenate([[0], np.cumsum([each.rows for each in shards], dtype=np.int64)]).astype(np.int64)


def cut(shards: Sequence[Shard], workers: int) -> list[Shard]:
    """The same rows, large pieces in smaller ones."""
    most = max(LEAST, math.ceil(total(shards) / (workers * _JOBS_A_WORKER)))
    return [part for each in shards for part in each.parts(most)]


def by_shard(shards: Sequence[Shard], numbers: Numbers) -> Iterator[tuple[Shard, Numbers, Numbers]]:
    """For each shard which of its rows are among the numbers, and at which places these stand.

    Rows and places belong together and are in the order of the places.
    """
    begins = starts(shards)
    # Of several shards that begin at one number the last has the row: those before it are empty.
    owners = np.searchsorted(begins[1:], numbers, side="right")
    order = np.argsort(owners, kind="stable")
    ends = np.searchsorted(owners[order], np.arange(len(shards) + 1))
    for place, shard in enumerate(shards):
        places = order[ends[place] : ends[place + 1]]
        yield shard, numbers[places] - begins[place], places


def together(files: Sequence[Path], workers: int) -> Iterator[tuple[int, int]]:
    """Files that are read by one job each time: from which to which, in order; many small ones together."""
    sizes = [each.stat().st_size for each in files]
    most = min(MOST_BYTES, sum(sizes) // (workers * _JOBS_A_WORKER))
    first, taken = 0, 0
    for place, size in enumerate(sizes):
        if taken and taken + size > most:
            yield first, place
            first, taken = place, 0
        taken += size
    yield first, len(sizes)
