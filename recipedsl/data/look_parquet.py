"""A bounded look at a Parquet file; apart, because it imports Polars."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.witnesses import Witnesses
from recipedsl.data.schema import row_type_of
from recipedsl.diagnostics.codes.data_run import UnreadableFile
from recipedsl.language.types import Field, Kind, Type


def look_into(name: str, file: Path, most: int, witnesses: Witnesses) -> tuple[tuple[Field, ...], int, bool]:
    """Columns of a Parquet file, rows seen, and whether those are all; notes their texts and nulls.

    A column may hold null when one of the rows seen does; what its lists and records hold may.
    """
    frame = pl.scan_parquet(file, glob=False)
    try:
        row, seen = row_type_of(frame.collect_schema()), frame.head(most + 1).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise mistake(UnreadableFile, f"`{name}` is no readable Parquet file", reason_of(error)) from error
    fields = tuple(Field(each.name, _told(each.type, seen[each.name])) for each in row.columns)
    for number, values in enumerate(seen.head(most).iter_rows(named=True), start=1):
        witnesses.add(values, f"row {number} of `{name}`")
    return fields, min(seen.height, most), seen.height <= most


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
