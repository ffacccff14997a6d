"""Files read by one worker, or parts of them, and their rows taken through the steps that follow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from recipedsl.data.reading.parquet import open_parquet
from recipedsl.data.reading.reader import Reading, read_files
from recipedsl.data.reading.rejects import Rejects
from recipedsl.data.reading.watched import Watched, told_in_words
from recipedsl.data.sharding.files import Piece
from recipedsl.data.sharding.jobs import Carried, Stretch, carried, fresh
from recipedsl.data.sharding.workers import refusing
from recipedsl.language.types import RowType


@dataclass(frozen=True)
class Read:
    """Files to be read, and steps behind.

    Attributes:
        pieces: in order.
        format: as asked for, empty to tell it from each file.
        row: the columns to read.
        looked: whether the type is only what a look at all files showed.
        cache: folder that remembers which files are plain.
        stretch: of the steps.
    """

    pieces: tuple[Piece, ...]
    format: str
    row: RowType
    looked: bool
    cache: Path
    stretch: Stretch
    scratch: Path


@dataclass(frozen=True)
class Told:
    """What reading a piece, or several whole files, told.

    Attributes:
        piece: the first of them.
        rows: how many were good.
        unseen: rows by key that no column was declared for.
        rejects: file of the rows that were set aside, which is there if there were any.
        rejected: how many.
        ends: of lines, where the piece is a part of JSON Lines.
    """

    piece: Piece
    rows: int
    unseen: Counter[str]
    rejects: Path
    rejected: int
    ends: int


@dataclass(frozen=True)
class HaveRead:
    """What came of reading: rows behind the steps; None where the looked-at type grew on the way."""

    carried: Carried | None
    told: tuple[Told, ...]


@refusing
def read(job: Read) -> HaveRead:
    """Reads pieces one after another."""
    folder = fresh(job.scratch)
    watched = Watched()
    watched.begin("", {each.name: each.path for each in job.pieces}, lambda: True)
    with told_in_words(watched):
        runs = [run for is_part, these in groupby(job.pieces, lambda each: each.is_part)
                for run in ([(each,) for each in these] if is_part else [tuple(these)])]  # fmt: skip
        found = [_read(run, job, folder / f"read-{number}") for number, run in enumerate(runs)]
        told = tuple(told for _, told in found)
        if any(reading.row != job.row for reading, _ in found):
            return HaveRead(None, told)
        rows = pl.concat([reading.frame for reading, _ in found], how="vertical")
        return HaveRead(carried(rows, job.stretch, folder), told)


def _read(run: tuple[Piece, ...], job: Read, folder: Path) -> tuple[Reading, Told]:
    """Several whole files, or one part of a file."""
    work, ends, first = folder / "work", 0, run[0]
    work.mkdir(parents=True)
    rejects = Rejects(folder / "rejects.jsonl")
    given: dict[str, Any] = {"looked": job.looked}
    if first.is_part and first.form == "parquet":
        part = (first.first, first.behind)
        reading = open_parquet(first.name, first.path, job.row, rejects, part=part, **given)
    elif first.is_part:
        ends = first.copy_to(folder / "part.jsonl")
        parts = {first.name: folder / "part.jsonl"}
        reading = read_files(parts, first.form, job.row, work, rejects, **given)
    else:
        files = {each.name: each.path for each in run}
        reading = read_files(files, job.format, job.row, work, rejects, cache=job.cache, **given)
    return reading, Told(first, reading.rows, reading.unseen, rejects.path, rejects.count, ends)
