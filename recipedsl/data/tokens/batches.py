"""Rows of a Parquet file, some thousand at a time, column by column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from pyarrow import parquet

from recipedsl.data.tokens.talk import Messages, Talk
from recipedsl.data.tokens.texts import as_bytes

#: Rows that are rendered and encoded at once.
BATCH = 4096

#: Columns beside the messages that a template reads.
TOOLS, VARIABLES = "tools", "chat_template_kwargs"


@dataclass(frozen=True)
class Batch:
    """Rows one after another.

    Attributes:
        frame: the columns that are read.
        first: number of the first row in the file.
    """

    frame: pl.DataFrame
    first: int
    _apart: dict[str, Messages] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return self.frame.height

    def pieces(self, column: str) -> Any:
        """A column of texts as an Arrow array of `large_binary`; null counts as empty."""
        return as_bytes(self.frame[column])

    def talk(self, *columns: str) -> Talk:
        """The messages of these columns, those of one row behind one another."""
        for name in columns:
            if name not in self._apart:
                self._apart[name] = Messages(self.frame[name])
        parts = [self._apart[name] for name in columns]
        return Talk(parts, self._besides(TOOLS), self._besides(VARIABLES))

    def _besides(self, column: str) -> list[str | None]:
        """JSON text for each row, None where a row says nothing."""
        if column not in self.frame.columns:
            return [None] * len(self)
        given = self.frame[column]
        if given.dtype == pl.String:
            return [each or None for each in given.to_list()]
        told = [_without_nulls(each) for each in given.to_list()]
        return [json.dumps(each, ensure_ascii=False) if each else None for each in told]


def _without_nulls(value: Any) -> Any:
    """A record without the keys that only other rows have."""
    return (
        {key: each for key, each in value.items() if each is not None} if isinstance(value, dict) else value
    )


def read_batches(rows: Path, columns: Sequence[str]) -> Iterator[Batch]:
    """The columns of a Parquet file in batches, in order."""
    first = 0
    file = parquet.ParquetFile(rows)
    for batch in file.iter_batches(BATCH, columns=list(columns)):
        frame = pl.DataFrame(pl.from_arrow(batch))
        yield Batch(frame, first)
        first += frame.height
