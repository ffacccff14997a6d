"""Datasets one after another: one schema for all, no cast behind anybody's back."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recipedsl.data.problems import mistake
from recipedsl.data.reading.again import put_together
from recipedsl.data.schema import row_type_of
from recipedsl.diagnostics.codes.data_run import ColumnsDiverge
from recipedsl.language.types import ANY, Field, Kind, RowType, Type, common


def concatenated(names: Sequence[str], frames: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    """The rows of all, in order; a column that one lacks is null there, ints go with floats.

    Args:
        names: what people know each by; one may stand several times.
        frames: as many.

    Raises:
        RecipeError: when a column has types that no common one holds.
    """
    rows = [row_type_of(frame.collect_schema()) for frame in frames]
    doubtful = _diverging(rows)
    known = [_without_empty(frame, row, doubtful) for frame, row in zip(frames, rows, strict=True)]
    even = [
        frame.with_columns(pl.lit(None).alias(each.name) for each in row.columns if each not in type_.columns)
        for frame, row, type_ in zip(frames, rows, known, strict=True)
    ]
    return put_together(even, _common_row(names, known))


def _diverging(rows: list[RowType]) -> set[str]:
    """Columns of which not all types go with the first."""
    first: dict[str, Type] = {}
    found = set()
    for each in (column for row in rows for column in row.columns):
        if _common(first.setdefault(each.name, each.type), each.type) is None:
            found.add(each.name)
    return found


def _without_empty(frame: pl.LazyFrame, row: RowType, columns: set[str]) -> RowType:
    """The row type, with text columns of nothing but null as of unknown type: they go with everything."""
    asked = [each.name for each in row.columns if each.name in columns and each.type.is_text]
    if not asked:
        return row
    empty = frame.select(pl.col(name).is_null().all() for name in asked).collect().to_dicts()[0]
    return RowType(tuple(Field(each.name, ANY) if empty.get(each.name) else each for each in row.columns))


def _common_row(names: Sequence[str], rows: list[RowType]) -> RowType:
    found: dict[str, Type] = {}
    source: dict[str, str] = {}
    for name, column in ((name, each) for name, row in zip(names, rows, strict=True) for each in row.columns):
        earlier = found.get(column.name, column.type)
        both = _common(earlier, column.type)
        if both is None:
            raise mistake(
                ColumnsDiverge,
                f"column `{column.name}` is {_plain(earlier)} in `{source[column.name]}` "
                f"and {_plain(column.type)} in `{name}`",
                helps=f"convert it on one side: `derive {column.name} = text({column.name})`",
            )
        found[column.name] = both
        source.setdefault(column.name, name)
    return RowType(()).with_columns(found)


def _plain(type_: Type) -> Type:
    """For messages: Parquet tells nothing of null."""
    return type_.without_null()


def _common(left: Type, right: Type) -> Type | None:
    """Type of both; a value of unknown type is kept as text, so nothing but null goes with other types."""
    alike = left.kind is right.kind or Kind.ANY in (left.kind, right.kind)
    return common(left, right) if alike or (left.is_number and right.is_number) else None
