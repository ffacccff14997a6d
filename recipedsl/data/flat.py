"""Texts as the bytes that hold them, for what NumPy looks at byte by byte."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


def flat(texts: pl.Series) -> tuple[Bytes, Places]:
    """All texts behind one another in UTF-8, and where each begins and the last ends; null is empty."""
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, content = array.buffers()
    places = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    signs = np.frombuffer(content or b"", np.uint8)[places[0] : places[-1]]
    return signs, places - places[0]
