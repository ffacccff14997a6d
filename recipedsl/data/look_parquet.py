"""A bounded look at a Parquet file; apart, because it imports Polars."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.witnesses import Witnesses
from recipedsl.data.schema import row_type_of, type_of
from recipedsl.diagnostics.codes.data_run import UnreadableFile
from recipedsl.language.types import Field, Kind, Type


def look_into(
    name: str, file: Path, most: int, witnesses: Witnesses, unread: dict[str, str]
) -> tuple[tuple[Field, ...], int, bool]:
    """Columns of a Parquet file, rows seen, and whether those are all; notes their texts and nulls.

    What is no value of a row is noted in `unread`, by its path. A column may hold null when one of the
    rows seen does; what its lists and records hold may.
    """
    frame = pl.scan_parquet(file, glob=False)
    try:
        schema = frame.collect_schema()
        row, seen = row_type_of(schema), frame.select(_readable(schema)).head(most + 1).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise mistake(UnreadableFile, f"`{name}` is no readable Parquet file", reason_of(error)) from error
    fields = tuple(Field(each.name, _told(each.type, seen[each.name])) for each in row.columns)
    for number, values in enumerate(seen.head(most).iter_rows(named=True), start=1):
        witnesses.add(values, f"row {number} of `{name}`")
    for column, dtype in schema.items():
        for path, what in _unread(column, dtype):
            unread.setdefault(path, what)
    return fields, min(seen.height, most), seen.height <= most


def _readable(schema: pl.Schema) -> list[str]:
    """Columns that are looked at: pictures of two hundred rows may be very large."""
    return [name for name, dtype in schema.items() if type_of(dtype) is not None]


def _unread(path: str, dtype: pl.DataType) -> Iterator[tuple[str, str]]:
    """What of a column is no value of a row, and what it is."""
    if isinstance(dtype, pl.Struct):
        parts = {each.name: each.dtype for each in dtype.fields}
        if parts.get("bytes") == pl.Binary:  # as `datasets` keeps images and sounds
            yield path, "images or sounds"
            return
        for name, part in parts.items():
            yield from _unread(f"{path}.{name}", part)  # type: ignore[arg-type]
    elif isinstance(dtype, pl.List | pl.Array):
        yield from _unread(f"{path}[]", dtype.inner)  # type: ignore[arg-type]
    elif type_of(dtype) is None:
        yield path, "bytes" if dtype == pl.Binary else f"values of the type {dtype}"


def _told(type_: Type, values: pl.Series) -> Type:
    """The type, null allowed only where the rows seen have it."""
    exact = type_ if type_.kind is Kind.ANY or values.null_count() else type_.without_null()
    if exact.kind is Kind.LIST and exact.item is not None:
        item = _told(exact.item, values.explode().drop_nulls()) if not _has_null_item(values) else exact.item
        return Type(Kind.LIST, item=item, nullable=exact.nullable)
    if exact.kind is Kind.RECORD:
        there = values.drop_nulls()
        fields = tuple(
            Field(each.name, _told(each.type, there.struct.field(each.name))) for each in exact.fields
        )
        return Type(Kind.RECORD, fields=fields, nullable=exact.nullable)
    return exact


def _has_null_item(values: pl.Series) -> bool:
    there = values.drop_nulls()
    if not isinstance(there.dtype, pl.List):
        there = there.cast(pl.List(there.dtype.inner))  # type: ignore[attr-defined]
    return bool(there.list.eval(pl.element().is_null()).list.any().any())
