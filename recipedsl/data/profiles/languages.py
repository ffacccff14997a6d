"""Languages of a sample of rows, as the language's own `lang` tells them."""

from __future__ import annotations

import numpy as np
import polars as pl

from recipedsl.data.draw import scores
from recipedsl.data.functions import FUNCTIONS
from recipedsl.data.profiles.model import Languages, Value
from recipedsl.data.steps.texts import said_in

#: Rows that are looked at: shares are then right to about two per cent.
SAMPLE = 2_000
_SEED = 0
_ROW = "_recipedsl_row"


def languages_of(frame: pl.LazyFrame, by: tuple[str, ...], rows: int) -> Languages | None:
    """The languages of a seeded sample of rows; None where no column holds texts.

    Args:
        frame: the rows, in one order.
        by: columns of texts; all that a row says is told as one.
        rows: how many there are.
    """
    if not by or not rows or "lang" not in FUNCTIONS:
        return None
    schema = frame.collect_schema()
    said = [said_in(pl.col(name), schema[name]) for name in by]
    text = pl.concat_str(said, separator="\n", ignore_nulls=True).alias("text")
    chosen = drawn(rows, SAMPLE, _SEED)
    table = frame.select(text).with_row_index(_ROW).filter(pl.col(_ROW).is_in(chosen)).select("text")
    told = table.select(language=FUNCTIONS["lang"](pl.col("text"))).collect()
    counts = (
        told["language"]
        .fill_null("")
        .value_counts(name="rows")
        .sort("rows", "language", descending=[True, False])
    )
    found = tuple(Value(value=value, rows=count) for value, count in counts.rows())
    return Languages(sample=len(told), by=by, found=found)


def drawn(rows: int, count: int, seed: int) -> list[int]:
    """Numbers of a seeded draw of rows, ascending; all where there are no more."""
    if rows <= count:
        return list(range(rows))
    order = np.argpartition(scores(rows, seed), count)[:count]
    return sorted(order.tolist())
