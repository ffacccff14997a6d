"""Texts as UTF-8 behind one another: what is rendered goes to the encoder without objects of Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, Self

import numpy as np
import polars as pl
import pyarrow as arrow
from numpy.typing import NDArray

from recipedsl.data.tokens.ragged import Ragged, bytes_of


@dataclass(frozen=True)
class Texts:
    """Many texts.

    Attributes:
        utf8: their bytes, uint8; the first text begins at the first byte, the last ends at the last.
    """

    utf8: Ragged

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Of texts of Python. Raises UnicodeEncodeError where one holds half a character."""
        data = [text.encode() for text in texts]
        lengths = np.fromiter(map(len, data), np.int64, len(data))
        return cls(Ragged.of(np.frombuffer(b"".join(data), np.uint8), lengths))

    @classmethod
    def of_column(cls, column: pl.Series) -> Self:
        """Of a column of texts; null counts as empty."""
        ends, data = bytes_of(as_bytes(column))
        return cls(Ragged(data, ends))

    @classmethod
    def of_pieces(cls, pieces: Any, counts: NDArray[np.int64]) -> Self:
        """Of an Arrow array of pieces (`large_binary`, no nulls), so many of them to each text."""
        borders, data = bytes_of(pieces)
        return cls(Ragged(data, borders[np.concatenate([[0], np.cumsum(counts)])]))

    def __len__(self) -> int:
        return len(self.utf8)

    def __getitem__(self, place: int) -> str:
        return self.utf8.list(place).tobytes().decode()

    @property
    def data(self) -> memoryview:
        """All bytes."""
        return np.ascontiguousarray(self.utf8.values).data

    def take(self, chosen: NDArray[np.int64]) -> Texts:
        """The chosen texts."""
        return Texts(self.utf8.take(chosen))

    def strings(self) -> list[str]:
        """As texts of Python."""
        data, ends = self.data, self.utf8.ends.tolist()
        whole = str(data, "utf-8")
        if len(whole) == len(data):  # then bytes are characters
            return [whole[start:end] for start, end in pairwise(ends)]
        return [str(data[start:end], "utf-8") for start, end in pairwise(ends)]

    def beyond_ascii(self, most: int) -> NDArray[np.int64]:
        """Places of the first texts with other letters than ASCII, at most so many."""
        data = bytes(self.data)
        pairs = () if data.isascii() else enumerate(pairwise(self.utf8.ends.tolist()))
        found = (place for place, (start, end) in pairs if not data[start:end].isascii())
        return np.fromiter(islice(found, most), np.int64)


def as_bytes(texts: pl.Series) -> Any:
    """A column of texts as an Arrow array of `large_binary`, which is no slice; null counts as empty."""
    return texts.fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest()).cast(arrow.large_binary())
