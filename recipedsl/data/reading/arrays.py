"""JSON arrays at the speed of JSON Lines: cut at the commas between their elements.

An array is read in blocks. Where its elements end is found without reading them: escapes count for nothing,
between two quotes nothing counts, and what remains of brackets tells how deep a comma stands. With line
feeds in place of the commas a block is JSON Lines, and is judged as such. An element that is not plain goes
to Python; if it is no JSON, the rest of the array does, and what is wrong is said where arrays are read
record by record.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.batches import batches
from recipedsl.data.reading.files import BROKEN, open_bytes
from recipedsl.data.reading.lines import Blocks
from recipedsl.data.reading.plain import BLANK, UNPROVEN
from recipedsl.data.reading.records import Place, Record, array_records, array_value
from recipedsl.data.reading.strict import Strict
from recipedsl.diagnostics import Bug
from recipedsl.diagnostics.codes.data_run import UnreadableFile

_BLOCK = 1 << 22  # bytes
_LONGEST = 1 << 25  # bytes in which an element has to end; a longer one is read in Python, with all behind it
_OPENING = re.compile(rb"[ \t\r\n]*(?:\xef\xbb\xbf)?[ \t\r\n]*\[")
_WHITE = b" \t\r\n"
#: White space as a line may hold it; inside a text it stays what no text may hold.
_IN_A_LINE = bytes.maketrans(b"\r\n", b"\t\t")
_FEED, _BACKSLASH = ord("\n"), ord("\\")
_QUOTE, _COMMA, _OPENS, _CLOSES = 1, 2, 3, 4
_MARKS = bytes(
    {'"': _QUOTE, ",": _COMMA, "[": _OPENS, "{": _OPENS, "]": _CLOSES, "}": _CLOSES}.get(chr(byte), 0)
    for byte in range(256)
)


def borders(content: bytes) -> tuple[npt.NDArray[np.int64], bool]:
    """Places of the commas between elements, and whether the array ends.

    Args:
        content: of an array, from the beginning of an element on.
    """
    places, kinds = _unescaped(content)
    outside = ~np.logical_xor.accumulate(kinds == _QUOTE)
    places, kinds = places[outside], kinds[outside]
    depth = np.cumsum((kinds == _OPENS).astype(np.int32) - (kinds == _CLOSES), dtype=np.int32)
    ended = np.flatnonzero(depth < 0)
    between = (kinds == _COMMA) & (depth == 0)
    return places[: ended[0]][between[: ended[0]]] if len(ended) else places[between], bool(len(ended))


def _unescaped(content: bytes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Places of quotes, brackets and commas, and which they are; without escaped quotes."""
    marks = np.frombuffer(content.translate(_MARKS), np.uint8)
    places = np.flatnonzero(marks != 0)
    kinds = marks[places]
    characters = np.frombuffer(content, np.uint8)
    escaped = (kinds == _QUOTE) & (places > 0) & (characters[places - 1] == _BACKSLASH)
    if (characters[places[escaped] - 2] == _BACKSLASH).any():  # an escape may itself be escaped
        return _unescaped(content.replace(rb"\\", b"__").replace(rb"\"", b"__"))
    return places[~escaped], kinds[~escaped]


class Elements(Blocks):
    """A file that holds an array of rows, block by block."""

    _unread = (UNPROVEN, BLANK)  # an element that is nothing breaks an array

    def __init__(self, name: str, file: Path, strict: Strict) -> None:
        super().__init__(name, file, strict)
        self._block = b""  # elements, each with the comma behind it
        self._held = b""  # what was read beyond it
        self._passed = 0  # bytes of the block before `_at`
        self._at = Place()

    def frames(self) -> Iterator[pl.DataFrame]:
        """Good rows in order, each frame of the type that the rows had by then.

        Raises:
            RecipeError: when the file breaks off, or is no array of rows.
        """
        try:
            with open_bytes(self._file) as stream:
                yield from self._whole_elements(stream)
                found = array_records(stream, self._name, self._held, self._at)
                yield from batches(found, self._strict)
        except BROKEN as error:
            raise mistake(UnreadableFile, f"`{self._name}` cannot be read", reason_of(error)) from error

    def _whole_elements(self, stream: IO[bytes]) -> Iterator[pl.DataFrame]:
        """Rows of the elements that another one follows; what else was read is held."""
        self._held = stream.read(_BLOCK)
        opening = _OPENING.match(self._held)
        while opening:
            begun = 0 if self._at.offset else opening.end()
            commas, ended = borders(self._held[begun:])
            if len(commas):
                end = begun + int(commas[-1]) + 1
                self._at = self._at.behind(self._held[:begun])
                self._block, self._held = self._held[begun:end], self._held[end:]
                yield self._elements(commas, stream)
            more = b"" if ended or len(self._held) > _LONGEST else stream.read(max(_BLOCK, len(self._held)))
            if not more:
                return
            self._held += more

    def _elements(self, commas: npt.NDArray[np.int64], stream: IO[bytes]) -> pl.DataFrame:
        lines = np.frombuffer(bytearray(self._block.translate(_IN_A_LINE)), np.uint8)
        lines[commas] = _FEED
        self._passed = 0
        try:
            frame = self._rows(lines.tobytes(), 0)
        except _Broken:
            # It tells what is wrong. What it could read nobody needs: the file is refused.
            deque(
                array_records(stream, self._name, self._block[self._passed :] + self._held, self._at),
                maxlen=0,
            )
            raise Bug(f"an element of `{self._name}` is broken to one reader alone") from None
        self._pass_to(len(self._block))
        return frame

    def _record(self, number: int, offset: int, line: bytes) -> Record | None:  # noqa: ARG002 - of lines
        """The element of the block that begins at an offset. Raises _Broken when it is no JSON."""
        element = self._block[offset : offset + len(line)]
        self._pass_to(offset + len(element) - len(element.lstrip(_WHITE)))
        text = element.strip(_WHITE).decode()
        try:
            value, end, problem = array_value(text)
        except (json.JSONDecodeError, RecursionError):
            raise _Broken from None
        if end < len(text):
            raise _Broken
        return Record(self._at.line, self._at.offset, text, value, problem)

    def _pass_to(self, place: int) -> None:
        """Moves on inside the block."""
        self._at = self._at.behind(self._block[self._passed : place])
        self._passed = place


class _Broken(Exception):
    """An element is no JSON."""
