"""Sources of rows as lazy frames of exactly the declared columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.reading.again import Piece, Source, plain_piece, put_together
from recipedsl.data.reading.arrays import Elements
from recipedsl.data.reading.columns import to_frame
from recipedsl.data.reading.files import form_of, is_compressed
from recipedsl.data.reading.lines import Blocks
from recipedsl.data.reading.parquet import open_parquet
from recipedsl.data.reading.proofs import proof_of
from recipedsl.data.reading.rejects import Rejects
from recipedsl.data.reading.strict import Strict
from recipedsl.data.reading.tables import Tables
from recipedsl.language.types import RowType

_UNPACKED = frozenset({".jsonl", ".ndjson", ".json", ".csv", ".tsv"})
_PACKED = 3  # times that texts are larger than their Parquet or archive


@dataclass
class Reading:
    """What came of reading a source.

    Attributes:
        frame: the rows, the declared columns in their order.
        rows: how many there are.
        row: their type; one that was only looked at may have grown.
        unseen: rows with a key that the type does not have, by dotted path.
        files: what was read, relative to the root.
        bytes: about how much memory all rows would take; 0 when nobody asked.
        pieces: the rows in their files; none when they stand together.
        order: of a mixture the numbers of its rows in the pieces, which are whole datasets.
    """

    frame: pl.LazyFrame
    rows: int
    row: RowType
    unseen: Counter[str] = field(default_factory=Counter)
    files: tuple[str, ...] = ()
    bytes: int = 0
    pieces: tuple[Piece, ...] = ()
    order: npt.NDArray[np.int64] | None = None

    @property
    def source(self) -> Source:
        """The rows as what can be read several times."""
        return Source(self.pieces or (Piece(self.frame, self.rows, self.row),), self.row)


def read_files(
    files: dict[str, Path],
    asked: str,
    row: RowType,
    work: Path,
    rejects: Rejects,
    *,
    looked: bool = False,
    cache: Path | None = None,
) -> Reading:
    """Reads files one after another.

    Parquet, and JSON Lines of plain lines alone (see `plain`), are read when they are needed. Other text
    is checked block by block: only so can a bad line be named, and a late key or a late change of type be
    seen. What is good goes to Parquet in `work`.

    Args:
        files: by the name that people know them by, in order.
        asked: format, empty to tell it from each file.
        row: the columns to read.
        work: an empty folder for what does not fit into memory at once.
        rejects: where bad rows go.
        looked: whether the type is what the first rows showed, and not what an author declared. Then
            a late value widens it (int to float, null let in) before its row is set aside.
        cache: folder that remembers what a pass over a file proved; None for none.
    """
    pieces, unseen = list[Piece](), Counter[str]()
    for name, file in files.items():
        form = form_of(file, asked, name)
        if form == "parquet":
            part = open_parquet(name, file, row, rejects, looked=looked, cache=cache)
        elif form == "jsonl":
            part = _read_lines(name, file, row, work, rejects, looked=looked, cache=cache)
        else:
            strict = Strict(name, form, row, looked=looked)
            blocks = Elements(name, file, strict) if form == "json" else Tables(name, file, strict)
            part = _read_blocks(blocks, strict, work, rejects)
        pieces += part.source.pieces
        unseen += part.unseen
        row = part.row
    source, size = Source(tuple(pieces), row), unpacked_size(files.values())
    return Reading(source.frame, source.rows, row, unseen, tuple(files), size, source.pieces)


def unpacked_size(files: Iterable[Path]) -> int:
    """About how many bytes of text files hold."""
    return sum(file.stat().st_size * (1 if file.suffix in _UNPACKED else _PACKED) for file in files)


def _read_lines(
    name: str, file: Path, row: RowType, work: Path, rejects: Rejects, *, looked: bool, cache: Path | None
) -> Reading:
    """JSON Lines: straight from the file when every line is plain, else by way of `work`."""
    if not is_compressed(file):
        proof = proof_of(file, row, cache, looked=looked)
        if proof.plain:
            piece = plain_piece(file, proof.rows, proof.grown(row))
            return Reading(piece.frame, piece.rows, piece.row, Counter(proof.unseen), pieces=(piece,))
    strict = Strict(name, "jsonl", row, looked=looked)
    return _read_blocks(Blocks(name, file, strict), strict, work, rejects)


def _read_blocks(blocks: Blocks | Tables, strict: Strict, work: Path, rejects: Rejects) -> Reading:
    read = _gathered(blocks.frames(), strict, work, rejects)
    return replace(read, unseen=read.unseen + blocks.unseen)


def _gathered(frames: Iterator[pl.DataFrame], strict: Strict, work: Path, rejects: Rejects) -> Reading:
    """Good rows, batch by batch put on disk; the bad ones go to the rejects."""
    batches, rows = [to_frame([], strict.row).lazy()], 0
    for frame in frames:
        rows += frame.height
        batches.append(_spool(frame, work))
        rejects.add(strict.take_bad())
    rejects.add(strict.take_bad())
    return Reading(put_together(batches, strict.row), rows, strict.row, Counter(strict.check.unseen))


def _spool(frame: pl.DataFrame, work: Path) -> pl.LazyFrame:
    """Puts a batch on disk, so that memory holds one batch at a time."""
    path = work / f"batch-{len(list(work.iterdir())):05}.parquet"
    frame.write_parquet(path, compression="lz4", statistics=False)
    return pl.scan_parquet(path, glob=False)
