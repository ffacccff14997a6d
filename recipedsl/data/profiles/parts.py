"""The rows of a result as one frame: all its parts, one behind the other, or one of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from recipedsl.data.expressions import lower
from recipedsl.language.expressions import Expression


def rows_in(folder: Path, parts: Iterable[str], condition: Expression | None = None) -> pl.LazyFrame:
    """The rows of a data node's result, in the order in which they stand.

    Args:
        folder: of the result.
        parts: names of parts; the empty one where there are none.
        condition: which rows are wanted; null counts as false.
    """
    frames = [pl.scan_parquet(folder / f"{part or 'rows'}.parquet", glob=False) for part in parts]
    frame = frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical")
    return frame if condition is None else frame.filter(lower(condition, frame))
