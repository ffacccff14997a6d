"""Which texts share an n-gram of words: exact, in numbers instead of words.

Every word of the texts that are looked for is a number. An n-gram is found by a hash of its numbers, and
then compared word by word, so that a hit is a hit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.draw import scores

Numbers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

#: Scripts that write no spaces between words: each character counts as one.
UNSPACED = "".join(
    rf"\p{{{name}}}" for name in ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
)
_WORD = rf"[{UNSPACED}]|[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+"

_BITS = 22  # of the table that most n-grams fail at: 4 Mi marks, a small part of them set
_FACTOR = np.uint64(0x9E37_79B9_7F4A_7C15)
_PAIRS = 4_000_000  # n-grams in common that are held at once


def words_of(texts: pl.Series) -> pl.Series:
    """Lists of words: lower case, compatibility forms folded (NFKC), no punctuation or white space."""
    given = texts.fill_null("")
    # The forms of ASCII are what they are; most texts are of nothing else.
    beyond = (given.str.len_bytes() != given.str.len_chars()).arg_true()
    folded = given.gather(beyond).str.normalize("NFKC")
    return given.clone().scatter(beyond, folded).str.to_lowercase().str.extract_all(_WORD)


@dataclass(frozen=True)
class Grams:
    """Pieces of texts: each n-gram, or the whole of a shorter text.

    Attributes:
        words: numbers of the words of all texts, one text behind the other; -1 is a word of no interest.
        text: of each piece, the text it is from.
        start: of each piece, the place of its first word in `words`.
        length: of each piece, its words.
        begins: of each text, the place of its first word.
        sizes: of each text, its words.
    """

    words: Numbers
    text: Numbers
    start: Numbers
    length: Numbers
    begins: Numbers
    sizes: Numbers

    def of(self, chosen: Numbers | npt.NDArray[np.bool_]) -> Grams:
        """Some of the pieces."""
        return Grams(
            self.words, self.text[chosen], self.start[chosen], self.length[chosen], self.begins, self.sizes
        )

    @property
    def place(self) -> Numbers:
        """Of each piece, the place of its first word in its text."""
        return self.start - self.begins[self.text]

    def hashes(self, marks: Hashes) -> Hashes:
        """A number for each piece, from those of its words."""
        found = np.zeros(len(self.start), np.uint64)
        last = len(self.words) - 1
        with np.errstate(over="ignore"):
            for place in range(int(self.length.max(initial=0))):
                word = marks[self.words[np.minimum(self.start + place, last)]]
                found = np.where(place < self.length, found * _FACTOR + word, found)
        return found


def grams_of(words: pl.Series, vocabulary: pl.Enum, size: int) -> Grams:
    """The pieces of texts, given as lists of words, that consist of words of the vocabulary only."""
    sizes = words.list.len().cast(pl.Int64).to_numpy()
    flat = words.filter(words.list.len() > 0).explode().cast(vocabulary, strict=False)
    numbers = flat.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    begins = np.cumsum(sizes) - sizes
    pieces = np.where(sizes >= size, sizes - size + 1, np.minimum(sizes, 1))
    text = np.repeat(np.arange(len(sizes)), pieces)
    start = begins[text] + np.arange(len(text)) - (np.cumsum(pieces) - pieces)[text]
    length = np.minimum(sizes, size)[text]
    unknown = np.concatenate([[0], np.cumsum(numbers < 0)])
    known = unknown[start + length] == unknown[start]
    return Grams(numbers, text, start, length, begins, sizes).of(known)


class Index:
    """The texts that are looked for, by their pieces.

    Attributes:
        texts: those texts, each once.
        size: the n of n-grams.
    """

    def __init__(self, texts: pl.Series, size: int) -> None:
        self.texts = texts.drop_nulls().unique(maintain_order=True)
        self.size = size
        words = words_of(self.texts)
        self._vocabulary = pl.Enum(words.explode().drop_nulls().unique(maintain_order=True))
        self._grams = grams_of(words, self._vocabulary, size)
        self._learn()
        self._table = np.zeros(1 << _BITS, bool)
        self._table[_slots(self._hashes)] = True

    def _learn(self) -> None:
        """Numbers the different pieces, under hashes that tell all of them apart."""
        for seed in count():
            self._marks = scores(len(self._vocabulary.categories), seed)
            hashes = self._grams.hashes(self._marks)
            self._hashes, first, piece = np.unique(hashes, return_index=True, return_inverse=True)
            self._first = self._grams.of(first)
            if _equal(self._grams, self._first.of(piece)).all():
                break
        # The places where a piece stands, one piece behind the other.
        self._places = np.argsort(piece, kind="stable")
        self._counts = np.bincount(piece, minlength=len(first))
        self._begins = np.cumsum(self._counts) - self._counts

    def found(self, texts: pl.Series, share: float | None) -> pl.DataFrame:
        """Which of these texts have pieces in common with a text of the index.

        Args:
            texts: any, null for none.
            share: how much of the words of the shorter text has to be covered by them; None asks for
                no more than one piece.

        Returns:
            One row for each such text: `text` (its number), `matched` (the words of its first piece in
            common), `other` (number of a text of the index that has it).
        """
        words = words_of(texts)
        grams, piece = self._hits(grams_of(words, self._vocabulary, self.size))
        first = np.unique(grams.text, return_index=True)[1]
        place = self._places[self._begins[piece[first]]]
        found = _told(grams.of(first), self._grams.text[place])
        if share is not None:
            parts = [
                self._covering(grams.of(each), piece[each], share) for each in self._portions(grams, piece)
            ]
            found = pl.concat([found.clear(), *parts])
        matched = [
            words[row["text"]][row["start"] : row["start"] + row["length"]] for row in found.to_dicts()
        ]
        return found.select(
            "text", pl.Series("matched", [" ".join(each) for each in matched], pl.String), "other"
        )

    def _hits(self, grams: Grams) -> tuple[Grams, Numbers]:
        """The pieces that are in the index too, and which of its pieces each is."""
        hashes = grams.hashes(self._marks)
        likely = np.flatnonzero(self._table[_slots(hashes)])
        piece = np.searchsorted(self._hashes, hashes[likely])
        inside = np.flatnonzero(piece < len(self._hashes))
        grams, piece = grams.of(likely[inside]), piece[inside]
        equal = np.flatnonzero(_equal(grams, self._first.of(piece)))
        return grams.of(equal), piece[equal]

    def _portions(self, grams: Grams, piece: Numbers) -> Iterator[Numbers]:
        """The hits of whole texts, so many that not too many pairs come of them."""
        pairs = np.cumsum(self._counts[piece])
        start = 0
        while start < len(piece):
            before = pairs[start - 1] if start else 0
            text = grams.text[min(int(np.searchsorted(pairs, before + _PAIRS)), len(piece) - 1)]
            end = int(np.searchsorted(grams.text, text, side="right"))
            yield np.arange(start, end)
            start = end

    def _covering(self, grams: Grams, piece: Numbers, share: float) -> pl.DataFrame:
        """The texts of which pieces in common with one other cover enough of the shorter of the two."""
        counts = self._counts[piece]
        hit = np.repeat(np.arange(len(piece)), counts)
        within = np.arange(len(hit)) - np.repeat(np.cumsum(counts) - counts, counts)
        mine, theirs = grams.of(hit), self._grams.of(self._places[self._begins[piece[hit]] + within])
        sizes, others = mine.sizes[mine.text], theirs.sizes[theirs.text]
        place = np.where(sizes <= others, mine.place, theirs.place)
        least = share * np.minimum(sizes, others) - 1e-9
        pairs = _told(mine, theirs.text).with_columns(place=place, least=least)
        pair = ["text", "other"]
        reach = pl.min_horizontal(
            "length", (pl.col("place").shift(-1) - pl.col("place")).fill_null(pl.max("length"))
        )
        once = pairs.unique([*pair, "place"], keep="first", maintain_order=True).sort(*pair, "place")
        covered = once.group_by(pair, maintain_order=True).agg(
            pl.min("start"), pl.first("length", "least"), reach.sum().alias("covered")
        )
        enough = covered.filter(pl.col("covered") >= pl.col("least"))
        return enough.unique("text", keep="first", maintain_order=True).select(
            "text", "start", "length", "other"
        )


def _slots(hashes: Hashes) -> Hashes:
    """Places in the table of marks: the highest bits."""
    return hashes >> np.uint64(64 - _BITS)


def _equal(one: Grams, two: Grams) -> npt.NDArray[np.bool_]:
    """Whether pieces are word by word the same."""
    same = np.equal(one.length, two.length)
    for place in range(int(one.length.max(initial=0))):
        left = one.words[np.minimum(one.start + place, len(one.words) - 1)]
        right = two.words[np.minimum(two.start + place, len(two.words) - 1)]
        same &= np.equal(left, right) | np.greater_equal(place, one.length)
    return same


def _told(grams: Grams, other: Numbers) -> pl.DataFrame:
    return pl.DataFrame({"text": grams.text, "start": grams.place, "length": grams.length, "other": other})
