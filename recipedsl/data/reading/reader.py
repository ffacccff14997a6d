"""Sources of rows as lazy frames of exactly the declared columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.reading.columns import to_frame
from recipedsl.data.reading.files import Form, form_of, is_compressed
from recipedsl.data.reading.lines import Blocks
from recipedsl.data.reading.parquet import fitted, open_parquet
from recipedsl.data.reading.proofs import proof_of, scan
from recipedsl.data.reading.records import Record, records
from recipedsl.data.reading.rejects import Rejects
from recipedsl.data.reading.strict import Strict
from recipedsl.language.types import RowType

_ROWS = 20_000  # rows that are gathered before they leave Python
_CHARACTERS = 1 << 26  # or this much text, whichever comes first
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
        whole: of a mixture all rows of its datasets, and which of them it consists of, in order.
    """

    frame: pl.LazyFrame
    rows: int
    row: RowType
    unseen: Counter[str] = field(default_factory=Counter)
    files: tuple[str, ...] = ()
    bytes: int = 0
    whole: tuple[pl.LazyFrame, npt.NDArray[np.int64]] | None = None


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
    is checked record by record: only so can a bad line be named, and a late key or a late change of
    type be seen. What is good goes to Parquet in `work` in batches.

    Args:
        files: by the name that people know them by, in order.
        asked: format, empty to tell it from each file.
        row: the columns to read.
        work: an empty folder for what does not fit into memory at once.
        rejects: where bad rows go.
        looked: whether the type is what the first rows showed, and not what an author declared. Then
            a late value widens it (int to float, null let in) before its row is set aside.
        cache: folder that remembers which files are plain; None for none.
    """
    frames, total, unseen = [], 0, Counter[str]()
    for name, file in files.items():
        form = form_of(file, asked, name)
        if form == "parquet":
            part = open_parquet(name, file, row, rejects, looked=looked)
        elif form == "jsonl":
            part = _read_lines(name, file, row, work, rejects, looked=looked, cache=cache)
        else:
            part = _read_text(name, file, form, row, work, rejects, looked=looked)
        frames.append(part.frame)
        total += part.rows
        unseen += part.unseen
        row = part.row
    size = unpacked_size(files.values())
    return Reading(put_together(frames, row), total, row, unseen, tuple(files), size)


def unpacked_size(files: Iterable[Path]) -> int:
    """About how many bytes of text files hold."""
    return sum(file.stat().st_size * (1 if file.suffix in _UNPACKED else _PACKED) for file in files)


def put_together(frames: list[pl.LazyFrame], row: RowType) -> pl.LazyFrame:
    """Frames of one row type, or of narrower ones, one after another."""
    even = [fitted(each, row) for each in frames]
    return even[0] if len(even) == 1 else pl.concat(even, how="vertical")


def _read_lines(
    name: str, file: Path, row: RowType, work: Path, rejects: Rejects, *, looked: bool, cache: Path | None
) -> Reading:
    """JSON Lines: straight from the file when every line is plain, else by way of `work`."""
    if not is_compressed(file):
        proof = proof_of(file, row, cache, looked=looked)
        if proof.plain:
            return Reading(scan(file, row), proof.rows, proof.grown(row), Counter(proof.unseen))
    strict = Strict(name, "jsonl", row, looked=looked)
    blocks = Blocks(name, file, strict)
    read = _gathered(blocks.frames(), strict, work, rejects)
    return replace(read, unseen=read.unseen + blocks.unseen)


def _read_text(
    name: str, file: Path, form: Form, row: RowType, work: Path, rejects: Rejects, *, looked: bool
) -> Reading:
    """Text read record by record in Python: only so can a bad record be named."""
    strict = Strict(name, form, row, looked=looked)
    return _gathered(_batches(records(file, form, name), strict), strict, work, rejects)


def _gathered(frames: Iterator[pl.DataFrame], strict: Strict, work: Path, rejects: Rejects) -> Reading:
    """Good rows, batch by batch put on disk; the bad ones go to the rejects."""
    batches, rows = [to_frame([], strict.row).lazy()], 0
    for frame in frames:
        rows += frame.height
        batches.append(_spool(frame, work))
        rejects.add(strict.take_bad())
    rejects.add(strict.take_bad())
    return Reading(put_together(batches, strict.row), rows, strict.row, Counter(strict.check.unseen))


def _batches(found: Iterator[Record], strict: Strict) -> Iterator[pl.DataFrame]:
    batch, characters = list[list[Any]](), 0
    for record in found:
        values = strict.values(record)
        if values is not None:
            batch.append(values)
            characters += len(record.raw)
        if len(batch) >= _ROWS or characters >= _CHARACTERS or len(strict.bad) >= _ROWS:
            yield to_frame(batch, strict.row)
            batch, characters = [], 0
    if batch:
        yield to_frame(batch, strict.row)


def _spool(frame: pl.DataFrame, work: Path) -> pl.LazyFrame:
    """Puts a batch on disk, so that memory holds one batch at a time."""
    path = work / f"batch-{len(list(work.iterdir())):05}.parquet"
    frame.write_parquet(path, compression="lz4", statistics=False)
    return pl.scan_parquet(path, glob=False)
