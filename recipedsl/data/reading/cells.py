"""Cells of a table as values of the columns' types, where they are written as such values usually are."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce

import polars as pl

from recipedsl.data.reading.numbered import AT
from recipedsl.data.reading.plain import FORMS, Plain, sampled
from recipedsl.data.schema import dtype_of
from recipedsl.language.types import Field, Kind, RowType, Type

_LEARNT = 200  # cells that the order of keys is learnt from
_CELL = "cell"
_TRUE, _FALSE = ["true", "True", "TRUE"], ["false", "False", "FALSE"]
_VISIBLE = r"[^\s\x1c-\x1f]"  # what is not white space to Python

#: Whether a cell is written as usual, and its value if it is.
_Read = tuple[pl.Expr, pl.Expr]


class Cells:
    """Reads the cells of a table as rows of a type."""

    def __init__(self, row: RowType, header: Sequence[str], cells: pl.DataFrame) -> None:
        """Learns from cells, whose columns are called by their places in the header."""
        self.row = row
        self._all = [pl.col(str(place)) for place in range(len(header))]
        cell_of = dict(zip(header, self._all, strict=True))
        self._columns = {each.name: _column(each.type, cell_of.get(each.name), cells) for each in row.columns}

    def values(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Rows in which every cell is written as usual, with their numbers."""
        # What is white space alone is a blank line to Python, where no comma tells that it is a row.
        there = pl.any_horizontal(each.str.contains(_VISIBLE) for each in self._all)
        usual = reduce(operator.and_, (usual for usual, _ in self._columns.values()), there)
        values = (value.alias(name) for name, (_, value) in self._columns.items())
        return cells.filter(usual).select(AT, *values)


def _column(type_: Type, cell: pl.Expr | None, cells: pl.DataFrame) -> _Read:
    """Reads a column of a type; one that the table lacks is empty."""
    is_text = type_.kind is Kind.TEXT and not type_.nullable
    if cell is None:
        empty = pl.lit("" if is_text else None, dtype_of(type_))
        return pl.lit(is_text or type_.nullable), empty
    if is_text:
        return pl.lit(value=True), cell
    filled = pl.when(cell != "").then(cell)
    usual, value = _written(type_, filled, cells)
    return usual.fill_null(type_.nullable), value


def _written(type_: Type, cell: pl.Expr, cells: pl.DataFrame) -> _Read:
    """Reads cells that are null where they are empty."""
    match type_.kind:
        case Kind.TEXT | Kind.ANY:
            return cell.is_null() | pl.lit(value=True), cell
        case Kind.CHOICE:
            return cell.is_in(list(type_.choices)), cell
        case Kind.BOOL:
            return cell.is_in(_TRUE + _FALSE), cell.is_in(_TRUE)
        case Kind.DATE:
            is_date = cell.str.contains(_whole(FORMS[Kind.DATE].replace('"', "")))
            return is_date, cell.str.to_date("%Y-%m-%d", strict=False)
        case Kind.INT | Kind.FLOAT:
            is_number = cell.str.contains(_whole(FORMS[type_.kind]))
            return is_number, cell.cast(dtype_of(type_), strict=False)
        case Kind.LIST | Kind.RECORD if type_.item or type_.fields:
            return _nested(type_.without_null(), cell, cells)
        case _:
            return cell.is_null(), cell.cast(dtype_of(type_))


def _whole(form: str) -> str:
    return f"^(?:{form})$"


def _nested(type_: Type, cell: pl.Expr, cells: pl.DataFrame) -> _Read:
    """Reads lists and records, which are JSON in their cells: as lines of JSON that hold nothing else."""
    in_a_line = cell.str.replace_many(["\n", "\r"], ["\t", "\t"])
    line = pl.concat_str(pl.lit(f'{{"{_CELL}": '), in_a_line, pl.lit("}"))
    texts = cells.head(_LEARNT).select(line.alias(_CELL))[_CELL].drop_nulls().to_list()
    samples = [each for each in sampled(text.encode() for text in texts) if len(each) == 1]
    row = RowType((Field(_CELL, type_),))
    is_plain = Plain.of(row, samples).judged(line) >= 0
    decoded = line.str.json_decode(pl.Struct({_CELL: dtype_of(type_)}))
    return pl.when(line.is_not_null()).then(is_plain), decoded.struct.field(_CELL)
