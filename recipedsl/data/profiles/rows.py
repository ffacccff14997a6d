"""Some rows of a dataset, as values of JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from recipedsl.data.profiles.languages import drawn

_ROW = "_recipedsl_row"


@dataclass(frozen=True)
class Rows:
    """Rows that were asked for.

    Attributes:
        rows: with their numbers among those that fit, from 1.
        of: how many fit.
    """

    rows: tuple[tuple[int, dict[str, Any]], ...]
    of: int


def some_rows(frame: pl.LazyFrame, count: int, columns: Sequence[str] = (), seed: int | None = None) -> Rows:
    """The first rows, or a seeded draw in the order in which they stand.

    Args:
        frame: the rows that fit.
        count: how many are wanted.
        columns: which columns; all when none is named.
        seed: of the draw; None takes the first rows.
    """
    height = int(frame.select(pl.len()).collect(engine="streaming").item())
    places = list(range(min(count, height))) if seed is None else drawn(height, count, seed)
    shown = frame.select(*columns) if columns else frame
    if seed is None:
        table = shown.head(count).collect()
    else:
        wanted = pl.col(_ROW).is_in(places)
        table = shown.with_row_index(_ROW).filter(wanted).drop(_ROW).collect(engine="streaming")
    numbered = ((place + 1, row) for place, row in zip(places, table.to_dicts(), strict=True))
    return Rows(tuple(numbered), height)
