"""Parquet files as the declared columns."""

from __future__ import annotations

import json
import operator
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.inference import widened_columns
from recipedsl.data.reading.proven import proven
from recipedsl.data.reading.rejects import LONGEST, Reject, Rejects
from recipedsl.data.reading.values import to_json_text
from recipedsl.data.schema import dtype_of, row_type_of, schema_of, type_of
from recipedsl.diagnostics.codes.data_run import MissingColumn, UnreadableFile, WrongColumnType
from recipedsl.language.types import ANY, Field, Kind, RowType, Type

if TYPE_CHECKING:
    from recipedsl.data.reading.reader import Reading

_VERSION = 1  # of the checks: what older ones showed counts no more
_BATCH = 10_000  # rows set aside that are in memory at once
_ROW = "_recipedsl_row"
_REASON = "_recipedsl_reason"


@dataclass(frozen=True)
class WrongColumns:
    """What a pass over a file showed.

    Attributes:
        names: of columns with values that their type does not hold: null, or a choice that is none.
    """

    names: tuple[str, ...]


def open_parquet(
    name: str,
    file: Path,
    row: RowType,
    rejects: Rejects,
    *,
    looked: bool = False,
    part: tuple[int, int] | None = None,
    cache: Path | None = None,
) -> Reading:
    """The rows of a Parquet file, read when they are needed.

    Rows with null where none is allowed, or with a choice that is none, are set aside; a type that
    was only looked at lets the null in. With `part`, those from a row of the file to another one.
    `cache` is a folder that remembers in which columns there are such values; None for none.

    Raises:
        RecipeError: when it is no Parquet file, or a column is missing or of another type.
    """
    try:
        return _opened(name, file, row, rejects, looked=looked, part=part, cache=cache)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise mistake(UnreadableFile, f"`{name}` is no readable Parquet file", reason_of(error)) from error


def _opened(
    name: str,
    file: Path,
    row: RowType,
    rejects: Rejects,
    *,
    looked: bool,
    part: tuple[int, int] | None,
    cache: Path | None,
) -> Reading:
    from recipedsl.data.reading.reader import Reading

    frame = pl.scan_parquet(file, glob=False)
    first, behind = part or (0, None)
    frame = frame if behind is None else frame.slice(first, behind - first)
    schema = frame.collect_schema()
    row = _widened(schema, row) if looked else row
    asked = [_VERSION, row.to_json(), part]
    wrong = proven(file, cache, asked, WrongColumns, lambda: _wrong_columns(frame, schema, row))
    row = _with_nulls(schema, row, wrong.names) if looked else row
    chosen = frame.select(_columns(name, schema, row))
    total = int(frame.select(pl.len()).collect().item())
    bad = 0
    if wrong.names and not looked:
        reason, before = _reason(row), rejects.count
        rejects.add(_set_aside(name, chosen, reason, first))
        bad = rejects.count - before
        chosen = chosen.filter(reason.is_null())
    unseen = Counter({column: total for column in schema.names() if column not in row.names})
    return Reading(chosen, total - bad, row, unseen)


def _widened(schema: pl.Schema, row: RowType) -> RowType:
    """The row type, grown to hold the types of the file: floats for ints."""
    kinds = (Field(each.name, _without_nulls(each.type)) for each in row_type_of(schema).columns)
    return widened_columns(row, tuple(kinds))


def _wrong_columns(frame: pl.LazyFrame, schema: pl.Schema, row: RowType) -> WrongColumns:
    """The columns of the file with values that the type asked for, not that of the file, does not hold."""
    found = row_type_of(schema)
    fits = [each for each in row.columns if (type_ := found.column(each.name)) and type_.fits(each.type)]
    wrong = {each.name: _wrong(pl.col(each.name), each.type) for each in fits}
    asked = [value.any().alias(name) for name, value in wrong.items() if value is not None]
    rows = frame.select(_columns("", schema, RowType(tuple(fits))))
    told = rows.select(asked).collect(engine="streaming").to_dicts()[0] if asked else {}
    return WrongColumns(tuple(name for name, is_wrong in told.items() if is_wrong))


def _with_nulls(schema: pl.Schema, row: RowType, names: Sequence[str]) -> RowType:
    """The row type with nulls in the columns named, and in those that the file lacks."""
    nulls = tuple(each for each in row_type_of(schema).columns if each.name in names)
    missing = tuple(Field(each.name, ANY) for each in row.columns if each.name not in schema)
    return widened_columns(row, nulls + missing)


def _without_nulls(type_: Type) -> Type:
    """The type with null let in nowhere."""
    item = _without_nulls(type_.item) if type_.item else None
    fields = tuple(Field(each.name, _without_nulls(each.type)) for each in type_.fields)
    return replace(type_, item=item, fields=fields, nullable=False)


def _columns(name: str, schema: pl.Schema, row: RowType) -> list[pl.Expr]:
    return [_column(name, schema, each).alias(each.name) for each in row.columns]


def _column(name: str, schema: pl.Schema, column: Field) -> pl.Expr:
    if column.name not in schema:
        if column.type.nullable:
            return pl.lit(None, dtype_of(column.type))
        raise mistake(
            MissingColumn,
            f"`{name}` has no column `{column.name}`",
            f"it has {', '.join(f'`{each}`' for each in schema.names())}",
            helps=f"declare `{column.name}: {column.type}?` to allow null",
        )
    dtype = schema[column.name]
    found = type_of(dtype)
    if found is None or not found.fits(column.type):
        raise mistake(
            WrongColumnType,
            f"column `{column.name}` of `{name}` is {found or dtype}, declared is {column.type}",
            helps="declare the type that the file has, and convert with `derive`",
        )
    return converted(pl.col(column.name), dtype, column.type)


def fitted(frame: pl.LazyFrame, row: RowType, beside: Sequence[str] = ()) -> pl.LazyFrame:
    """The columns of a row type out of a frame of a narrower one; a column that it lacks is null.

    Columns named in `beside` stay as they are.
    """
    schema = frame.collect_schema()
    if list(schema.items()) == list(schema_of(row).items()):
        return frame
    columns = (
        converted(pl.col(each.name), schema[each.name], each.type).alias(each.name)
        if each.name in schema
        else pl.lit(None, dtype_of(each.type)).alias(each.name)
        for each in row.columns
    )
    return frame.select(*columns, *beside)


def converted(value: pl.Expr, dtype: pl.DataType, type_: Type) -> pl.Expr:
    """A value of a Polars type as the declared one; `type_of(dtype)` must fit it."""
    if dtype == dtype_of(type_):
        return value
    if type_.kind is Kind.LIST and isinstance(dtype, pl.List | pl.Array):
        items = value.cast(pl.List(dtype.inner))
        return items.list.eval(converted(pl.element(), dtype.inner, type_.item or ANY))  # type: ignore[arg-type]
    if type_.kind is Kind.RECORD and isinstance(dtype, pl.Struct):
        return _record(value, dtype, type_)
    if isinstance(dtype, pl.Datetime):
        return value.dt.to_string("iso:strict")
    if type_.kind is Kind.ANY and isinstance(dtype, pl.Struct | pl.List | pl.Array):
        return value.map_batches(json_series, return_dtype=pl.String(), is_elementwise=True)
    return value.cast(dtype_of(type_))


def _record(value: pl.Expr, dtype: pl.Struct, type_: Type) -> pl.Expr:
    parts = {each.name: each.dtype for each in dtype.fields}
    fields = [
        converted(value.struct.field(each.name), parts[each.name], each.type).alias(each.name)  # type: ignore[arg-type]
        if each.name in parts
        else pl.lit(None, dtype_of(each.type)).alias(each.name)
        for each in type_.fields
    ]
    return pl.when(value.is_not_null()).then(pl.struct(fields))


def json_series(values: pl.Series) -> pl.Series:
    """Records and lists as JSON text.

    Parts that are null are left out: a column has all parts in every row.
    """
    found = [None if value is None else to_json_text(without_nulls(value)) for value in values.to_list()]
    return pl.Series(values.name, found, dtype=pl.String)


def without_nulls(value: Any) -> Any:
    """A JSON value without the null parts of its records."""
    if isinstance(value, dict):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def _reason(row: RowType) -> pl.Expr:
    """Why a row must be set aside, null when it need not; of a type that some values are wrong for."""
    reason: Any = pl
    for each in row.columns:
        column, type_ = pl.col(each.name), each.type
        if not type_.nullable:
            reason = reason.when(column.is_null()).then(pl.lit(f"`{each.name}` is null"))
        if type_.kind is Kind.CHOICE:
            wrong = column.is_in(list(type_.choices)).not_()
            reason = reason.when(wrong).then(
                pl.lit(f"`{each.name}` is not one of {', '.join(type_.choices)}")
            )
        elif (inside := _wrong(column, type_.or_null())) is not None:
            reason = reason.when(inside).then(pl.lit(f"`{each.name}` has a part that is not {type_}"))
    whole: pl.Expr = reason.otherwise(None)
    return whole


def _wrong(value: pl.Expr, type_: Type) -> pl.Expr | None:
    """Whether a value is null where it may not be, or no choice; None when it cannot be wrong."""
    checks = [] if type_.nullable else [value.is_null()]
    if type_.kind is Kind.CHOICE:
        checks.append(value.is_in(list(type_.choices)).not_().fill_null(False))
    item = _wrong(pl.element(), type_.item) if type_.item else None
    if item is not None:
        checks.append(value.list.eval(item).list.any().fill_null(False))
    for each in type_.fields:
        inside = _wrong(value.struct.field(each.name), each.type)
        if inside is not None:
            checks.append(value.is_not_null() & inside)
    return reduce(operator.or_, checks) if checks else None


def _set_aside(name: str, frame: pl.LazyFrame, reason: pl.Expr, first: int) -> Iterator[Reject]:
    bad = frame.with_row_index(_ROW, offset=first).with_columns(reason.alias(_REASON))
    found = bad.filter(pl.col(_REASON).is_not_null())
    for batch in found.collect_batches(chunk_size=_BATCH, maintain_order=True):
        yield from (_reject(name, each) for each in batch.iter_rows(named=True))


def _reject(name: str, row: dict[str, Any]) -> Reject:
    number, reason = row.pop(_ROW), row.pop(_REASON)
    raw = json.dumps(row, default=str, ensure_ascii=False)[:LONGEST]
    return Reject(name, 0, -1, f"row {number + 1}: {reason}", raw)
