"""Which files are known to hold plain lines only: a pass over a file is made once, and remembered."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from recipedsl.data.reading.plain import BLANK, KIND, UNPROVEN, Plain, sampled
from recipedsl.data.reading.proven import proven
from recipedsl.data.reading.records import LONGEST_LINE
from recipedsl.data.schema import schema_of
from recipedsl.language.types import Field, RowType

_VERSION = 1  # of patterns: what an older one proved counts no more
_HEAD = 1 << 18  # bytes at the beginning from which rows are sampled
_PIECE = 1 << 14  # and at places further on
_PLACES = 8
_FIRST, _ALL, _SIZE, _COUNT = (f"_recipedsl_{name}" for name in ("first", "all", "size", "count"))


@dataclass(frozen=True)
class Proof:
    """What a pass over the lines of a file showed.

    Attributes:
        plain: whether every line is plain, or blank.
        rows: lines that are not blank.
        unseen: rows by key that nobody declared.
        nulls: columns that were null somewhere against their type, which was only looked at.
    """

    plain: bool
    rows: int = 0
    unseen: dict[str, int] = field(default_factory=dict)
    nulls: tuple[str, ...] = ()

    def grown(self, row: RowType) -> RowType:
        """The type that holds all rows."""
        return RowType(
            tuple(
                Field(each.name, each.type.or_null() if each.name in self.nulls else each.type)
                for each in row.columns
            )
        )


def proof_of(file: Path, row: RowType, cache: Path | None, *, looked: bool = False) -> Proof:
    """Whether a file's lines are plain; known at once when the file is as it was.

    Args:
        file: not compressed.
        row: the declared columns.
        cache: folder in which proofs are remembered; None for no memory.
        looked: whether the type is what the first rows showed; null is let in late then.
    """
    asked = [_VERSION, row.to_json(), looked]
    return proven(file, cache, asked, Proof, lambda: _made(file, row, looked=looked))


def _made(file: Path, row: RowType, *, looked: bool) -> Proof:
    plain = Plain.of(row, sampled(samples(file)), loose=looked)
    if not plain.forms:
        return Proof(plain=False)
    line = pl.col("line")
    # Most lines are of the first kind. Only the others, filtered out, are held against more patterns.
    lines = pl.scan_lines(file, glob=False).with_columns(plain.is_first(line).alias(_FIRST))
    first = lines.select(pl.col(_FIRST).sum(), line.str.len_bytes().max().alias(_SIZE))
    loose = [place for place, each in enumerate(plain.forms) if each.loose]
    strict = [each.name for each in row.columns if not each.type.nullable] if loose else []
    judged = lines.filter(~pl.col(_FIRST)).with_columns(plain.judged(line))
    try:
        found, others = pl.collect_all([first, _counted(judged, row, loose, strict)], engine="streaming")
    except pl.exceptions.ComputeError:  # a line is not UTF-8, or the pattern grew beyond all bounds
        return Proof(plain=False)
    (count, size), late = found.row(0), others.filter(pl.col(KIND).is_in(loose))
    kinds = dict(others.filter(pl.col(KIND) != BLANK).select(KIND, _COUNT).rows())
    is_empty = late.height > 0 and late[_ALL].any()
    if kinds.get(UNPROVEN) or is_empty or (size or 0) >= LONGEST_LINE:
        return Proof(plain=False)
    kinds[0] = int(count or 0)
    nulls = tuple(name for name in strict if late.height and late[name].any())
    return Proof(True, sum(kinds.values()), _unseen(plain, kinds), nulls)


def _counted(judged: pl.LazyFrame, row: RowType, loose: list[int], strict: list[str]) -> pl.LazyFrame:
    """Lines by kind; of the loose ones which columns are null somewhere, and whether all are in one line."""
    whole = pl.when(pl.col(KIND).is_in(loose)).then(pl.col("line")).str.json_decode(pl.Struct(schema_of(row)))
    parts = [whole.struct.field(each.name).is_null() for each in row.columns]
    # A row that has no column at all makes nothing nullable: it is none of these rows.
    empty = pl.all_horizontal(parts).any()
    late = [whole.struct.field(name).is_null().any().alias(name) for name in strict]
    return judged.group_by(KIND).agg(pl.len().alias(_COUNT), empty.alias(_ALL), *late)


def _unseen(plain: Plain, kinds: dict[int, int]) -> dict[str, int]:
    """Rows by key that nobody declared."""
    unseen = Counter[str]()
    for place, form in enumerate(plain.forms):
        unseen.update(dict.fromkeys(form.strangers, kinds.get(place, 0)))
    return {name: count for name, count in unseen.items() if count}


def samples(file: Path) -> Iterator[bytes]:
    """Lines from the beginning of a file, and from places spread over it."""
    with file.open("rb") as stream:
        yield from stream.read(_HEAD).split(b"\n")[:200]
        size = os.fstat(stream.fileno()).st_size
        for place in range(1, _PLACES + 1) if size > _HEAD else ():
            stream.seek(place * (size - _PIECE) // _PLACES)
            # The first line began before.
            yield from stream.read(_PIECE).split(b"\n")[1:]
