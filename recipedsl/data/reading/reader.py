"""Sources of rows as lazy frames of exactly the declared columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from recipedsl.data.reading.columns import to_frame
from recipedsl.data.reading.files import Form, form_of
from recipedsl.data.reading.inference import widened_row
from recipedsl.data.reading.parquet import fitted, open_parquet
from recipedsl.data.reading.records import Record, records
from recipedsl.data.reading.rejects import LONGEST, Reject, Rejects
from recipedsl.data.reading.values import Mismatch, RowCheck
from recipedsl.language.types import RowType

_ROWS = 20_000  # rows that are gathered before they leave Python
_CHARACTERS = 1 << 26  # or this much text, whichever comes first


@dataclass
class Reading:
    """What came of reading a source.

    Attributes:
        frame: the rows, the declared columns in their order.
        rows: how many there are.
        row: their type; one that was only looked at may have grown.
        unseen: rows with a key that the type does not have, by dotted path.
        files: what was read, relative to the root.
    """

    frame: pl.LazyFrame
    rows: int
    row: RowType
    unseen: Counter[str] = field(default_factory=Counter)
    files: tuple[str, ...] = ()


def read_files(
    files: dict[str, Path], asked: str, row: RowType, work: Path, rejects: Rejects, *, looked: bool = False
) -> Reading:
    """Reads files one after another.

    Text formats are checked record by record in Python: only so can a bad line be named, and a late
    key or a late change of type be seen. What is good goes to Parquet in `work` in batches.

    Args:
        files: by the name that people know them by, in order.
        asked: format, empty to tell it from each file.
        row: the columns to read.
        work: an empty folder for what does not fit into memory at once.
        rejects: where bad rows go.
        looked: whether the type is what the first rows showed, and not what an author declared. Then
            a late value widens it (int to float, null let in) before its row is set aside.
    """
    frames, total, unseen = [], 0, Counter[str]()
    for name, file in files.items():
        form = form_of(file, asked, name)
        if form == "parquet":
            part = open_parquet(name, file, row, rejects, looked=looked)
        else:
            part = _Text(name, file, form, row, rejects, looked=looked).read(work)
        frames.append(part.frame)
        total += part.rows
        unseen += part.unseen
        row = part.row
    return Reading(put_together(frames, row), total, row, unseen, tuple(files))


def put_together(frames: list[pl.LazyFrame], row: RowType) -> pl.LazyFrame:
    """Frames of one row type, or of narrower ones, one after another."""
    even = [fitted(each, row) for each in frames]
    return even[0] if len(even) == 1 else pl.concat(even, how="vertical")


class _Text:
    """A file of records in text form."""

    def __init__(
        self, name: str, file: Path, form: Form, row: RowType, rejects: Rejects, *, looked: bool
    ) -> None:
        self._name = name
        self._file = file
        self._form = form
        self._row = row
        self._rejects = rejects
        self._looked = looked
        self._check = RowCheck(row, cells=form == "csv")

    def read(self, work: Path) -> Reading:
        """All good rows; the bad ones go to the rejects."""
        frames, rows = [to_frame([], self._row).lazy()], 0
        for frame in self._batches():
            rows += frame.height
            frames.append(_spool(frame, work))
        return Reading(put_together(frames, self._row), rows, self._row, self._check.unseen)

    def _batches(self) -> Iterator[pl.DataFrame]:
        batch, characters = list[list[Any]](), 0
        bad: list[Reject] = []
        for record in records(self._file, self._form, self._name):
            values = self._values(record, bad)
            if values is not None:
                batch.append(values)
                characters += len(record.raw)
            if len(batch) >= _ROWS or characters >= _CHARACTERS or len(bad) >= _ROWS:
                yield to_frame(batch, self._row)
                self._rejects.add(bad)
                batch, characters, bad = [], 0, []
        self._rejects.add(bad)
        if batch:
            yield to_frame(batch, self._row)

    def _values(self, record: Record, bad: list[Reject]) -> list[Any] | None:
        problem = record.problem
        if not problem:
            try:
                return self._check(record.value)
            except Mismatch as error:
                values, problem = self._after_growth(record.value, error)
                if not problem:
                    return values
        bad.append(Reject(self._name, record.line, record.offset, problem, _printable(record.raw)))
        return None

    def _after_growth(self, value: Any, error: Mismatch) -> tuple[list[Any] | None, str]:
        """The row's values once a type that was only looked at has grown to hold them, or why it cannot."""
        if self._looked and isinstance(value, dict):
            grown = widened_row(self._row, value, self._form)
            check = RowCheck(grown, cells=self._form == "csv", unseen=self._check.unseen)
            try:
                values = check(value)
            except Mismatch as other:
                error = other
            else:
                # Rows gathered so far are of the narrower type, which the wider one takes in.
                self._row, self._check = grown, check
                return values, ""
        return None, str(error) if error.path else error.why


def _printable(raw: str) -> str:
    return raw[:LONGEST].encode(errors="replace").decode()


def _spool(frame: pl.DataFrame, work: Path) -> pl.LazyFrame:
    """Puts a batch on disk, so that memory holds one batch at a time."""
    path = work / f"batch-{len(list(work.iterdir())):05}.parquet"
    frame.write_parquet(path, compression="lz4", statistics=False)
    return pl.scan_parquet(path, glob=False)
