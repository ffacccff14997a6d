"""Records one by one, as frames of so many that memory holds one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from recipedsl.data.reading.columns import to_frame
from recipedsl.data.reading.records import Record
from recipedsl.data.reading.strict import Strict

_ROWS = 20_000  # rows that are gathered before they leave Python
_CHARACTERS = 1 << 26  # or this much text, whichever comes first


def batches(found: Iterator[Record], strict: Strict) -> Iterator[pl.DataFrame]:
    """Good rows in order; the bad ones stay with `strict`, a batch of them at most."""
    batch, characters = list[list[Any]](), 0
    for record in found:
        values = strict.values(record)
        if values is not None:
            batch.append(values)
            characters += len(record.raw)
        if len(batch) >= _ROWS or characters >= _CHARACTERS or len(strict.bad) >= _ROWS:
            yield to_frame(batch, strict.row)
            batch, characters = [], 0
    if batch:
        yield to_frame(batch, strict.row)
