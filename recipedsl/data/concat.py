"""Datasets one after another: one schema for all, no cast behind anybody's back."""

from __future__ import annotations

import polars as pl

from recipedsl.data.problems import mistake
from recipedsl.data.reading.parquet import converted
from recipedsl.data.schema import dtype_of, row_type_of
from recipedsl.diagnostics.codes.data_run import ColumnsDiverge
from recipedsl.language.types import Kind, RowType, Type, common


def put_together(frames: dict[str, pl.LazyFrame]) -> pl.LazyFrame:
    """The rows of all, in order; a column that one lacks is null there, ints go with floats.

    Args:
        frames: by the name that people know them by.

    Raises:
        RecipeError: when a column has types that no common one holds.
    """
    schemas = {name: frame.collect_schema() for name, frame in frames.items()}
    row = _common_row({name: row_type_of(schema) for name, schema in schemas.items()})
    even = [_fitted(frame, schemas[name], row) for name, frame in frames.items()]
    return pl.concat(even, how="vertical")


def _common_row(rows: dict[str, RowType]) -> RowType:
    found: dict[str, Type] = {}
    source: dict[str, str] = {}
    for name, row in rows.items():
        for column in row.columns:
            both = common(found.get(column.name, column.type), column.type)
            if both is None or _is_mixed(found.get(column.name), column.type):
                raise mistake(
                    ColumnsDiverge,
                    f"column `{column.name}` is {found[column.name]} in `{source[column.name]}` "
                    f"and {column.type} in `{name}`",
                    helps=f"convert it on one side: `derive {column.name} = text({column.name})`",
                )
            found[column.name] = both
            source.setdefault(column.name, name)
    return RowType(()).with_columns(found)


def _is_mixed(left: Type | None, right: Type) -> bool:
    """A column of nulls goes with everything; other unknown types cannot stand here."""
    return (
        left is not None
        and left.kind is not right.kind
        and not ({left.kind, right.kind} <= {Kind.INT, Kind.FLOAT} or Kind.ANY in (left.kind, right.kind))
    )
