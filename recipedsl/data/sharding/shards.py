"""Rows in pieces: which rows of which file, and in which order all of them stand."""

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
#: Jobs for each worker: more than one, so that nobody waits long for the last.
JOBS_A_WORKER = 4


@dataclass(frozen=True, eq=False)
class Shard:
    """Some rows of a Parquet file.

    Attributes:
        path: of the file.
        first, behind: the rows from which to which.
        whole: whether the file has no others.
        chosen: which of these rows, by their numbers from `first` on and in this order; None for all.
    """

    path: Path
    first: int
    behind: int
    whole: bool = True
    chosen: Numbers | None = None

    @property
    def rows(self) -> int:
        """How many."""
        return self.behind - self.first if self.chosen is None else len(self.chosen)

    @property
    def is_file(self) -> bool:
        """Whether these are the rows of the file as they stand there."""
        return self.whole and self.chosen is None

    def frame(self, columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """The rows, or some columns of them; read when they are needed where none is left out."""
        rows = pl.scan_parquet(self.path, glob=False)
        rows = rows if columns is None else rows.select(columns)
        if self.chosen is None:
            return rows if self.whole else rows.slice(self.first, self.behind - self.first)
        low, high = (int(self.chosen.min()), int(self.chosen.max())) if len(self.chosen) else (0, -1)
        return rows.slice(self.first + low, high - low + 1).collect()[self.chosen - low].lazy()

    def taken(self, rows: Numbers) -> Shard:
        """Some of these rows, by their numbers among them."""
        chosen = rows if self.chosen is None else self.chosen[rows]
        return Shard(self.path, self.first, self.behind, self.whole, chosen)

    def parts(self, most: int) -> Iterator[Shard]:
        """The same rows in pieces of at most so many."""
        if self.rows <= most:
            yield self
            return
        for first, behind in _spans(0, self.rows, most):
            if self.chosen is None:
                yield Shard(self.path, self.first + first, self.first + behind, whole=False)
            else:
                yield self.taken(np.arange(first, behind))


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of shards in an order.

    Attributes:
        shards: at least one.
        order: numbers of the rows, which are counted through all shards; None for all as they stand.
    """

    shards: Sequence[Shard]
    order: Numbers | None = None

    @property
    def count(self) -> int:
        """How many."""
        return total(self.shards) if self.order is None else len(self.order)

    def taken(self, numbers: Numbers) -> Rows:
        """Some of the rows, by their numbers among these. Nothing is read, written or moved."""
        order = numbers if self.order is None else self.order[numbers]
        if len(order) and bool((np.diff(order) <= 0).any()):
            return Rows(self.shards, order)
        kept = [shard if len(rows) == shard.rows else shard.taken(rows) for shard, rows, _ in self._of(order)]
        return Rows([each for each in kept if each.rows] or [self.shards[0].taken(order)])

    def dealt(self) -> Iterator[tuple[Shard, Numbers]]:
        """Rows of each shard with their places among all, ascending."""
        if self.order is None:
            for shard, first in zip(self.shards, starts(self.shards).tolist(), strict=False):
                yield shard, np.arange(first, first + shard.rows)
        else:
            for shard, rows, places in self._of(self.order):
                if len(rows):
                    yield shard.taken(rows), places

    def _of(self, numbers: Numbers) -> Iterator[tuple[Shard, Numbers, Numbers]]:
        """For each shard which of its rows are among the numbers, and at which places these stand.

        Rows and places belong together and are in the order of the places.
        """
        begins = starts(self.shards)
        # Of several shards that begin at one number the last has the row: those before it are empty.
        owners = np.searchsorted(begins[1:], numbers, side="right")
        order = np.argsort(owners, kind="stable")
        ends = np.searchsorted(owners[order], np.arange(len(self.shards) + 1))
        for place, shard in enumerate(self.shards):
            places = order[ends[place] : ends[place + 1]]
            yield shard, numbers[places] - begins[place], places


def shard_of(path: Path) -> Shard:
    """All rows of a file."""
    return Shard(path, 0, int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()))


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
    most = _most(total(shards), workers)
    return [part for each in shards for part in each.parts(most)]


def spans(first: int, behind: int, workers: int) -> list[tuple[int, int]]:
    """A range of numbers in smaller ones, one at least."""
    return _spans(first, behind, _most(behind - first, workers)) or [(first, behind)]


def _most(rows: int, workers: int) -> int:
    """Rows that are worth a job of their own."""
    return max(LEAST, math.ceil(rows / (workers * JOBS_A_WORKER)))


def _spans(first: int, behind: int, most: int) -> list[tuple[int, int]]:
    return [(each, min(each + most, behind)) for each in range(first, behind, most)]
