"""CSV at the speed of Polars where that is exact, in Python where it may not be.

A table is read in blocks. Its quotes tell where records end, if every quote stands where a cell begins or
ends, or next to another; for each record that is so, and that has as many cells as the header, the bytes of
its cells can be counted without reading it. Polars reads those records, and where its cells have as many
bytes, and each is written as its column's type is usually written, the rows are what Python would make of
them. All other records Python reads; where one ends elsewhere than its quotes tell, it reads on for a while.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.batches import batches
from recipedsl.data.reading.cells import Cells
from recipedsl.data.reading.columns import to_frame
from recipedsl.data.reading.files import BROKEN, open_bytes, separator_of
from recipedsl.data.reading.numbered import AT, in_order, numbered
from recipedsl.data.reading.records import CUT_OFF, LONGEST_RECORD, Place, Record, Table
from recipedsl.data.reading.strict import Strict
from recipedsl.diagnostics.codes.data_run import UnreadableFile

_BLOCK = 1 << 22  # bytes
_SLOW = 1 << 14  # bytes that Python reads on, twice as many each time that it comes again
_QUOTE, _FEED, _SEPARATOR, _RETURN, _NOTHING = 1, 2, 3, 4, 5
_QUOTE_BYTE, _FEED_BYTE = ord('"'), ord("\n")
_BEFORE = '\n"'  # what may stand before an opening quote, beside the separator
_BEHIND = '\r\n"'  # and behind a closing one

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cut:
    """The whole records at the beginning of a block, as its quotes tell.

    Attributes:
        ends: place behind each.
        lines: how many each has.
        size: bytes of the cells of each, without separators and quotes that do not belong to them.
        sound: whether that is certain.
    """

    ends: Places
    lines: Places
    size: Places
    sound: Flags

    @property
    def starts(self) -> Places:
        """Place of the first byte of each."""
        return np.concatenate([[0], self.ends[:-1]])


def cut(content: bytes, separator: str, cells: int) -> Cut:
    """Cuts a block, which begins with a record, into records of so many cells."""
    found = np.frombuffer(content.translate(_marks(separator)), np.uint8)
    places = np.flatnonzero(found != 0)
    kinds = found[places]
    quotes = kinds == _QUOTE
    within = np.logical_xor.accumulate(quotes)
    last = np.flatnonzero((kinds == _FEED) & ~within)
    ends = places[last] + 1
    before, behind = _beside(content, places)
    opening, closing, returns = quotes & within, quotes & ~within, (kinds == _RETURN) & ~within
    wrong = opening & ~np.isin(before, list((_BEFORE + separator).encode()))
    wrong |= closing & ~np.isin(behind, list((_BEHIND + separator).encode()))
    wrong |= returns & (behind != _FEED_BYTE) | (kinds == _NOTHING)
    doubled = opening & (before == _QUOTE_BYTE)

    def each(marks: Flags) -> Places:
        """How many of the marks each record has."""
        return np.diff(np.cumsum(marks)[last], prepend=0)

    separators, lines = each((kinds == _SEPARATOR) & ~within), each(kinds == _FEED)
    size = np.diff(ends, prepend=0) - 1 - each(returns) - separators - each(quotes) + each(doubled)
    sound = (separators == cells - 1) & (lines <= LONGEST_RECORD) & (each(wrong) == 0)
    return Cut(ends, lines, size, sound & _are_utf8(content, ends))


def _marks(separator: str) -> bytes:
    marks = {'"': _QUOTE, "\n": _FEED, separator: _SEPARATOR, "\r": _RETURN, "\0": _NOTHING}
    return bytes(marks.get(chr(byte), 0) for byte in range(256))


def _beside(content: bytes, places: Places) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """The bytes before and behind places; beyond the block stand line feeds."""
    characters = np.frombuffer(content, np.uint8)
    before, behind = characters[places - 1], characters[np.minimum(places + 1, len(content) - 1)]
    before[places == 0] = behind[places == len(content) - 1] = _FEED_BYTE
    return before, behind


def _are_utf8(content: bytes, ends: Places) -> Flags:
    fine = np.ones(len(ends), np.bool_)
    try:
        content[: ends[-1] if len(ends) else 0].decode()
    except UnicodeDecodeError:
        high = np.flatnonzero(np.frombuffer(content, np.uint8) > 127)
        fine[np.searchsorted(ends, high[high < ends[-1]], side="right")] = False
    return fine


class _Stream:
    """Bytes of a file, of which what was read too much can be given back."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._held = BytesIO()

    def read(self, size: int) -> bytes:
        held = self._held.read(size)
        return held + self._stream.read(size - len(held))

    def readline(self, limit: int, /) -> bytes:
        line = self._held.readline(limit)
        if line.endswith(b"\n") or len(line) == limit:
            return line
        return line + self._stream.readline(limit - len(line))

    def give_back(self, content: bytes) -> None:
        self._held = BytesIO(content + self._held.read())


class Tables:
    """A file that holds a table, block by block.

    Attributes:
        unseen: rows by column that nobody declared, in records that Polars read.
    """

    def __init__(self, name: str, file: Path, strict: Strict) -> None:
        self._name = name
        self._file = file
        self._strict = strict
        self._separator = separator_of(file)
        self._header: list[str] = []
        self._at = Place()
        self._cells: Cells | None = None
        self.unseen: Counter[str] = Counter()

    def frames(self) -> Iterator[pl.DataFrame]:
        """Good rows in order, each frame of the type that the rows had by then.

        Raises:
            RecipeError: when the file breaks off, a record has no end, or the header names no columns.
        """
        try:
            with open_bytes(self._file) as opened:
                yield from self._blocks(_Stream(opened))
        except BROKEN as error:
            raise mistake(UnreadableFile, f"`{self._name}` cannot be read", reason_of(error)) from error

    def _blocks(self, stream: _Stream) -> Iterator[pl.DataFrame]:
        table, slow = Table(stream, self._separator, self._name), _SLOW
        self._header = table.header
        self._leave(table, stream)
        while content := stream.read(_BLOCK):
            frame, read, is_whole = self._read(content)
            if frame.height:
                yield frame
            stream.give_back(content[read:])
            self._at = self._at.behind(content[:read])
            slow = _SLOW if is_whole else min(2 * slow, _BLOCK)
            is_last = len(content) < _BLOCK and read < len(content)
            if not is_whole or not read or is_last:
                yield from self._in_python(stream, slow)

    def _leave(self, table: Table, stream: _Stream) -> None:
        """Goes on where a reader of records stopped."""
        stream.give_back(table.given_back)
        self._at = table.behind

    def _in_python(self, stream: _Stream, size: int) -> Iterator[pl.DataFrame]:
        """Rows of the next records, until so many bytes are read."""
        table = Table(stream, self._separator, self._name, self._header, self._at)
        yield from batches(_until(table, self._at.offset + size), self._strict)
        self._leave(table, stream)

    def _read(self, content: bytes) -> tuple[pl.DataFrame, int, bool]:
        """Rows at the beginning of a block, their bytes, and whether they are all that can be cut."""
        shape = cut(content, self._separator, len(self._header))
        fast = self._usual(content, shape)
        slow = np.setdiff1d(np.arange(len(shape.ends)), fast[AT].to_numpy(), assume_unique=True)
        numbers, rows, stop = self._checked(content, shape, slow)
        fast = fast.filter(pl.col(AT) < stop)
        strange = [name for name in self._header if name not in self._strict.row.names]
        self.unseen.update(dict.fromkeys(strange if fast.height else (), fast.height))
        checked = to_frame(rows, self._strict.row).insert_column(0, numbered(numbers))
        read = int(shape.ends[stop - 1]) if stop else 0
        return in_order(fast, checked, self._strict.row), read, stop == len(shape.ends)

    def _usual(self, content: bytes, shape: Cut) -> pl.DataFrame:
        """Numbered rows of the records that Polars reads as Python would."""
        cells = _read_cells(content, shape, self._separator, len(self._header))
        if self._cells is None or self._cells.row != self._strict.row:
            self._cells = Cells(self._strict.row, self._header, cells)
        return self._cells.values(cells)

    def _checked(self, content: bytes, shape: Cut, slow: Places) -> tuple[list[int], list[list[Any]], int]:
        """Rows of other records by number, and that of the first that ends elsewhere than it was cut."""
        numbers, rows = list[int](), list[list[Any]]()
        if 2 * len(slow) > len(shape.ends):  # it is quicker to read on
            return numbers, rows, int(slow[0])
        starts, here, passed = shape.starts, self._at, 0
        for number in slow.tolist():
            start, end = int(starts[number]), int(shape.ends[number])
            here, passed = here.behind(content[passed:start]), start
            table = Table(BytesIO(content[start:end]), self._separator, self._name, self._header, here)
            record = next(table.records(), None)
            if table.behind.offset != here.offset + end - start or (record and record.problem == CUT_OFF):
                return numbers, rows, number
            values = self._strict.values(record) if record else None
            if values is not None:
                numbers.append(number)
                rows.append(values)
        return numbers, rows, len(shape.ends)


def _until(table: Table, offset: int) -> Iterator[Record]:
    """Records of a table until one ends at an offset or behind it."""
    for record in table.records():
        yield record
        if table.behind.offset >= offset:
            return


def _read_cells(content: bytes, shape: Cut, separator: str, cells: int) -> pl.DataFrame:
    """Numbered cells of the sound records, as Polars reads them; none where it reads other ones."""
    names = [str(place) for place in range(cells)]
    sound = np.flatnonzero(shape.sound)
    nothing = pl.DataFrame(schema={AT: pl.get_index_type(), **dict.fromkeys(names, pl.String())})
    if not len(sound):
        return nothing
    try:
        found = pl.read_csv(
            _sound_part(content, shape),
            has_header=False,
            schema=dict.fromkeys(names, pl.String()),
            separator=separator,
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:
        return nothing
    size = found.select(pl.sum_horizontal(pl.all().str.len_bytes().cast(pl.Int64))).to_series().to_numpy()
    if len(size) != len(sound):
        return nothing
    return found.insert_column(0, numbered(sound.tolist())).filter(size == shape.size[sound])


def _sound_part(content: bytes, shape: Cut) -> bytes:
    if shape.sound.all():
        return content[: shape.ends[-1]]
    kept = np.repeat(shape.sound, np.diff(shape.ends, prepend=0))
    return np.frombuffer(content, np.uint8)[: len(kept)][kept].tobytes()
