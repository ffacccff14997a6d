"""Rows of a Parquet file, some thousand at a time, column by column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pyarrow import parquet

#: Rows that are rendered and encoded at once.
BATCH = 4096

#: Fields of messages that hold a text of which a template may know nothing; see `rendering.py`.
_TEXTS = ("role", "content", "thinking")
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

    def __len__(self) -> int:
        return self.frame.height

    def texts(self, column: str) -> list[str]:
        """A column of texts; null counts as empty."""
        return self.frame[column].fill_null("").to_list()

    def talk(self, *columns: str) -> Talk:
        """The messages of these columns, those of one row behind one another."""
        return Talk(
            [Messages(self.frame[name]) for name in columns], self._besides(TOOLS), self._besides(VARIABLES)
        )

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


class Messages:
    """A column of lists of messages, taken apart: every field is one flat list."""

    def __init__(self, column: pl.Series) -> None:
        """Take a column apart.

        Args:
            column: `List(Struct)`; null and empty lists have no messages.
        """
        counts = column.list.len().fill_null(0)
        self.ends: list[int] = [0, *counts.cum_sum().to_list()]
        said = column.filter(counts > 0).explode()
        fields = said.dtype.fields if isinstance(said.dtype, pl.Struct) else []
        self.columns = {each.name: said.struct.field(each.name) for each in fields}
        self.fields = {name: values.to_list() for name, values in self.columns.items()}
        self.said = [each or "" for each in self.fields.get("content", ())]
        # Fields that hardly any message has, and that tell one conversation from another.
        self.rare = [
            name
            for name, values in self.columns.items()
            if name not in _TEXTS and values.null_count() < len(values)
        ]

    def of(self, row: int) -> list[dict[str, Any]]:
        """The messages of a row as records."""
        places = range(self.ends[row], self.ends[row + 1])
        return [{name: values[place] for name, values in self.fields.items()} for place in places]

    def values(self, name: str, row: int) -> list[Any]:
        """A field of a row's messages."""
        known = self.fields.get(name)
        start, end = self.ends[row], self.ends[row + 1]
        return [None] * (end - start) if known is None else known[start:end]


@dataclass(frozen=True)
class Talk:
    """Conversations of a batch.

    Attributes:
        parts: columns whose messages stand behind one another.
        tools: JSON text of a row's tools.
        variables: JSON text of what a row tells the template.
    """

    parts: list[Messages]
    tools: list[str | None]
    variables: list[str | None]

    def messages(self, row: int) -> list[dict[str, Any]]:
        """The messages of a row as records."""
        return [message for part in self.parts for message in part.of(row)]

    def opening(self, row: int) -> int:
        """How many messages of a row are in the first column."""
        first = self.parts[0]
        return first.ends[row + 1] - first.ends[row]

    def kind(self, row: int) -> Any:
        """Equal for rows that differ in the texts of their messages only; None for a row of its own kind."""
        roles = [role for part in self.parts for role in part.values("role", row)]
        if not self._has_rare and not self._has_thinking:
            return (self.tools[row], self.variables[row], self.opening(row), *roles)
        rare: list[Any] = []
        for part in self.parts:
            for name in part.rare:
                values = part.values(name, row)
                if name == "tool_calls" and any(each is not None for each in values):
                    return None
                rare += [(name, str(each)) if each is not None else None for each in values]
        thinking = tuple(bool(each) for part in self.parts for each in part.values("thinking", row))
        return self.tools[row], self.variables[row], self.opening(row), tuple(roles), thinking, tuple(rare)

    def texts(self, row: int) -> list[str]:
        """What the messages of a row say, then what they think."""
        said = [each for part in self.parts for each in part.said[part.ends[row] : part.ends[row + 1]]]
        if self._has_thinking:
            said += [each or "" for part in self.parts for each in part.values("thinking", row)]
        return said

    def all_texts(self) -> Iterator[tuple[pl.Series, NDArray[np.int64]]]:
        """Every text of the messages and tools, column by column, each with the row that it is of.

        Texts of JSON are taken apart, as an escape may hide what they say.
        """
        for part in self.parts:
            rows = np.repeat(np.arange(len(part.ends) - 1), np.diff(part.ends))
            for name, values in part.columns.items():
                if values.dtype == pl.String and name != "tool_calls":
                    yield values, rows
            if "tool_calls" in part.columns:
                yield _leaves(part.fields["tool_calls"], rows)
        yield _leaves(self.tools, np.arange(len(self.tools)))

    @cached_property
    def _has_thinking(self) -> bool:
        return any("thinking" in part.fields for part in self.parts)

    @cached_property
    def _has_rare(self) -> bool:
        return any(part.rare for part in self.parts)


def _leaves(texts: Sequence[str | None], rows: NDArray[np.int64]) -> tuple[pl.Series, NDArray[np.int64]]:
    """The texts within JSON texts, each with the row that it is of; what is no JSON is refused elsewhere."""
    known: dict[str, list[str]] = {}
    found: list[tuple[str, int]] = []
    for text, row in zip(texts, rows.tolist(), strict=True):
        if text and text not in known:
            with suppress(ValueError, RecursionError):
                known[text] = list(_strings(json.loads(text)))
        found += [(leaf, row) for leaf in known.get(text or "", ())]
    return pl.Series([leaf for leaf, _ in found], dtype=pl.String), np.array(
        [row for _, row in found], np.int64
    )


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def read_batches(rows: Path, columns: Sequence[str]) -> Iterator[Batch]:
    """The columns of a Parquet file in batches, in order."""
    first = 0
    file = parquet.ParquetFile(rows)
    for batch in file.iter_batches(BATCH, columns=list(columns)):
        frame = pl.DataFrame(pl.from_arrow(batch))
        yield Batch(frame, first)
        first += frame.height
