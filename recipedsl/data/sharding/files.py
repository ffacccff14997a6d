"""Files of a source in pieces: which of them can be cut, and where.

JSON Lines are cut at the ends of lines, Parquet between row groups. A compressed file has no place at which
reading could begin, nor has an array of JSON; and in a table a line may end within a cell.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.files import Form, form_of, is_compressed
from recipedsl.data.sharding.shards import JOBS_A_WORKER
from recipedsl.diagnostics.codes.data_run import UnreadableFile

#: Bytes of files that one job reads: where it reads several files or a piece of one at most so many, and
#: so many at least where a file is cut.
MOST_BYTES = 1 << 26
LEAST_BYTES = 1 << 22
_LONGEST = 1 << 20  # bytes within which a line that can be cut before has to begin
_ROW = b"{"


@dataclass(frozen=True)
class Piece:
    """A file, or a part of it.

    Attributes:
        name: of the file, as people know it.
        path: of the file.
        form: of its content.
        size: in bytes.
        first, behind: of a part from which to which, in bytes of JSON Lines, rows of Parquet; 0, 0 of a file.
    """

    name: str
    path: Path
    form: Form
    size: int
    first: int = 0
    behind: int = 0

    @property
    def is_part(self) -> bool:
        """Whether it is not a file."""
        return self.behind > 0

    def copy_to(self, path: Path) -> int:
        """Puts a part of JSON Lines into a file of its own; gives the number of its lines' ends."""
        with self.path.open("rb") as stream, path.open("wb") as copy:
            stream.seek(self.first)
            left, ends = self.behind - self.first, 0
            while left and (data := stream.read(min(left, 1 << 20))):
                copy.write(data)
                left, ends = left - len(data), ends + data.count(b"\n")
        return ends


def most_bytes(sizes: Sequence[int], workers: int) -> int:
    """Bytes that one job reads at most, where it can be cut so."""
    return min(MOST_BYTES, max(LEAST_BYTES, sum(sizes) // (workers * JOBS_A_WORKER)))


def pieces_of(files: Mapping[str, Path], asked: str, most: int) -> Iterator[Piece]:
    """The files in their order, large ones in pieces of about so many bytes where they can be cut.

    Raises:
        RecipeError: when the format of a file is not known, or it cannot be read.
    """
    for name, path in files.items():
        whole = Piece(name, path, form_of(path, asked, name), path.stat().st_size)
        yield from _cut(whole, most) if whole.size > 2 * most else [whole]


def why_whole(piece: Piece, most: int) -> str:
    """Why a large file is not cut; empty for one that is, or need not be."""
    if piece.is_part or piece.size <= 2 * most:
        return ""
    if is_compressed(piece.path):
        return "a compressed file is not cut"
    if piece.form == "parquet":
        return "it has one row group"
    return {"json": "an array is not cut", "csv": "in a table, lines may end within cells"}.get(
        piece.form, "its lines are too long to cut it"
    )


def _cut(whole: Piece, most: int) -> list[Piece]:
    if is_compressed(whole.path) or whole.form not in ("jsonl", "parquet"):
        return [whole]
    try:
        ends = _lines_ends(whole, most) if whole.form == "jsonl" else _groups_ends(whole, most)
    except OSError as error:
        raise mistake(UnreadableFile, f"`{whole.name}` cannot be read", reason_of(error)) from error
    if len(ends) <= 2:
        return [whole]
    size = whole.size // (len(ends) - 1)
    return [Piece(whole.name, whole.path, whole.form, size, *each) for each in pairwise(ends)]


def _lines_ends(whole: Piece, most: int) -> list[int]:
    """Where lines end that are about as far apart, from 0 to the size of the file."""
    count = -(-whole.size // most)
    with whole.path.open("rb") as stream:
        found = {_next_row(stream, number * whole.size // count) for number in range(1, count)}
    return [0, *sorted(found - {0, whole.size}), whole.size]


def _next_row(stream: IO[bytes], place: int) -> int:
    """Where the next line begins that is a row at first sight; 0 when that is not soon.

    What stands at the beginning of a file is read in another way: a mark of the byte order counts for
    nothing, and a bracket begins an array. So no piece may begin with either.
    """
    stream.seek(place - 1)
    ahead = stream.read(_LONGEST)
    at = ahead.find(b"\n" + _ROW)
    return place + at if at >= 0 else 0


def _groups_ends(whole: Piece, most: int) -> list[int]:
    """Where row groups end that hold about so many bytes together, from 0 to the number of rows."""
    from pyarrow import ArrowException, parquet

    try:
        told = parquet.read_metadata(whole.path)
    except ArrowException as error:
        raise mistake(
            UnreadableFile, f"`{whole.name}` is no readable Parquet file", reason_of(error)
        ) from error
    ends, rows = [0], 0
    least = max(1, told.num_rows * most // whole.size)
    for number in range(told.num_row_groups):
        rows += told.row_group(number).num_rows
        if rows - ends[-1] >= least:
            ends.append(rows)
    return ends if ends[-1] == rows else [*ends, rows]


def together(sizes: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """What is read by one job each time: from which to which, in order; many small pieces together."""
    first, taken = 0, 0
    for place, size in enumerate(sizes):
        if taken and taken + size > most:
            yield first, place
            first, taken = place, 0
        taken += size
    yield first, len(sizes)


def put_behind(whole: Path, part: Path) -> None:
    """Appends a file to another one."""
    with whole.open("ab") as stream, part.open("rb") as more:
        shutil.copyfileobj(more, stream)
