"""Types of columns as Polars types, and back."""

from __future__ import annotations

import polars as pl

from recipedsl.language.types import (
    ANY,
    BOOL,
    DATE,
    FLOAT,
    INT,
    TEXT,
    Field,
    Kind,
    RowType,
    Type,
    list_of,
)

#: A value of unknown type is kept as text: a text as it is, anything else as JSON.
_PLAIN: dict[Kind, pl.DataType] = {
    Kind.TEXT: pl.String(),
    Kind.CHOICE: pl.String(),
    Kind.ANY: pl.String(),
    Kind.INT: pl.Int64(),
    Kind.FLOAT: pl.Float64(),
    Kind.BOOL: pl.Boolean(),
    Kind.DATE: pl.Date(),
}


def dtype_of(type_: Type) -> pl.DataType:
    """What Polars stores a value of this type as."""
    if type_.kind is Kind.LIST:
        return pl.List(dtype_of(type_.item or ANY))
    if type_.kind is Kind.RECORD and type_.fields:
        return pl.Struct([pl.Field(each.name, dtype_of(each.type)) for each in type_.fields])
    return _PLAIN.get(type_.kind, pl.String())


def schema_of(row: RowType) -> dict[str, pl.DataType]:
    """Polars schema of a row type."""
    return {each.name: dtype_of(each.type) for each in row.columns}


def type_of(dtype: pl.DataType) -> Type | None:
    """Type of what Polars stores, nullable; None for bytes and other things that are no row values."""
    if isinstance(dtype, pl.List | pl.Array):
        item = type_of(dtype.inner)  # type: ignore[arg-type]
        return list_of(item).or_null() if item else None
    if isinstance(dtype, pl.Struct):
        parts = [(each.name, type_of(each.dtype)) for each in dtype.fields]  # type: ignore[arg-type]
        fields = tuple(Field(name, part) for name, part in parts if part)
        return Type(Kind.RECORD, fields=fields, nullable=True) if fields else None
    plain = _plain_type(dtype)
    return plain.or_null() if plain else None


def _plain_type(dtype: pl.DataType) -> Type | None:
    if dtype.is_integer():
        return INT
    if dtype.is_float() or dtype.is_decimal():
        return FLOAT
    if isinstance(dtype, pl.String | pl.Categorical | pl.Enum | pl.Datetime):
        return TEXT  # a time is kept as ISO text: the language knows dates only
    named: dict[pl.DataType, Type] = {pl.Boolean(): BOOL, pl.Date(): DATE, pl.Null(): ANY}
    return named.get(dtype)


def stored(dtype: pl.DataType) -> pl.DataType:
    """The Polars type that values of this one are kept in: one width for each kind."""
    known = type_of(dtype)
    return dtype_of(known) if known else dtype


def row_type_of(schema: pl.Schema) -> RowType:
    """Row type of a frame; columns that are no row values are left out."""
    found = ((name, type_of(dtype)) for name, dtype in schema.items())
    return RowType(tuple(Field(name, type_) for name, type_ in found if type_))
