"""What a column says: texts, lists of texts, or the texts of messages. One reader for all who ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

#: Fields of a message that hold what is said, in the spellings of datasets.
SAID = ("content", "value", "thinking", "reasoning_content")
_ROLES = ("role", "from")

ROW = "_recipedsl_row"
TEXT = "_recipedsl_text"

_ROWS_AT_ONCE = 4096
_BYTES_AT_ONCE = 16 << 20  # of texts, many times as many in numbers


def spoken_fields(dtype: pl.DataType) -> tuple[str, ...]:
    """Fields of messages that hold text; none when the type is neither a message nor a list of such."""
    record = dtype.inner if isinstance(dtype, pl.List) else dtype
    if not isinstance(record, pl.Struct):
        return ()
    texts = {each.name for each in record.fields if each.dtype == pl.String}
    is_message = texts & set(_ROLES) and texts & {"content", "value"}
    return tuple(name for name in SAID if name in texts) if is_message else ()


def speaks(dtype: pl.DataType) -> bool:
    """Whether a column holds text, lists of texts, or messages."""
    return dtype in (pl.String, pl.List(pl.String)) or bool(spoken_fields(dtype))


def passages(table: pl.DataFrame, name: str) -> pl.DataFrame:
    """Each text that a column of a table says, in order, but not those of the system.

    What the system says is the setting of a conversation and mostly the same in all of a dataset: two
    rows are not alike because of it.

    Returns:
        Columns `ROW` (number of the row in the table) and `TEXT` (never null).
    """
    said = table.select(pl.col(name).alias(TEXT)).with_row_index(ROW)
    dtype = said.schema[TEXT]
    if isinstance(dtype, pl.List):
        said = said.explode(TEXT)
        dtype = said.schema[TEXT]
    fields = spoken_fields(dtype)
    if fields and isinstance(dtype, pl.Struct):
        message, texts = pl.col(TEXT).struct, {each.name for each in dtype.fields if each.dtype == pl.String}
        role = next(each for each in _ROLES if each in texts)
        said = said.filter(message.field(role).ne_missing("system"))
        said = said.with_columns(pl.concat_list(message.field(each) for each in fields).alias(TEXT))
        said = said.explode(TEXT)
    return said.filter(pl.col(TEXT).is_not_null())


def in_batches(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Settled rows in their order, so many at a time that the numbers made of their texts stay small."""
    for batch in rows.collect_batches(chunk_size=10 * _ROWS_AT_ONCE, maintain_order=True):
        of_a_row = int(batch.estimated_size()) // max(len(batch), 1) + 1
        yield from batch.iter_slices(max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE // of_a_row)))


def said_in(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """All that is said, by the system too, as one text; null where the column is null."""
    if dtype == pl.String:
        return value
    if isinstance(dtype, pl.Struct):
        return _line(value, dtype)
    lines = value if dtype == pl.List(pl.String) else value.list.eval(_line(pl.element(), dtype))
    return lines.list.join("\n", ignore_nulls=True)


def _line(message: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    fields = [message.struct.field(name) for name in spoken_fields(dtype)]
    return pl.concat_str(fields, separator="\n", ignore_nulls=True)


def changed(value: pl.Expr, dtype: pl.DataType, change: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """The column with a change made to each text of it; roles, names and calls of tools stay."""
    if dtype == pl.String:
        return change(value)
    element = pl.element()
    if dtype == pl.List(pl.String):
        return value.list.eval(change(element))
    names = spoken_fields(dtype)
    if isinstance(dtype, pl.Struct):
        spoken = [change(value.struct.field(name)).alias(name) for name in names]
        return pl.when(value.is_not_null()).then(value.struct.with_fields(spoken))
    spoken = [change(element.struct.field(name)).alias(name) for name in names]
    return value.list.eval(element.struct.with_fields(spoken))
