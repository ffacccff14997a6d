"""Which texts have runs of words in common with texts that are looked for: by sorted hashes, no texts kept.

Two different runs count as one when their 64-bit hashes are equal: one pair in 2^64, that is once in some
million datasets of a million rows that are held against a million runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.ngrams import Hashes, Numbers, Words, runs_of

_MOST_BITS = 26  # of the table that most runs fail at: 64 MB at most
_PAIRS = 4_000_000  # runs in common that are held at once


@dataclass(frozen=True)
class Hits:
    """Texts that have words in common with one that is looked for, ascending.

    Attributes:
        texts: number of each such text.
        places: of the first run that is in both, the place of its first word.
        lengths: of that run, its words.
        others: number of a text of the index that has it.
    """

    texts: Numbers
    places: Numbers
    lengths: Numbers
    others: Numbers


class Index:
    """The texts that are looked for, by the hashes of their runs.

    Attributes:
        size: words in a run.
    """

    def __init__(self, size: int, parts: Iterator[Words]) -> None:
        self.size = size
        hashes, texts, places, counts = [np.zeros(0, np.uint64)], [_NONE], [_NONE], [_NONE]
        for words in parts:
            runs = runs_of(words, size)
            hashes.append(runs.hashes)
            texts.append(runs.texts + sum(map(len, counts)))
            places.append(runs.places)
            counts.append(words.counts)
        self._sizes = np.concatenate(counts)
        self._sort(np.concatenate(hashes), np.concatenate(texts), np.concatenate(places))

    def _sort(self, hashes: Hashes, texts: Numbers, places: Numbers) -> None:
        """The different runs, and where each of them stands, in the order of the texts."""
        order = np.argsort(hashes, kind="stable")
        self._texts, self._places = texts[order], places[order]
        self._hashes, self._begins, self._counts = np.unique(
            hashes[order], return_index=True, return_counts=True
        )
        bits = min(_MOST_BITS, max(10, (8 * len(self._hashes)).bit_length()))
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, bool)
        self._table[self._hashes >> self._shift] = True

    def found(self, words: Words, share: float | None) -> Hits:
        """Which texts have runs in common with a text of the index.

        Args:
            words: of the texts.
            share: how much of the words of the shorter text has to be covered by them; None asks for
                no more than one run.
        """
        runs = runs_of(words, self.size)
        likely = np.flatnonzero(self._table[(runs.hashes >> self._shift).astype(np.uint32)])
        piece = np.searchsorted(self._hashes, runs.hashes[likely])
        inside = piece < len(self._hashes)
        likely, piece = likely[inside], piece[inside]
        same = self._hashes[piece] == runs.hashes[likely]
        hit, piece = likely[same], piece[same]
        texts, places = runs.texts[hit], runs.places[hit]
        if share is None:
            texts, first = np.unique(texts, return_index=True)
            others = self._texts[self._begins[piece[first]]]
            return Hits(texts, places[first], np.minimum(words.counts[texts], self.size), others)
        parts = [
            self._covering(words, texts[each], places[each], piece[each], share)
            for each in self._portions(texts, piece)
        ]
        table = pl.concat([pl.DataFrame(schema=_COVERED), *parts])
        return Hits(*(table[name].to_numpy() for name in _COVERED))

    def _portions(self, texts: Numbers, piece: Numbers) -> Iterator[Numbers]:
        """The hits of whole texts, so many that not too many pairs come of them."""
        pairs = np.cumsum(self._counts[piece])
        start = 0
        while start < len(piece):
            before = pairs[start - 1] if start else 0
            text = texts[min(int(np.searchsorted(pairs, before + _PAIRS)), len(piece) - 1)]
            end = int(np.searchsorted(texts, text, side="right"))
            yield np.arange(start, end)
            start = end

    def _covering(
        self, words: Words, texts: Numbers, places: Numbers, piece: Numbers, share: float
    ) -> pl.DataFrame:
        """The texts of which runs in common with one other cover enough of the shorter of the two."""
        counts = self._counts[piece]
        hit = np.repeat(np.arange(len(piece)), counts)
        within = np.arange(len(hit)) - np.repeat(np.cumsum(counts) - counts, counts)
        theirs = self._begins[piece[hit]] + within
        others = self._texts[theirs]
        mine, other = words.counts[texts[hit]], self._sizes[others]
        pairs = pl.DataFrame({
            "text": texts[hit],
            "start": places[hit],
            "length": np.minimum(mine, self.size),
            "other": others,
            "place": np.where(mine <= other, places[hit], self._places[theirs]),
            "least": share * np.minimum(mine, other) - 1e-9,
        })  # fmt: skip
        pair = ["text", "other"]
        # Of each run those words count that no later one covers.
        reach = pl.min_horizontal(
            "length", (pl.col("place").shift(-1) - pl.col("place")).fill_null(pl.max("length"))
        )
        once = pairs.unique([*pair, "place"], keep="first", maintain_order=True).sort(*pair, "place")
        covered = once.group_by(pair, maintain_order=True).agg(
            pl.min("start"), pl.first("length", "least"), reach.sum().alias("covered")
        )
        enough = covered.filter(pl.col("covered") >= pl.col("least"))
        return enough.unique("text", keep="first", maintain_order=True).select(list(_COVERED))


_NONE: Numbers = np.zeros(0, np.int64)
_COVERED = {"text": pl.Int64, "start": pl.Int64, "length": pl.Int64, "other": pl.Int64}


def distinct(marks: npt.NDArray[np.uint64], seen: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Which of these hashes stand here for the first time."""
    first = np.zeros(len(marks), bool)
    first[np.unique(marks, return_index=True)[1]] = True
    return first & ~np.isin(marks, seen)
