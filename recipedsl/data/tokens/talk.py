"""The conversations of a batch: which of them are of one kind, and where their texts stand.

Conversations are of one kind when they differ in texts only: the same roles in order, the same
optional parts, the same shape of tool calls. Kinds are told apart by numbers for whole columns; a
conversation becomes an object of Python only where it is rendered by itself.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import pyarrow as arrow
from numpy.typing import NDArray

from recipedsl.data.tokens.calls import Form, apart, tools_apart
from recipedsl.data.tokens.texts import as_bytes
from recipedsl.diagnostics import RecipeError

#: Texts of a message of which a template may know nothing, by the names of their columns.
FIELDS = ("content", "thinking", "name", "tool_call_id")
#: Texts of calls are JSON; they are taken apart row by row.
_CALLS = "tool_calls"

Places = NDArray[np.int64]
_EMPTY = arrow.array([b""], arrow.large_binary())


class Codes:
    """Numbers of items, the same for items that nothing has told apart.

    Attributes:
        numbers: of each item.
    """

    def __init__(self, count: int) -> None:
        """All are the same at first."""
        self.numbers: Places = np.zeros(count, np.int64)
        self._most = 1

    def refine(self, told: Places) -> None:
        """Tell items apart that have different numbers, each 0 or more."""
        values = int(told.max(initial=0)) + 1
        if self._most * values >= 1 << 62:
            known, self.numbers = np.unique(self.numbers, return_inverse=True)
            self._most = len(known)
        self.numbers = self.numbers * values + told
        self._most *= values


class Messages:
    """A column of lists of messages, taken apart: every field is one flat column.

    Attributes:
        counts: messages of each row.
        starts: where each row's begin in the flat columns.
        columns: by field.
    """

    def __init__(self, column: pl.Series) -> None:
        """Take a column apart.

        Args:
            column: `List(Struct)`; null and empty lists have no messages.
        """
        counts = column.list.len().fill_null(0).cast(pl.Int64)
        self.counts: Places = counts.to_numpy()
        self.starts: Places = np.cumsum(self.counts) - self.counts
        self._said = (column if self.counts.all() else column.filter(counts > 0)).explode()
        fields = self._said.dtype.fields if isinstance(self._said.dtype, pl.Struct) else []
        self.columns = {each.name: self._said.struct.field(each.name) for each in fields}

    def of(self, row: int) -> list[dict[str, Any]]:
        """The messages of a row as records."""
        if not self.columns:
            return []
        return self._said.slice(int(self.starts[row]), int(self.counts[row])).to_list()

    def rows(self) -> Places:
        """Of every message."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    @cached_property
    def signs(self) -> dict[str, pl.Series]:
        """What of every message has to be the same for two conversations to be of one kind, by field."""
        found = {name: _sign(name, values) for name, values in self.columns.items()}
        return {name: sign for name, sign in found.items() if sign is not None}

    @cached_property
    def codes(self) -> Places:
        """A number for each message, the same for the same signs."""
        codes = Codes(len(self._said))
        for sign in self.signs.values():
            codes.refine(_numbered(sign))
        return codes.numbers

    def kind(self, row: int) -> tuple[Hashable, ...]:
        """The signs of a row's messages."""
        start, count = int(self.starts[row]), int(self.counts[row])
        told = {name: tuple(sign.slice(start, count).to_list()) for name, sign in self.signs.items()}
        return tuple((name, each) for name, each in told.items() if not {None, False}.issuperset(each))


def _sign(name: str, values: pl.Series) -> pl.Series | None:
    """What tells messages apart in a field; None where nothing does."""
    is_text = values.dtype == pl.String
    # Of content, none and an empty one are the same; calls are taken apart by themselves.
    if values.null_count() == len(values) or (is_text and name in {"content", _CALLS}):
        return None
    if is_text and name == "thinking":
        return values.fill_null("") != ""
    if is_text:
        return values.is_not_null() if name in FIELDS else values
    told = [None if each is None else str(each) for each in values.to_list()]
    return pl.Series(told, dtype=pl.String)


def _numbered(sign: pl.Series) -> Places:
    """A number for each value; null has its own."""
    encoded = sign.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).dictionary_encode()
    numbers: Places = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy().astype(np.int64)
    return numbers


@dataclass(frozen=True)
class Besides:
    """What rows have beside the flat columns: texts out of tool calls and definitions of tools.

    Attributes:
        kinds: of each row, what is left of them without the texts; None for a row of its own kind.
        texts: of all rows.
        starts: where each row's begin.
    """

    kinds: list[Hashable]
    texts: list[str]
    starts: Places


class Talk:
    """Conversations of a batch.

    Attributes:
        parts: columns whose messages stand behind one another.
        tools: JSON text of a row's tools.
        variables: JSON text of what a row tells the template.
    """

    def __init__(
        self, parts: list[Messages], tools: Sequence[str | None], variables: Sequence[str | None]
    ) -> None:
        self.parts, self.tools, self.variables = parts, tools, variables

    def __len__(self) -> int:
        return len(self.tools)

    def messages(self, row: int) -> list[dict[str, Any]]:
        """The messages of a row as records."""
        return [message for part in self.parts for message in part.of(row)]

    def opening(self, row: int) -> int:
        """How many messages of a row are in the first column."""
        return int(self.parts[0].counts[row])

    @cached_property
    def has_tools(self) -> bool:
        """Whether any row has definitions of tools."""
        return any(each is not None for each in self.tools)

    @cached_property
    def _called(self) -> list[dict[int, list[str | None]]]:
        return [_called(part) for part in self.parts]

    @property
    def has_calls(self) -> bool:
        """Whether any message calls a tool."""
        return any(self._called)

    @cached_property
    def counts(self) -> Places:
        """Messages of each row."""
        total: Places = np.sum([part.counts for part in self.parts], axis=0)
        return total

    # --- kinds ------------------------------------------------------------------------------------------

    def kinds(self, besides: Besides | None) -> Iterator[tuple[Hashable, Places]]:
        """Rows by kind, in order; None for those that are of no kind."""
        codes = self._codes(besides)
        order = np.argsort(codes, kind="stable")
        borders = np.flatnonzero(np.diff(codes[order])) + 1
        for rows in np.split(order, borders) if len(order) else ():
            yield self._kind(int(rows[0]), besides), rows

    def _kind(self, row: int, besides: Besides | None) -> Hashable:
        beside = besides.kinds[row] if besides else ()
        if beside is None:
            return None
        told = (self.variables[row], *(int(part.counts[row]) for part in self.parts))
        return (beside, told, *(part.kind(row) for part in self.parts))

    def _codes(self, besides: Besides | None) -> Places:
        """A number for each row, the same for rows of one kind."""
        codes = Codes(len(self))
        if any(each is not None for each in self.variables):
            codes.refine(_ranks(self.variables))
        if besides:
            codes.refine(_ranks(besides.kinds))
        for part in self.parts:
            codes.refine(part.counts)
            for place in range(int(part.counts.max(initial=0))):
                rows = np.flatnonzero(part.counts > place)
                told = np.zeros(len(self), np.int64)
                told[rows] = part.codes[part.starts[rows] + place]
                codes.refine(told)
        return codes.numbers

    def besides(self, form: Form) -> Besides | None:
        """What rows have in tool calls and tools, as the template wants them; None where no row has any."""
        if not self.has_tools and not self.has_calls:
            return None
        kinds: list[Hashable] = []
        texts: list[str] = []
        starts = np.zeros(len(self), np.int64)
        for row in range(len(self)):
            starts[row] = len(texts)
            try:
                kinds.append(self._beside(row, texts, form))
            except (RecipeError, ValueError, RecursionError):
                kinds.append(None)  # whoever renders the row says what is wrong with it
                del texts[starts[row] :]
        return Besides(kinds, texts, starts)

    def _beside(self, row: int, texts: list[str], form: Form) -> Hashable:
        """A row's kind as to calls and tools; its texts are put behind the others."""
        calls = tuple(
            tuple(apart(text, texts, form) for text in called.get(row, ())) for called in self._called
        )
        return calls, self.tools[row] if form.opens_tools else tools_apart(self.tools[row], texts)

    # --- texts ------------------------------------------------------------------------------------------

    @cached_property
    def _pool(self) -> tuple[Any, list[dict[str, int]]]:
        """All texts of the messages, an empty one first; and where those of each part and field begin."""
        arrays, bases, count = [_EMPTY], [], 1
        for part in self.parts:
            base = {}
            for name in FIELDS:
                if name in part.columns and part.columns[name].dtype == pl.String:
                    arrays.append(as_bytes(part.columns[name]))
                    base[name], count = count, count + len(arrays[-1])
            bases.append(base)
        return arrow.concat_arrays(arrays), bases

    @property
    def pool(self) -> Any:
        """All texts of the messages: an Arrow array of `large_binary`."""
        return self._pool[0]

    def places(self, rows: Places, number: int, besides: Besides | None) -> Places:
        """Where in `pool` a text of rows of one kind stands; texts of `besides` are behind those.

        Args:
            rows: of one kind.
            number: of the text: what each message says, what each thinks and so on, then those of `besides`.
            besides: as `kinds` was told.
        """
        field, place = divmod(number, int(self.counts[rows[0]]))
        if field >= len(FIELDS):
            assert besides is not None
            behind = number - len(FIELDS) * int(self.counts[rows[0]])
            return len(self.pool) + besides.starts[rows] + behind
        for part, base in zip(self.parts, self._pool[1], strict=True):
            count = int(part.counts[rows[0]])
            if place < count:
                start = base.get(FIELDS[field])
                return np.zeros(len(rows), np.int64) if start is None else start + part.starts[rows] + place
            place -= count
        raise IndexError(number)

    def texts(self, row: int, besides: Besides | None) -> list[str]:
        """The texts of a row, in the order of their numbers."""
        at = np.array([row])
        numbers = range(len(FIELDS) * int(self.counts[row]))
        found = [self.pool[int(self.places(at, number, besides)[0])].as_py().decode() for number in numbers]
        if besides is None:
            return found
        start = int(besides.starts[row])
        end = int(besides.starts[row + 1]) if row + 1 < len(self) else len(besides.texts)
        return found + besides.texts[start:end]

    def all_texts(self) -> Iterator[tuple[pl.Series, Places]]:
        """Every text of the messages and tools, column by column, each with the row that it is of.

        Texts of JSON are taken apart, as an escape may hide what they say.
        """
        for part in self.parts:
            rows = part.rows()
            for name, values in part.columns.items():
                if values.dtype == pl.String and name != _CALLS:
                    yield values, rows
            if _CALLS in part.columns:
                yield _leaves(part.columns[_CALLS].to_list(), rows)
        yield _leaves(self.tools, np.arange(len(self)))


def _called(part: Messages) -> dict[int, list[str | None]]:
    """The calls of every message, for rows that have any."""
    values = part.columns.get(_CALLS)
    if values is None or values.dtype != pl.String or not (given := values.is_not_null()).any():
        return {}
    texts = values.to_list()
    rows = np.unique(part.rows()[given.to_numpy()]).tolist()
    return {row: texts[part.starts[row] : part.starts[row] + part.counts[row]] for row in rows}


def _ranks(values: Sequence[Hashable]) -> Places:
    """A number for each value, the same for the same."""
    known: dict[Hashable, int] = {}
    return np.fromiter((known.setdefault(each, len(known)) for each in values), np.int64, len(values))


def _leaves(texts: Sequence[str | None], rows: Places) -> tuple[pl.Series, Places]:
    """The texts within JSON texts, each with the row that it is of; what is no JSON is refused elsewhere."""
    known: dict[str, list[str]] = {}
    found: list[tuple[str, int]] = []
    for text, row in zip(texts, rows.tolist(), strict=True):
        if text is None:
            continue
        if text not in known:
            known[text] = []
            with suppress(ValueError, RecursionError):
                known[text] = list(_strings(json.loads(text)))
        found += [(leaf, row) for leaf in known[text]]
    leaves = pl.Series([leaf for leaf, _ in found], dtype=pl.String)
    return leaves, np.array([row for _, row in found], np.int64)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)
