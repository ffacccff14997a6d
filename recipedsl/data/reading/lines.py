"""JSON Lines at the speed of Polars where that is exact, in Python where it may not be.

A file of plain lines alone (`plain`) is the source of a lazy frame. Any other is read in blocks: of
each the plain lines in Polars and the rest in Python, put together in the order of the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.columns import to_frame
from recipedsl.data.reading.files import BROKEN, open_bytes
from recipedsl.data.reading.numbered import AT, in_order, numbered
from recipedsl.data.reading.plain import KIND, UNPROVEN, Plain, sampled
from recipedsl.data.reading.records import LONGEST_LINE, Record, json_line
from recipedsl.data.reading.strict import Strict
from recipedsl.data.schema import schema_of
from recipedsl.diagnostics.codes.data_run import UnreadableFile

_BLOCK = 1 << 24  # bytes
_MARK = b"\xef\xbb\xbf"
_LEARNT = 200  # rows of a block that a better pattern is learnt from


class Blocks:
    """A file of JSON Lines, block by block.

    Attributes:
        unseen: rows by key that nobody declared, in plain lines.
    """

    _unread: tuple[int, ...] = (UNPROVEN,)  # kinds of lines that are checked in Python

    def __init__(self, name: str, file: Path, strict: Strict) -> None:
        self._name = name
        self._file = file
        self._strict = strict
        self._line, self._offset = 1, 0
        self._samples: list[dict[str, Any]] = []
        self._plain = Plain(())
        self._of = strict.row
        self.unseen: Counter[str] = Counter()

    def frames(self) -> Iterator[pl.DataFrame]:
        """Good rows in order, each frame of the type that the rows had by then.

        Raises:
            RecipeError: when the file breaks off, or a line has no end.
        """
        try:
            with open_bytes(self._file) as stream:
                for block in _blocks(stream, self._name):
                    yield self._read(block)
        except BROKEN as error:
            raise mistake(UnreadableFile, f"`{self._name}` cannot be read", reason_of(error)) from error

    def _read(self, block: bytes) -> pl.DataFrame:
        content = block.removeprefix(_MARK) if self._offset == 0 else block
        frame = self._rows(content, len(block) - len(content))
        self._line += block.count(b"\n")
        self._offset += len(block)
        return frame

    def _rows(self, content: bytes, marked: int) -> pl.DataFrame:
        """Good rows of lines, which stand so many bytes behind the offset."""
        if not self._samples:
            self._learn(content.split(b"\n", _LEARNT)[:_LEARNT])
        kinds, fast = self._decoded(content)
        slow = np.flatnonzero(np.isin(kinds, self._unread))
        if not len(slow):
            return fast.drop(AT)
        pieces = content.split(b"\n")
        frame = in_order(fast, self._checked(slow, pieces, marked), self._strict.row)
        if len(slow) > len(pieces) // 20 or self._strict.row != self._of:
            self._learn(pieces[each] for each in slow[:_LEARNT].tolist())
        return frame

    def _learn(self, lines: Any) -> None:
        self._samples = [*islice(sampled(lines), _LEARNT), *self._samples][: 2 * _LEARNT]
        self._of = self._strict.row
        self._plain = Plain.of(self._of, self._samples)

    def _decoded(self, content: bytes) -> tuple[npt.NDArray[np.int8], pl.DataFrame]:
        """Kind of each line, and the rows of the plain ones with their numbers in the block."""
        schema = schema_of(self._of)
        try:
            lines = pl.read_lines(content, glob=False).with_row_index(AT)
            judged = lines.with_columns(self._plain.judged(pl.col("line")))
        except pl.exceptions.ComputeError:  # a line is not UTF-8, or the pattern grew beyond all bounds
            count = content.count(b"\n") + (not content.endswith(b"\n"))
            return np.full(count, UNPROVEN, np.int8), to_frame([], self._of).insert_column(0, numbered([]))
        for place, form in enumerate(self._plain.forms):
            for name in form.strangers:
                self.unseen[name] += int((judged[KIND] == place).sum())
        plain = judged.filter(pl.col(KIND) >= 0)
        rows = plain["line"].str.json_decode(pl.Struct(schema)).struct.unnest()
        return judged[KIND].to_numpy(), rows.insert_column(0, plain[AT])

    def _checked(self, slow: npt.NDArray[np.int64], pieces: list[bytes], marked: int) -> pl.DataFrame:
        """The lines that are not plain, checked in Python: those that are good, with their numbers."""
        offsets = np.cumsum([marked, *(len(each) + 1 for each in pieces[:-1])])
        numbers, rows = list[int](), list[list[Any]]()
        for number in slow.tolist():
            offset = int(offsets[number]) if number else 0
            record = self._record(number, offset, pieces[number])
            values = self._strict.values(record) if record else None
            if values is not None:
                numbers.append(number)
                rows.append(values)
        return to_frame(rows, self._strict.row).insert_column(0, numbered(numbers))

    def _record(self, number: int, offset: int, line: bytes) -> Record | None:
        """A line of the block as a record; None for a blank one."""
        if not line or line.isspace():
            return None
        return json_line(self._line + number, self._offset + offset, line.rstrip(b"\r\n"))


def _blocks(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """Content of a stream in blocks of whole lines. Raises RecipeError for a line that fills the memory."""
    held, size, lines = list[bytes](), 0, 1
    while data := stream.read(_BLOCK):
        end = data.rfind(b"\n") + 1
        if end:
            block = b"".join([*held, data[:end]])
            lines += block.count(b"\n")
            yield block
            held, size = [], 0
        held.append(data[end:])
        size += len(data) - end
        if size >= LONGEST_LINE:
            raise mistake(UnreadableFile, f"line {lines} of `{name}` is longer than {LONGEST_LINE >> 20} MiB")
    rest = b"".join(held)
    if rest:
        yield rest
