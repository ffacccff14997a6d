"""Texts as vectors of what they are about: static embeddings of word pieces, whose weights come in a wheel.

A text is the mean of the vectors of its words (WordLlama: word pieces with 256 numbers each, trained for
sentences; case and punctuation do not count here). Everything is whole numbers: a text's vector has a
length near 4,000, so that the products of two vectors, and all sums on the way to them, stay below 2^24
and are exact as 32-bit floats. Hence no order of adding, no number of threads and no processor changes a
result.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from recipedsl.data.ngrams import Hashes, Numbers, Words

Points = npt.NDArray[np.int16]
Sums = npt.NDArray[np.int32]

MODEL = "wordllama l2_supercat, 256 dimensions"
LENGTH = 4000  # of every vector that is not nothing; 4,095 squared is the last below 2^24
WORDS_OF_A_TEXT = 512  # the first ones of a text say what it is about

_FEW = 16  # texts too few to tell what all texts have in common
_SCALE = 1024  # weights are 16-bit floats up to 8
_KEPT = 1 << 16  # words whose vectors are remembered, a KiB each
_PRODUCTS_AT_ONCE = 1 << 22
_ADDED_AT_ONCE = 512


class Embedding:
    """Vectors of texts."""

    def __init__(self) -> None:
        from safetensors.numpy import load_file  # in the extra

        spec = find_spec("wordllama")
        root = Path((spec.submodule_search_locations or [""])[0] if spec else "")
        weights = load_file(root / "weights" / "l2_supercat_256.safetensors")["embedding.weight"]
        self._pieces = np.rint(weights.astype(np.float32) * _SCALE).astype(np.int32)
        # What one word was is not asked again in the next batch: most words of a text are in most others.
        self._known = np.zeros(0, np.uint64)
        self._remembered = np.zeros((0, self._pieces.shape[1]), np.int32)
        self._tokenizer = Tokenizer.from_file(str(root / "tokenizers" / "l2_supercat_tokenizer_config.json"))

    def points(self, words: Words) -> Points:
        """The vector of each text, shape (texts, 256); nothing but zeros for a text without words."""
        counts = np.minimum(words.counts, WORDS_OF_A_TEXT)
        places = np.repeat(words.begins - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        hashes, first, number = np.unique(words.hashes[places], return_index=True, return_inverse=True)
        return scaled(added(self._of_words(words, hashes, places[first]), number, counts))

    def _of_words(self, words: Words, hashes: Hashes, places: Numbers) -> Sums:
        """The vector of each of these different words, ascending by hash."""
        at = np.searchsorted(self._known, hashes)
        is_known = np.zeros(len(hashes), bool)
        inside = at < len(self._known)
        is_known[inside] = self._known[at[inside]] == hashes[inside]
        vectors = np.empty((len(hashes), self._pieces.shape[1]), np.int32)
        vectors[is_known] = self._remembered[at[is_known]]
        vectors[~is_known] = self._vectors(words.spelled(places[~is_known]))
        if len(self._known) < _KEPT:
            fresh = np.flatnonzero(~is_known)[: _KEPT - len(self._known)]
            known = np.concatenate([self._known, hashes[fresh]])
            order = np.argsort(known)
            self._known = known[order]
            self._remembered = np.concatenate([self._remembered, vectors[fresh]])[order]
        return vectors

    def _vectors(self, words: list[str]) -> Sums:
        """Sum of the vectors of each word's pieces."""
        found = self._tokenizer.encode_batch_fast(words, add_special_tokens=False) if words else []
        ids = [each.ids for each in found]
        counts = np.fromiter(map(len, ids), np.int64, len(ids))
        numbers = np.fromiter(chain.from_iterable(ids), np.int64, int(counts.sum()))
        return added(self._pieces, numbers, counts)


def added(vectors: Sums, numbers: Numbers, counts: Numbers) -> Sums:
    """Sums of vectors: of the first `counts[0]` that the numbers name, of the next `counts[1]`, and so on.

    The first of each are taken, then the second of each are added, and so on: many times as fast as
    `numpy.add.reduceat` over rows. 512 words of 64 letters, each letter 8 * 1,024, stay below 2^31.
    """
    order = np.argsort(-counts, kind="stable")
    begins = (np.cumsum(counts) - counts)[order]
    # How many have more than 0 items, more than 1, and so on.
    there = len(counts) - np.searchsorted(np.sort(counts), np.arange(counts.max(initial=0)), side="right")
    sums = np.zeros((len(counts), vectors.shape[1]), np.int32)
    for place, count in enumerate(there.tolist()):
        for start in range(0, count, _ADDED_AT_ONCE):
            end = min(count, start + _ADDED_AT_ONCE)
            sums[start:end] += vectors[numbers[begins[start:end] + place]]
    back = np.empty_like(sums)
    back[order] = sums
    return back


def scaled(sums: npt.NDArray[np.int32 | np.int64]) -> Points:
    """Vectors in the same directions with the length that all have, in whole numbers."""
    lengths = np.sqrt((sums.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    return np.asarray(np.rint(sums * (LENGTH / np.maximum(lengths, 1))), np.int16)


def centred(points: Points) -> Points:
    """Without the direction that all have in common, which says nothing about any (Mu and Viswanath 2018)."""
    there = (points != 0).any(axis=1)
    count = int(there.sum())
    if count < _FEW:
        return points
    apart = scaled(points.astype(np.int64) * count - points.sum(axis=0, dtype=np.int64))
    return np.where(there[:, None], apart, 0).astype(np.int16)


def products(points: Points, others: Points) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Exact products of all pairs, some points at a time: number of the first, shape (some, others)."""
    right = others.astype(np.float32).T
    step = max(1, _PRODUCTS_AT_ONCE // max(len(others), 1))
    for first in range(0, len(points), step):
        yield first, points[first : first + step].astype(np.float32) @ right
