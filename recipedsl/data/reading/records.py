"""Records of a file one by one, each with its place: JSON Lines, JSON arrays, CSV.

A record that cannot be read comes out with a `problem` instead of a value, so that one bad line
does not cost the others. Only a JSON array cannot go on behind a break.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from recipedsl.data.problems import mistake
from recipedsl.data.reading.files import BROKEN, Form, open_bytes, separator_of
from recipedsl.diagnostics.codes.data_run import UnreadableFile

_MARK = b"\xef\xbb\xbf"
_SPACES = re.compile(r"[ \t\r\n]*")
_CHUNK = 1 << 18  # characters of an array read at a time


@dataclass(slots=True)
class Record:
    """One record and where it stands.

    Attributes:
        line: of its first character, counted from 1.
        offset: bytes before it, in the decompressed file.
        raw: its text as it stands in the file; undecodable bytes as surrogate escapes.
        value: what was read, None when there is a problem.
        problem: why it could not be read, in words; empty when it could.
    """

    line: int
    offset: int
    raw: str
    value: Any = None
    problem: str = ""


def records(file: Path, form: Form) -> Iterator[Record]:
    """All records of a text file in order.

    Raises:
        RecipeError: when the file breaks off or its compression is broken.
    """
    try:
        with open_bytes(file) as stream:
            if form == "csv":
                yield from _csv(stream, separator_of(file))
            elif form == "json":
                yield from _json_array(stream, file.name)
            else:
                yield from _json_lines(stream)
    except BROKEN as error:
        raise mistake(UnreadableFile, f"`{file.name}` cannot be read", str(error)) from error


# --- JSON ---------------------------------------------------------------------------------------


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key `{twice}` stands twice")
    return found


#: Strict: no NaN, no Infinity, no key twice.
DECODER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_once)
_LENIENT = json.JSONDecoder()


def _json_lines(stream: IO[bytes]) -> Iterator[Record]:
    offset = 0
    for number, line in enumerate(stream, start=1):
        content = line.removeprefix(_MARK) if number == 1 else line
        if not content.isspace() and content:
            yield _json_line(number, offset, content.rstrip(b"\r\n"))
        offset += len(line)


def _json_line(number: int, offset: int, content: bytes) -> Record:
    try:
        text = content.decode()
        return Record(number, offset, text, DECODER.decode(text))
    except UnicodeDecodeError:
        return Record(number, offset, content.decode(errors="surrogateescape"), problem="not UTF-8")
    except (ValueError, RecursionError) as error:
        return Record(number, offset, text, problem=_json_problem(error))


def _json_problem(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg[0].lower()}{error.msg[1:]} at character {error.pos + 1}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


class _Text:
    """Text of a stream, read as far as needed; knows the line and byte offset where it stands."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._chunk = _CHUNK
        self.buffer = ""
        self.place = 0
        self.ended = False
        self.line = 1
        self.offset = 0

    def more(self) -> None:
        """Reads on; every time twice as much, so that a long record costs linear time."""
        data = self._stream.read(self._chunk)
        self.ended = not data
        self.buffer = self.buffer[self.place :] + self._decoder.decode(data, final=self.ended)
        self.place = 0
        self._chunk *= 2

    def pass_to(self, end: int) -> str:
        """Moves on to a place in the buffer; gives the text that was passed."""
        passed = self.buffer[self.place : end]
        self.place = end
        self.line += passed.count("\n")
        self.offset += len(passed) if passed.isascii() else len(passed.encode())
        return passed

    def peek(self) -> str:
        """The next character that is no white space, empty at the end."""
        while True:
            spaces = _SPACES.match(self.buffer, self.place)
            self.pass_to(spaces.end() if spaces else self.place)
            if self.place < len(self.buffer) or self.ended:
                return self.buffer[self.place : self.place + 1]
            self.more()

    def item(self) -> tuple[str, Any, str] | None:
        """The next JSON value: its text, itself, and what is wrong with it.

        None when more text is needed to tell. Raises JSONDecodeError when no more text would help.
        """
        problem = ""
        try:
            value, end = DECODER.raw_decode(self.buffer, self.place)
        except json.JSONDecodeError:
            if self.ended:
                raise
            return None
        except ValueError as error:  # well-formed but for a NaN or a key that stands twice
            problem, (value, end) = str(error), _LENIENT.raw_decode(self.buffer, self.place)
        if end == len(self.buffer) and not self.ended:
            return None  # a number may go on
        self._chunk = _CHUNK
        return self.pass_to(end), value, problem


def _json_array(stream: IO[bytes], name: str) -> Iterator[Record]:
    text = _Text(stream)
    if text.peek() == "\ufeff":
        text.pass_to(text.place + 1)
    if text.peek() != "[":
        raise _broken(name, text, "an array of rows is expected")
    mark = "["
    text.pass_to(text.place + 1)
    while mark != "]" and not (mark == "[" and text.peek() == "]"):
        yield _array_item(text, name)
        mark = text.peek()
        if mark not in (",", "]") or not mark:
            raise _broken(name, text, "expected `,` or `]`")
        text.pass_to(text.place + 1)
    if mark == "[":
        text.pass_to(text.place + 1)
    if text.peek():
        raise _broken(name, text, "text behind the array")


def _array_item(text: _Text, name: str) -> Record:
    text.peek()
    line, offset = text.line, text.offset
    while True:
        try:
            found = text.item()
        except (ValueError, RecursionError) as error:
            raise _broken(name, text, _json_problem(error)) from error
        if found is not None:
            return Record(line, offset, *found)
        text.more()


def _broken(name: str, text: _Text, problem: str) -> Exception:
    return mistake(
        UnreadableFile,
        f"`{name}` is no JSON array of rows: {problem}, in the item at line {text.line}",
        helps="one object a line (JSON Lines) survives a broken row",
    )


# --- CSV ----------------------------------------------------------------------------------------


class _Lines:
    """Decoded lines of a stream, remembering those of the record that is being read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.taken: list[str] = []
        self.line, self.offset = 1, 0
        self._next_line, self._next_offset = 1, 0

    def __iter__(self) -> Iterator[str]:
        for data in self._stream:
            content = data.removeprefix(_MARK) if self._next_line == 1 else data
            text = content.decode(errors="surrogateescape")
            self.taken.append(text)
            self._next_line += 1
            self._next_offset += len(data)
            yield text

    def begin(self) -> None:
        """The next line is the first of a record."""
        self.taken = []
        self.line, self.offset = self._next_line, self._next_offset


def _csv(stream: IO[bytes], separator: str) -> Iterator[Record]:
    csv.field_size_limit(sys.maxsize)
    lines = _Lines(stream)
    rows = csv.reader(lines, delimiter=separator, strict=True)
    header: list[str] | None = None
    while True:
        lines.begin()
        record = _csv_record(rows, lines, header)
        if record is None:
            return
        if header is None and not record.problem:
            header = record.value
        elif record.raw:
            yield record


def _csv_record(rows: Iterator[list[str]], lines: _Lines, header: list[str] | None) -> Record | None:
    try:
        cells = next(rows, None)
    except csv.Error as error:
        return Record(lines.line, lines.offset, "".join(lines.taken).rstrip("\r\n"), problem=str(error))
    if cells is None:
        return None
    raw = "".join(lines.taken).rstrip("\r\n")
    if not raw.strip():
        return Record(lines.line, lines.offset, "")
    return _csv_row(Record(lines.line, lines.offset, raw), cells, header)


def _csv_row(record: Record, cells: list[str], header: list[str] | None) -> Record:
    if not _is_utf8(record.raw):
        record.problem = "not UTF-8"
    elif header is None:
        record.value = cells
    elif len(cells) != len(header):
        record.problem = f"{len(cells)} cells, the header has {len(header)}"
    else:
        record.value = {name: cell or None for name, cell in zip(header, cells, strict=True)}
    return record


def _is_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
