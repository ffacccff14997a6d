"""Rows that can be read several times: all of them, or some of them alone.

To find the lines of a file is many times quicker than to make rows of them. Of plain lines (see `plain`)
those that nobody asks for stay lines.
"""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import polars as pl

from recipedsl.data.reading.parquet import fitted
from recipedsl.data.schema import schema_of
from recipedsl.language.types import RowType

#: Bytes of a file up to which Polars' reader of JSON Lines is taken. It maps the whole file into memory;
#: lines are read piece by piece, which takes some tenths longer.
MAPPED = 768 << 20

_LINE = "_recipedsl_line"


@dataclass(frozen=True)
class Piece:
    """Rows that stand one after another.

    Attributes:
        frame: the rows, read when they are needed.
        rows: how many there are.
        row: their type.
        lines: the file, when each of its lines that is not blank is a plain one.
    """

    frame: pl.LazyFrame
    rows: int
    row: RowType
    lines: Path | None = None

    def chosen(self, beside: pl.DataFrame, condition: pl.Expr, *, held: bool) -> pl.LazyFrame:
        """The rows for which a condition on `beside` holds, with its columns; order kept.

        Args:
            beside: a row for each row.
            condition: which rows are wanted.
            held: whether all of them will be in memory at once.
        """
        if self.lines is None:
            wanted = pl.concat([self.frame, beside.lazy()], how="horizontal").filter(condition)
            return wanted.with_columns(map(_copied, _texts(self.frame))) if held else wanted
        together = pl.concat([_lines(self.lines), beside.lazy()], how="horizontal")
        return _decoded(together.filter(condition), self.row)


def plain_piece(file: Path, rows: int, row: RowType) -> Piece:
    """A file of plain lines, of which `rows` are not blank."""
    if file.stat().st_size > MAPPED:
        return Piece(_decoded(_lines(file), row), rows, row, file)
    # A name may hold the signs of a pattern, and this scan has no setting that says that it is a name.
    return Piece(pl.scan_ndjson(glob.escape(str(file)), schema=schema_of(row)), rows, row, file)


def _texts(frame: pl.LazyFrame) -> list[str]:
    return [name for name, dtype in frame.collect_schema().items() if dtype == pl.String]


def _copied(name: str) -> pl.Expr:
    # A text that passed a filter is a view, and all that was read with it stays in memory too.
    return pl.concat_str(pl.col(name), pl.lit("")).alias(name)


def _lines(file: Path) -> pl.LazyFrame:
    lines = pl.scan_lines(file, name=_LINE, glob=False)
    return lines.filter(pl.col(_LINE).str.strip_chars(" \t\r") != "")


def _decoded(lines: pl.LazyFrame, row: RowType) -> pl.LazyFrame:
    value = pl.col(_LINE).str.json_decode(pl.Struct(schema_of(row)))
    return lines.with_columns(value).unnest(_LINE)


@dataclass(frozen=True)
class Source:
    """Pieces one after another, as rows of one type that holds those of all."""

    pieces: tuple[Piece, ...]
    row: RowType

    @property
    def frame(self) -> pl.LazyFrame:
        """All rows."""
        return put_together([each.frame for each in self.pieces], self.row)

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(each.rows for each in self.pieces)

    def chosen(self, beside: pl.DataFrame, condition: pl.Expr, *, held: bool) -> pl.LazyFrame:
        """The rows for which a condition on `beside` holds, with its columns; see `Piece.chosen`."""
        starts = accumulate((each.rows for each in self.pieces), initial=0)
        parts = [
            piece.chosen(beside.slice(start, piece.rows), condition, held=held)
            for piece, start in zip(self.pieces, starts, strict=False)
        ]
        return put_together(parts, self.row, beside.columns)


def put_together(frames: list[pl.LazyFrame], row: RowType, beside: Sequence[str] = ()) -> pl.LazyFrame:
    """Frames of one row type, or of narrower ones, one after another; they keep the columns `beside`."""
    even = [fitted(each, row, beside) for each in frames]
    return even[0] if len(even) == 1 else pl.concat(even, how="vertical")
