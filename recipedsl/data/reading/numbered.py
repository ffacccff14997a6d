"""Rows of a block that were read in two ways, put together in the order of the file."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recipedsl.data.reading.parquet import fitted
from recipedsl.language.types import RowType

#: Name of the column that holds the place of a row in its block.
AT = "_recipedsl_at"


def numbered(places: Sequence[int]) -> pl.Series:
    """Places as the column `AT`."""
    return pl.Series(AT, places, pl.get_index_type())


def in_order(fast: pl.DataFrame, slow: pl.DataFrame, row: RowType) -> pl.DataFrame:
    """Numbered rows of both as columns of a row type, which may have grown meanwhile; in order."""
    parts = [fitted(each.drop(AT).lazy(), row).collect() for each in (fast, slow)]
    at = pl.concat([fast[AT], slow[AT]])
    return pl.concat(parts, how="vertical")[at.arg_sort()]
