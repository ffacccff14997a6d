"""Words of texts counted byte by byte: what the pattern `\\S+` finds, in a part of its time.

To count words is what recipes ask for most among what costs time. A pattern starts anew at each word; NumPy
goes through all bytes at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.flat import Bytes, Places, flat

Flags = npt.NDArray[np.bool_]

#: Bytes that are looked at together: what the cache of a core holds several times.
_AT_ONCE = 1 << 19

#: Spaces beyond ASCII.
_WIDE_SPACES = [
    each.encode()
    for each in "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
]


def _table_of(first: int) -> tuple[int, Flags]:
    """Of the spaces that begin with a byte: their length, and which second and third byte make one.

    Behind a space of two bytes any byte may stand.
    """
    table = np.zeros((0x100, 0x100), bool)
    spaces = [each for each in _WIDE_SPACES if each[0] == first]
    for each in spaces:
        table[each[1], each[2] if len(each) == 3 else slice(None)] = True
    return len(spaces[0]), table


_TABLES = {first: _table_of(first) for first in sorted({each[0] for each in _WIDE_SPACES})}


def single_spaced(text: pl.Expr) -> pl.Expr:
    r"""The text with one space for each run of spaces, of whatever kind: what `\s+` replaced would give."""
    # Single spaces, which most are, match nothing, so that most texts are not written anew.
    return text.str.replace_all(r"\s{2,}|[^\S ]", " ")


def folded(text: pl.Expr) -> pl.Expr:
    """The text without what case and white space tell apart: what duplicates are compared by."""
    return single_spaced(text.str.to_lowercase()).str.strip_chars()


def word_counts(text: pl.Expr) -> pl.Expr:
    """How many runs of signs that are no space each text has; null stays null."""
    counts = text.map_batches(_counted, return_dtype=pl.Int64(), is_elementwise=True)
    return pl.when(text.is_not_null()).then(counts)


def _counted(texts: pl.Series) -> pl.Series:
    counts = [_words_in(*part) for part in _parts(*flat(texts))]
    return pl.Series(texts.name, np.concatenate(counts) if counts else np.zeros(0, np.int64))


def _parts(signs: Bytes, places: Places) -> Iterator[tuple[Bytes, Places]]:
    """Whole texts of about `_AT_ONCE` bytes, and their places in these."""
    first, last = 0, len(places) - 1
    while first < last:
        end = int(np.searchsorted(places, places[first] + _AT_ONCE))
        end = min(max(end, first + 1), last)
        yield signs[places[first] : places[end]], places[first : end + 1] - places[first]
        first = end


def _words_in(signs: Bytes, places: Places) -> Places:
    """Words of each text: signs that are no space, at the beginning or with a space before them."""
    spaces = _spaces(signs)
    begins = np.zeros(len(signs) + 1, bool)
    np.greater(spaces[:-1], spaces[1:], out=begins[1:-1])
    holds_any = places[:-1] < places[1:]
    starts = places[:-1][holds_any]
    begins[starts] = ~spaces[starts]
    counts = np.zeros(len(holds_any), np.int64)
    if len(starts):
        counts[holds_any] = np.add.reduceat(begins, starts, dtype=np.uint32)
    return counts


def _spaces(signs: Bytes) -> Flags:
    """Which bytes belong to a space."""
    found: Flags = (signs == 0x20) | (signs - np.uint8(0x09) <= 0x0D - 0x09)  # below the tab it wraps around
    if len(signs) and signs.max() >= 0x80:
        for first, (length, table) in _TABLES.items():
            places = np.flatnonzero(signs == first)
            # No text ends behind its first byte, but one may end behind the second.
            third = signs[np.minimum(places + 2, len(signs) - 1)]
            places = places[table[signs[places + 1], third]]
            for step in range(length):
                found[places + step] = True
    return found
