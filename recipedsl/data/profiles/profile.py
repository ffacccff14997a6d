"""The profile of a dataset: one pass for each column, so that memory is that of one column's numbers.

Texts stay in Polars' stream: what is kept of each row are a few numbers (lengths, a hash), 32 bytes a row
and column at most. Everything is counted over all rows, languages alone on a sample. Equal rows give
an equal profile, whatever the number of threads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.draw import mixed
from recipedsl.data.profiles.languages import languages_of
from recipedsl.data.profiles.model import (
    Column,
    Conversation,
    Duplicates,
    Kind,
    Numbers,
    Profile,
    RoleUse,
    Sides,
    Value,
)
from recipedsl.data.profiles.numbers import numbers_of
from recipedsl.data.profiles.texts import characters, measured, normalised, speaks, texts_of, words
from recipedsl.data.schema import type_of
from recipedsl.language.shapes import Shape
from recipedsl.language.types import RowType

Hashes = npt.NDArray[np.uint64]

_TOP = 8  # values that are told of a column
_FEW = 20  # values that are all told when they are no more; a column of so few is an enumeration
_LENGTH = 120  # characters of a value
_ROLES = 8  # roles that are told
_ROW = "_recipedsl_row"
_CALLS = "tool_calls"


def profile_of(frame: pl.LazyFrame, shape: Shape = Shape.ROWS, row: RowType | None = None) -> Profile:
    """Looks through all rows of a dataset.

    Args:
        frame: the rows; each pass over it gives them in one order.
        shape: what they are for.
        row: types as the plan knows them, where it knows more than the columns tell.
    """
    looking = _Looking(frame, row or RowType(()))
    columns = tuple(looking.column(name) for name in looking.schema)
    by = texts_of(frame, shape)
    repeated = Duplicates(rows=looking.repeated, texts=_repeated_texts(frame, by), by=by)
    return Profile(
        rows=looking.rows,
        columns=columns,
        duplicates=repeated,
        languages=languages_of(frame, by, looking.rows),
        sides=_sides(frame, shape),
    )


@dataclass
class _Looking:
    """A dataset on its way through: what the columns so far make of each row is kept as a hash."""

    frame: pl.LazyFrame
    planned: RowType
    _hash: Hashes | None = None

    def __post_init__(self) -> None:
        self.schema = self.frame.collect_schema()
        self.rows = int(self.frame.select(pl.len()).collect(engine="streaming").item())

    @property
    def repeated(self) -> int:
        """Rows that are equal to an earlier one in all columns seen."""
        return 0 if self._hash is None else self.rows - len(np.unique(self._hash))

    def column(self, name: str) -> Column:
        """Looks through one column."""
        dtype = self.schema[name]
        kind = kind_of(dtype)
        asked = {"hash": pl.col(name).hash(), "null": pl.col(name).is_null(), **_asked(pl.col(name), dtype)}
        table = _streamed(self.frame.select(**asked))
        self._note(table["hash"])
        nulls = int(table["null"].sum())
        counts = _counts(table)
        column = Column(
            name=name,
            type=self._type(name, dtype),
            kind=kind,
            nulls=nulls,
            blank=int(table["blank"].sum()) if "blank" in table.columns else 0,
            distinct=len(counts),
            numbers=_numbers(table, "value"),
            characters=_numbers(table, "characters"),
            words=_numbers(table, "words"),
            items=_numbers(table, "items") if kind == "list" else None,
            conversation=_conversation(self.frame, name, dtype, table) if kind == "messages" else None,
            top=self._top(name, counts) if kind not in ("messages", "list", "record") else (),
        )
        return column.model_copy(update=_span(self.frame, name)) if kind == "date" else column

    def _note(self, hashes: pl.Series) -> None:
        own = hashes.to_numpy()
        self._hash = mixed(own if self._hash is None else mixed(self._hash) ^ own)

    def _type(self, name: str, dtype: pl.DataType) -> str:
        known = self.planned.column(name) or type_of(dtype)
        return str(known.without_null() if known else dtype)

    def _top(self, name: str, counts: pl.DataFrame) -> tuple[Value, ...]:
        """The most frequent values, of equally frequent ones the first that stands."""
        few = len(counts) <= _FEW
        kept = counts if few else counts.filter(pl.col("rows") > 1)
        best = kept.sort("rows", "first", descending=[True, False]).head(_FEW if few else _TOP)
        if best.is_empty():
            return ()
        places = best["first"].to_list()
        shown = self.frame.select(pl.col(name)).with_row_index(_ROW).filter(pl.col(_ROW).is_in(places))
        found = dict(zip(*(each.to_list() for each in _streamed(shown).get_columns()), strict=True))
        return tuple(
            Value(value=_cut(found[place]), rows=rows)
            for place, rows in zip(places, best["rows"].to_list(), strict=True)
        )


def kind_of(dtype: pl.DataType) -> Kind:
    """What a column is looked at as."""
    if speaks(dtype):
        return "text" if dtype == pl.String else "messages"
    if dtype == pl.Boolean:
        return "bool"
    if dtype.is_numeric():
        return "number"
    if isinstance(dtype, pl.Struct):
        return "record"
    return "list" if isinstance(dtype, pl.List | pl.Array) else "date" if dtype.is_temporal() else "text"


def _asked(value: pl.Expr, dtype: pl.DataType) -> dict[str, pl.Expr]:
    """What is computed of each row of a column."""
    if dtype == pl.String:
        counted = words(value).cast(pl.UInt32)
        return {"characters": _length(value, dtype), "words": counted, "blank": value.str.strip_chars() == ""}
    if speaks(dtype):
        return {"characters": _length(value, dtype), "items": _items(value, dtype)}
    if isinstance(dtype, pl.List):
        return {"items": _items(value, dtype)}
    return {"value": value} if dtype.is_numeric() else {}


def _length(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return measured(value, dtype, characters).cast(pl.UInt32)


def _items(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return value.list.len() if isinstance(dtype, pl.List) else pl.lit(1, pl.UInt32)


def _counts(table: pl.DataFrame) -> pl.DataFrame:
    """Rows of each value that is not null, by hash, with the first row that has it."""
    numbered = table.select("hash", "null").with_row_index("first").filter(pl.col("null").not_())
    return numbered.group_by("hash").agg(pl.len().alias("rows"), pl.col("first").min())


def _numbers(table: pl.DataFrame, name: str) -> Numbers | None:
    return numbers_of(table[name]) if name in table.columns else None


def _span(frame: pl.LazyFrame, name: str) -> dict[str, str]:
    first, last = _streamed(frame.select(low=pl.col(name).min(), high=pl.col(name).max())).row(0)
    return {"first": str(first or ""), "last": str(last or "")}


def _cut(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"


def _streamed(frame: pl.LazyFrame) -> pl.DataFrame:
    return frame.collect(engine="streaming")


# --- conversations ------------------------------------------------------------------------------------


def _conversation(frame: pl.LazyFrame, name: str, dtype: pl.DataType, table: pl.DataFrame) -> Conversation:
    """Turns, roles with the lengths of what they say, system messages and calls."""
    record = dtype.inner if isinstance(dtype, pl.List) else dtype
    assert isinstance(record, pl.Struct)
    role = next(each.name for each in record.fields if each.name in ("role", "from"))
    said = _said(frame, name, dtype, role)
    per_role = said.group_by("role", maintain_order=True).agg(pl.len().alias("messages"))
    told = per_role.sort("messages", descending=True, maintain_order=True).head(_ROLES)["role"].to_list()
    chosen = per_role.filter(pl.col("role").is_in(told, nulls_equal=True))
    calls = any(each.name == _CALLS for each in record.fields)
    return Conversation(
        turns=_numbers(table, "items"),
        roles=tuple(_use(said, role, messages) for role, messages in chosen.rows()),
        other_roles=len(per_role) - len(chosen),
        with_system=_rows_with(frame, _first(pl.col(name), dtype).struct.field(role).eq("system")),
        with_calls=_rows_with(frame, _calls(pl.col(name), dtype)) if calls else 0,
    )


def _said(frame: pl.LazyFrame, name: str, dtype: pl.DataType, role: str) -> pl.DataFrame:
    """A row for each message: its role, and its length in characters."""
    message = pl.col(name)
    rows = frame.select(message)
    if isinstance(dtype, pl.List):
        rows = rows.filter(message.list.len() > 0).explode(name)
    record = dtype.inner if isinstance(dtype, pl.List) else dtype
    length = measured(message, record, characters)  # type: ignore[arg-type]
    known = rows.filter(message.is_not_null())
    return _streamed(
        known.select(role=message.struct.field(role).cast(pl.Categorical), characters=length.cast(pl.UInt32))
    )


def _use(said: pl.DataFrame, role: str | None, messages: int) -> RoleUse:
    of_role = said.filter(pl.col("role").cast(pl.String).eq_missing(pl.lit(role)))["characters"]
    return RoleUse(
        role=_cut(role) if role is not None else "", messages=messages, characters=numbers_of(of_role)
    )


def _first(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return value.list.first() if isinstance(dtype, pl.List) else value


def _calls(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Whether a function is called in any message."""
    if not isinstance(dtype, pl.List):
        return _called(value, dtype)
    return value.list.eval(_called(pl.element(), dtype.inner)).list.any()  # type: ignore[arg-type]


def _called(message: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    assert isinstance(dtype, pl.Struct)
    calls = message.struct.field(_CALLS)
    inner = next(each.dtype for each in dtype.fields if each.name == _CALLS)
    has_any = calls.list.len() > 0 if isinstance(inner, pl.List) else calls.is_not_null()
    return has_any.fill_null(value=False)


def _rows_with(frame: pl.LazyFrame, condition: pl.Expr) -> int:
    return int(_streamed(frame.select(condition.fill_null(value=False).sum())).item())


# --- rows beside rows -----------------------------------------------------------------------------------


def _repeated_texts(frame: pl.LazyFrame, by: Iterable[str]) -> int:
    """Rows whose texts are those of an earlier row when case and white space do not count."""
    schema, mark = frame.collect_schema(), None
    for name in by:
        own = _streamed(frame.select(normalised(pl.col(name), schema[name]).hash())).to_series().to_numpy()
        mark = mixed(own if mark is None else mixed(mark) ^ own)
    return 0 if mark is None else len(mark) - len(np.unique(mark))


def _sides(frame: pl.LazyFrame, shape: Shape) -> Sides | None:
    """Chosen beside rejected answers, where the rows are preferences."""
    schema = frame.collect_schema()
    if shape is not Shape.PREFERENCE or not {"chosen", "rejected"} <= set(schema):
        return None
    table = _streamed(
        frame.select(
            measured(pl.col(each), schema[each], characters).alias(each) for each in ("chosen", "rejected")
        )
    ).drop_nulls()
    chosen, rejected = numbers_of(table["chosen"]), numbers_of(table["rejected"])
    if chosen is None or rejected is None:
        return None
    return Sides(
        rows=len(table),
        longer=int((table["chosen"] > table["rejected"]).sum()),
        equal=int((table["chosen"] == table["rejected"]).sum()),
        chosen=chosen,
        rejected=rejected,
    )
