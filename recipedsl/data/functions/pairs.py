"""Lowering of functions that compare two texts of a row, by the runs of words that they have in common."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.ngrams import Hashes, Numbers, cut, runs_of

Shares = npt.NDArray[np.float64]
#: From the counts of different runs: of the first texts, of the second ones, and of both.
Compared = Callable[[Numbers, Numbers, Numbers], Shares]


def overlap(text: pl.Expr, other: pl.Expr, size: int = 1) -> pl.Expr:
    return _compared(text, other, size, lambda mine, _, both: both / np.maximum(mine, 1))


def similarity(text: pl.Expr, other: pl.Expr, size: int = 1) -> pl.Expr:
    def jaccard(mine: Numbers, theirs: Numbers, both: Numbers) -> Shares:
        either = mine + theirs - both
        return np.where(either > 0, both / np.maximum(either, 1), 1.0)

    return _compared(text, other, size, jaccard)


def _compared(text: pl.Expr, other: pl.Expr, size: int, compare: Compared) -> pl.Expr:
    def run(rows: pl.Series) -> pl.Series:
        texts, others = rows.struct.field("text"), rows.struct.field("other")
        found = pl.Series(rows.name, compare(*_counts(texts, others, size)), pl.Float64)
        there = texts.is_not_null() & others.is_not_null()
        return found.zip_with(there, pl.Series([None], dtype=pl.Float64))

    pair = pl.struct(text.alias("text"), other.alias("other"))
    return pair.map_batches(run, return_dtype=pl.Float64(), is_elementwise=True)


def _counts(texts: pl.Series, others: pl.Series, size: int) -> tuple[Numbers, Numbers, Numbers]:
    """Of each row the different runs of its first text, of its second, and those of both."""
    first, second = _different(texts, size), _different(others, size)
    rows = np.concatenate([first[0], second[0]])
    hashes = np.concatenate([first[1], second[1]])
    order = np.lexsort((hashes, rows))
    rows, hashes = rows[order], hashes[order]
    twice = rows[1:][(rows[1:] == rows[:-1]) & (hashes[1:] == hashes[:-1])]
    mine, theirs, both = (np.bincount(each, minlength=len(texts)) for each in (first[0], second[0], twice))
    return mine, theirs, both


def _different(texts: pl.Series, size: int) -> tuple[Numbers, Hashes]:
    """The different runs of each text: its number, and the number of the run."""
    runs = runs_of(cut(texts), size)
    order = np.lexsort((runs.hashes, runs.texts))
    rows, hashes = runs.texts[order], runs.hashes[order]
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]) | (hashes[1:] != hashes[:-1])
    return rows[new], hashes[new]


FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {"overlap": overlap, "similarity": similarity}
