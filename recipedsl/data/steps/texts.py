"""What a column says: text, or the texts of its messages."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

#: Fields of a message that hold what is said, in the spellings of datasets.
SAID = ("content", "value", "thinking", "reasoning_content")


def spoken_fields(dtype: pl.DataType) -> tuple[str, ...]:
    """Fields of messages that hold text; none when the type is neither a message nor a list of such."""
    record = dtype.inner if isinstance(dtype, pl.List) else dtype
    if not isinstance(record, pl.Struct):
        return ()
    texts = {each.name for each in record.fields if each.dtype == pl.String}
    is_message = texts & {"role", "from"} and texts & {"content", "value"}
    return tuple(name for name in SAID if name in texts) if is_message else ()


def speaks(dtype: pl.DataType) -> bool:
    """Whether a column holds text or messages."""
    return dtype == pl.String or bool(spoken_fields(dtype))


def said_in(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """All that is said, as one text; null where the column is null."""
    if dtype == pl.String:
        return value
    if isinstance(dtype, pl.Struct):
        return _line(value, dtype)
    return value.list.eval(_line(pl.element(), dtype)).list.join("\n", ignore_nulls=True)


def _line(message: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    fields = [message.struct.field(name) for name in spoken_fields(dtype)]
    return pl.concat_str(fields, separator="\n", ignore_nulls=True)


def changed(value: pl.Expr, dtype: pl.DataType, change: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """The column with a change made to each text of it; roles, names and calls of tools stay."""
    if dtype == pl.String:
        return change(value)
    names = spoken_fields(dtype)
    if isinstance(dtype, pl.Struct):
        spoken = [change(value.struct.field(name)).alias(name) for name in names]
        return pl.when(value.is_not_null()).then(value.struct.with_fields(spoken))
    element = pl.element()
    spoken = [change(element.struct.field(name)).alias(name) for name in names]
    return value.list.eval(element.struct.with_fields(spoken))
