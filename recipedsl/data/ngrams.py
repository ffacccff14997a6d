"""Texts as words and runs of words, in numbers: what `dedup near` and `decontaminate` compare by.

A word is a run of letters, marks and digits; in scripts that write no spaces each character is one. Texts
of ASCII alone, which most are, are cut byte by byte in NumPy; others are written as words with a space
between them first, by Polars, and then cut the same way, so that a word has one number wherever it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.draw import mixed
from recipedsl.data.flat import flat

Numbers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

#: Scripts that write no spaces between words: each character counts as one.
_UNSPACED = "".join(
    rf"\p{{{name}}}" for name in ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
)
_WORD = rf"[{_UNSPACED}]|[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+"

_SPACE = 0x20
_BLOCK = 8  # bytes of a word that are read as one number
_LONGEST = 8 * _BLOCK  # a word beyond that is data in letters, of which there are few
_MASKS = np.array([(1 << (8 * count)) - 1 for count in range(_BLOCK + 1)], np.uint64)
_FACTOR = np.uint64(0x9E37_79B9_7F4A_7C15)


@dataclass(frozen=True)
class Words:
    """Words of texts, one text behind the other.

    Attributes:
        hashes: a number for each word, the same wherever it stands; shape (words,).
        counts: words of each text, shape (texts,).
        letters: bytes that hold all words.
        starts, lengths: of each word, where it is in `letters`.
    """

    hashes: Hashes
    counts: Numbers
    letters: bytes
    starts: Numbers
    lengths: Numbers

    @property
    def begins(self) -> Numbers:
        """Of each text, the place of its first word."""
        return np.cumsum(self.counts) - self.counts

    def spelled(self, places: Numbers) -> list[str]:
        """Some of the words, as letters."""
        starts, ends = self.starts[places], self.starts[places] + self.lengths[places]
        return [self.letters[a:b].decode() for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]


@dataclass(frozen=True)
class Runs:
    """Each run of so many words, or the whole of a shorter text; of a text without words none.

    Attributes:
        hashes: a number for each run: its words in their order, and how many they are.
        texts: of each run, the number of its text; ascending.
        places: of each run, the place of its first word in its text.
    """

    hashes: Hashes
    texts: Numbers
    places: Numbers


# --- words --------------------------------------------------------------------------------------------


def cut(texts: pl.Series, *, folded: bool = True) -> Words:
    """The words of texts, in 64 bits each, by which two different ones are as good as never equal.

    Args:
        texts: null is like an empty text.
        folded: whether case and compatibility forms count for nothing (lower case, NFKC).
    """
    given = texts.fill_null("")
    beyond = (given.str.len_bytes() != given.str.len_chars()).arg_true()
    if len(beyond):
        said = given.gather(beyond)
        said = said.str.normalize("NFKC").str.to_lowercase() if folded else said
        given = given.clone().scatter(beyond, said.str.extract_all(_WORD).list.join(" "))
    data, ends = _bytes_of(given, folded=folded)
    starts, lengths = _words_in(np.frombuffer(data, np.uint8), ends)
    counts = np.diff(np.searchsorted(starts, ends))
    return Words(_hashed(data, starts, lengths), counts, data, starts, lengths)


def _table(*, folded: bool) -> bytes:
    """For each byte what counts of it: a letter or digit, or a part of a letter; a space for all others."""
    signs = [chr(each) if each >= 0x80 or chr(each).isalnum() else " " for each in range(0x100)]
    return "".join(each.lower() if folded and each < "\x80" else each for each in signs).encode("latin-1")


_TABLES = {folded: _table(folded=folded) for folded in (False, True)}


def _bytes_of(texts: pl.Series, *, folded: bool) -> tuple[bytes, Numbers]:
    """All texts in bytes, spaces for what is no word, and where each begins and the last ends."""
    signs, places = flat(texts)
    # Behind the last word there is enough to read a whole block of it.
    return signs.tobytes().translate(_TABLES[folded]) + b" " * _BLOCK, places


def _words_in(signs: npt.NDArray[np.uint8], ends: Numbers) -> tuple[Numbers, Numbers]:
    """Where each word starts and how long it is; a word ends where its text does."""
    inside = np.concatenate([[False], signs != _SPACE])
    first, last = inside[1:] & ~inside[:-1], inside[:-1] & ~inside[1:]
    within = ends[inside[ends] & inside[ends + 1]]
    first[within] = last[within] = True
    starts = np.flatnonzero(first)
    return starts, np.flatnonzero(last) - starts


def _hashed(data: bytes, starts: Numbers, lengths: Numbers) -> Hashes:
    """A number for each word, a block of bytes at a time."""
    windows = np.ndarray((len(data) - _BLOCK + 1,), "<u8", data, strides=(1,))
    found = mixed(windows[starts] & _MASKS[np.minimum(lengths, _BLOCK)])
    more = np.flatnonzero((lengths > _BLOCK) & (lengths <= _LONGEST))
    for done in range(_BLOCK, _LONGEST, _BLOCK):
        more = more[lengths[more] > done]
        block = windows[starts[more] + done] & _MASKS[np.minimum(lengths[more] - done, _BLOCK)]
        found[more] = mixed(found[more] ^ block)
    for each in np.flatnonzero(lengths > _LONGEST).tolist():
        word = data[starts[each] : starts[each] + lengths[each]]
        found[each] = int.from_bytes(blake2b(word, digest_size=8).digest(), "little")
    return found


# --- runs of words ------------------------------------------------------------------------------------


def runs_of(words: Words, size: int) -> Runs:
    """The runs of `size` words within each text; a text of fewer words is one run."""
    counts, begins = words.counts, words.begins
    pieces = np.where(counts >= size, counts - size + 1, np.minimum(counts, 1))
    firsts = np.cumsum(pieces) - pieces
    texts = np.repeat(np.arange(len(counts)), pieces)
    places = np.arange(len(texts)) - firsts[texts]
    padded = np.concatenate([words.hashes, np.zeros(size - 1, np.uint64)])
    count = len(words.hashes)
    hashes = _polynomial([padded[step : step + count] for step in range(size)])[begins[texts] + places]
    for few in np.unique(counts[(counts < size) & (counts > 0)]).tolist():
        short = np.flatnonzero(counts == few)
        hashes[firsts[short]] = _polynomial([words.hashes[begins[short] + step] for step in range(few)])
    return Runs(mixed(hashes), texts, places)


def _polynomial(words: list[Hashes]) -> Hashes:
    """A number for each run, from those of its first words, of its second ones and so on, modulo 2^64."""
    found = np.full(len(words[0]), len(words), np.uint64)
    for each in words:
        found *= _FACTOR
        found += each
    return found
