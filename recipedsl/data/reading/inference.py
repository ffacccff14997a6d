"""Types of rows told from their values: what a look shows, and what a late value changes.

Only the standard library is needed here: `check` looks at files and must start at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from recipedsl.data.reading.files import Form
from recipedsl.language.types import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    TEXT,
    Field,
    Kind,
    RowType,
    Type,
    common,
    list_of,
)

#: Parts of records that hold any JSON, in tool calls and their schemas: their keys are data, not
#: columns, and a union of the keys of all rows would put nulls into every call.
FREE_FORM = frozenset(
    {"tools", "functions", "tool_calls", "function_call", "arguments", "parameters", "properties"}
)
#: What a message says; a text, or a list of parts.
CONTENT = "content"
#: An empty list says nothing of its items.
_NOTHING = Type(Kind.ANY)
#: A text as the only part of a content.
_TEXT_PARTS = list_of(Type(Kind.RECORD, fields=(Field("type", TEXT), Field("text", TEXT))))
#: Values that do not go together were seen, and whatever comes later does not change that.
_MIXED = Type(Kind.ANY, choices=("mixed",))


def type_of_value(value: Any, name: str = "") -> Type:
    """Type of a JSON value; `name` is the key that it stands under, empty to look into everything."""
    plain = {type(None): ANY, bool: BOOL, int: INT, float: FLOAT, str: TEXT}.get(type(value))
    if plain is not None:
        return plain
    if name in FREE_FORM:
        return Type(Kind.ANY)
    if isinstance(value, list):
        item = _NOTHING
        for each in value:
            item = merged(item, type_of_value(each))
        return list_of(item)
    return Type(
        Kind.RECORD, fields=tuple(Field(key, type_of_value(part, key)) for key, part in value.items())
    )


def merged(left: Type, right: Type) -> Type:
    """Type of values of both types; what does not go together is of unknown type, kept as text."""
    nullable = left.nullable or right.nullable
    if _MIXED in (left.without_null(), right.without_null()):
        both = _MIXED
    elif left.kind is right.kind is Kind.LIST:
        both = list_of(merged(left.item or _NOTHING, right.item or _NOTHING))
    elif left.kind is right.kind is Kind.RECORD:
        both = Type(Kind.RECORD, fields=merged_fields(left.fields, right.fields))
    else:
        both = common(left, right) or _MIXED
    return both.or_null() if nullable else both


def merged_fields(left: tuple[Field, ...], right: tuple[Field, ...]) -> tuple[Field, ...]:
    mine, theirs = {each.name: each.type for each in left}, {each.name: each.type for each in right}
    found = []
    for name in dict.fromkeys([*mine, *theirs]):
        if name in mine and name in theirs:
            found.append(Field(name, _merged_field(name, mine[name], theirs[name])))
        else:
            found.append(Field(name, (mine.get(name) or theirs[name]).or_null()))
    return tuple(found)


def _merged_field(name: str, left: Type, right: Type) -> Type:
    """The type of a field; the content of messages may be a text here and parts of text there."""
    if name == CONTENT:
        for text, parts in ((left, right), (right, left)):
            if text.without_null() == TEXT and _part_types(parts).get("type") == TEXT:
                whole = merged(parts, _TEXT_PARTS)
                return whole.or_null() if text.nullable else whole
    return merged(left, right)


def is_parts(type_: Type) -> bool:
    """Whether it is the type of a content in parts: `[{"type": "text", "text": "…"}]`."""
    types = _part_types(type_)
    return types.get("type") == types.get("text") == TEXT


def _part_types(type_: Type) -> dict[str, Type]:
    """Types of the fields of the records in a list; empty where there are none."""
    item = type_.item if type_.kind is Kind.LIST and type_.item is not None else type_
    return {each.name: each.type.without_null() for each in item.fields} if item is not type_ else {}


def finished(type_: Type) -> Type:
    """The type with everything unknown nullable: null is all that is known of it."""
    if type_.kind is Kind.ANY:
        return ANY
    if type_.kind is Kind.LIST:
        return Type(Kind.LIST, item=finished(type_.item or ANY), nullable=type_.nullable)
    fields = tuple(Field(each.name, finished(each.type)) for each in type_.fields)
    return Type(type_.kind, fields=fields, choices=type_.choices, nullable=type_.nullable)


_WHOLE = re.compile(r"[+-]?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"[+-]?(0|[1-9]\d*)?(\.\d+)?([eE][+-]?\d+)?")


def type_of_cell(cell: str | None) -> Type:
    if cell is None:
        return ANY
    if _WHOLE.fullmatch(cell):
        return INT
    if cell[-1:].isdigit() and _DECIMAL.fullmatch(cell):
        return FLOAT
    return BOOL if cell.lower() in ("true", "false") else TEXT


def row_fields(value: dict[str, Any], form: Form) -> tuple[Field, ...]:
    """Names and types of the columns of one record."""
    if form == "csv":
        return tuple(Field(name, type_of_cell(cell)) for name, cell in value.items())
    return tuple(Field(name, type_of_value(part, name)) for name, part in value.items())


def file_fields(fields: tuple[Field, ...], form: Form) -> tuple[Field, ...]:
    """The same for all records of a file.

    A column of a table whose cells are of several types is text, and a text is never null: an empty
    cell is an empty text.
    """
    if form != "csv":
        return fields
    return tuple(
        Field(each.name, TEXT if each.type.without_null() in (TEXT, _MIXED) else each.type) for each in fields
    )


def breadth(fields: tuple[Field, ...]) -> int:
    """How many columns and parts of columns there are."""
    return sum(1 + breadth((each.type.item or each.type).fields) for each in fields)


def rows_type(rows: Sequence[dict[str, Any]]) -> RowType:
    """Type of rows that are all at hand; a key that some row lacks may be null."""
    fields: tuple[Field, ...] | None = None
    for row in rows:
        found = tuple(Field(name, type_of_value(value)) for name, value in row.items())
        fields = found if fields is None else merged_fields(fields, found)
    return RowType(tuple(Field(each.name, finished(each.type)) for each in fields or ()))


# --- late values --------------------------------------------------------------------------------


def widened(type_: Type, found: Type) -> Type | None:
    """The type, grown so that it holds values of another: int becomes float, null is let in.

    Nothing else changes, so that every expression that was checked against the type stays right.

    Returns:
        None when that is not enough.
    """
    if type_.kind is Kind.ANY:
        return type_
    if found.kind is Kind.ANY:  # null alone, or nothing at all is known of it
        return type_.or_null() if found.nullable else type_
    grown = _widened_kind(type_, found)
    return replace(grown, nullable=type_.nullable or found.nullable) if grown else None


def _widened_kind(type_: Type, found: Type) -> Type | None:
    if type_.kind is Kind.INT and found.kind is Kind.FLOAT:
        return FLOAT
    if type_.kind is found.kind is Kind.LIST:
        item = widened(type_.item or ANY, found.item or ANY)
        return replace(type_, item=item) if item else None
    if type_.kind is found.kind is Kind.RECORD:
        parts = [(each.name, widened(each.type, found.field(each.name) or ANY)) for each in type_.fields]
        fields = tuple(Field(name, part) for name, part in parts if part)
        return replace(type_, fields=fields) if len(fields) == len(parts) else None
    return type_ if found.fits(type_) else None


def widened_row(row: RowType, value: dict[str, Any], form: Form) -> RowType:
    """The row type, its columns grown one by one to hold a late record; one that cannot grow stays.

    A record that has none of the columns is no row of theirs: nothing grows.
    """
    types = {each.name: each.type for each in row_fields(value, form)}
    if types and types.keys().isdisjoint(row.names):
        return row
    # An empty cell is an empty text where a text is wanted.
    fine = {each.name for each in row.columns if form == "csv" and each.type == TEXT}
    found = tuple(Field(name, types.get(name, ANY)) for name in row.names if name not in fine)
    return widened_columns(row, found)


def widened_columns(row: RowType, found: tuple[Field, ...]) -> RowType:
    """The row type, the columns that were found grown one by one; one that cannot grow stays."""
    types = {each.name: each.type for each in found}
    return RowType(
        tuple(
            Field(each.name, (each.name in types and widened(each.type, types[each.name])) or each.type)
            for each in row.columns
        )
    )


def changes(before: RowType, after: RowType) -> dict[str, str]:
    """What became of the columns whose types grew, by name."""
    pairs = zip(before.columns, after.columns, strict=True)
    return {new.name: f"{old.type}, later {new.type}" for old, new in pairs if old.type != new.type}
