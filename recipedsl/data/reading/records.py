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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.files import BROKEN, Form, open_bytes, separator_of
from recipedsl.diagnostics.codes.data_run import UnreadableFile

_MARK = b"\xef\xbb\xbf"
_SPACES = re.compile(r"[ \t\r\n]*")
_CHUNK = 1 << 18  # characters of an array read at a time
LONGEST_LINE = 1 << 28  # bytes
DEEPEST = 100  # lists and records in each other; types of columns are walked by recursion
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
LONGEST_RECORD = 10_000  # lines of a record of a table; a quote still open then was not meant


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


def records(file: Path, form: Form, name: str, most: int = 0) -> Iterator[Record]:
    """All records of a text file in order.

    Args:
        file: the file.
        form: its format.
        name: what people call it.
        most: bytes of content after which `Enough` is raised; 0 for none.

    Raises:
        RecipeError: when the file breaks off, its compression is broken, or a line has no end.
    """
    try:
        with open_bytes(file, most) as stream:
            if form == "csv":
                yield from Table(stream, separator_of(file), name).records()
            elif form == "json":
                yield from array_records(stream, name)
            else:
                yield from _json_lines(stream, name)
    except BROKEN as error:
        raise mistake(UnreadableFile, f"`{name}` cannot be read", reason_of(error)) from error


# --- JSON ---------------------------------------------------------------------------------------


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"the key `{_first_twice(name for name, _ in pairs)}` stands twice")
    return found


def _first_twice(names: Iterable[str]) -> str | None:
    """The first name that stood before already; None when each stands once."""
    seen = set[str]()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


#: Strict: no NaN, no Infinity, no key twice.
DECODER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_once)
#: For what is well-formed but for a NaN, a key that stands twice or more digits than Python takes.
_LENIENT = json.JSONDecoder(parse_int=str)


_MANY_DIGITS = "Exceeds the limit"  # as Python begins to say it, going on with how its limit is set


class ReadsLines(Protocol):
    """What gives lines of bytes."""

    def readline(self, limit: int, /) -> bytes:
        """The next line, of at most so many bytes; empty at the end."""


def _read_line(stream: ReadsLines, number: int, name: str) -> bytes:
    """The next line, empty at the end. Raises RecipeError for one that would fill the memory."""
    line = stream.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
        size = f"{LONGEST_LINE >> 20} MiB"
        raise mistake(UnreadableFile, f"line {number} of `{name}` is longer than {size}")
    return line


def _json_lines(stream: IO[bytes], name: str) -> Iterator[Record]:
    offset = 0
    for number in count(1):
        line = _read_line(stream, number, name)
        if not line:
            return
        content = line.removeprefix(_MARK) if number == 1 else line
        if not content.isspace() and content:
            yield json_line(number, offset, content.rstrip(b"\r\n"))
        offset += len(line)


def json_line(number: int, offset: int, content: bytes) -> Record:
    """A line of JSON Lines, without its end, as a record."""
    try:
        text = content.decode()
        value = DECODER.decode(text)
        problem = _oddity(text, value)
        return Record(number, offset, text, None if problem else value, problem)
    except UnicodeDecodeError:
        raw = content.decode(errors="surrogateescape")
        return Record(
            number, offset, raw, problem="not UTF-8 but UTF-16" if _is_utf16(content) else "not UTF-8"
        )
    except (ValueError, RecursionError) as error:
        return Record(number, offset, text, problem=_json_problem(error))


def _is_utf16(content: bytes) -> bool:
    """Whether it begins with the mark of UTF-16, which stands at the beginning of a file only."""
    return content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _oddity(text: str, value: Any) -> str:
    """What is wrong with a value that is JSON; the text tells at once that most have nothing."""
    if text.count("[") + text.count("{") > DEEPEST and is_too_deep(value):
        return "nested too deeply"
    if _SURROGATE.search(text) and not _has_utf8_keys(value):
        return "a key holds half a character (a lone surrogate)"
    return ""


def is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
    return bool(level)


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _has_utf8_keys(value: Any) -> bool:
    keys = value.keys() if isinstance(value, dict) else ()
    return all(map(is_utf8, keys)) and all(map(_has_utf8_keys, _inside(value)))


def _json_problem(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        what = error.msg.removesuffix(" at")
        return f"not JSON: {what[0].lower()}{what[1:]} at character {error.pos + 1}"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    words = str(error)
    return "a number has too many digits" if words.startswith(_MANY_DIGITS) else words


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file: its line, counted from 1, and the bytes before it."""

    line: int = 1
    offset: int = 0

    def behind(self, passed: bytes) -> Place:
        """The place behind some bytes."""
        return Place(self.line + passed.count(b"\n"), self.offset + len(passed))


def array_value(text: str, place: int = 0) -> tuple[Any, int, str]:
    """The JSON value at a place of a text: itself, where it ends, and what is wrong with it.

    Raises JSONDecodeError or RecursionError for what is none.
    """
    try:
        value, end = DECODER.raw_decode(text, place)
        problem = ""
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        problem, (value, end) = _json_problem(error), _LENIENT.raw_decode(text, place)
    problem = problem or _oddity(text[place:end], value)
    return None if problem else value, end, problem


class _Text:
    """Text of a stream, read as far as needed; knows the line and byte offset where it stands."""

    def __init__(self, stream: IO[bytes], read: bytes, at: Place) -> None:
        """`read`: bytes that were taken from the stream, which begin at `at`."""
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._chunk = _CHUNK
        self.buffer = self._decoder.decode(read)
        self.place = 0
        self.ended = False
        self.line = at.line
        self.offset = at.offset

    def more(self) -> None:
        """Reads on; every time twice as much, so that a long record costs linear time.

        Raises ValueError when a record has no end.
        """
        if len(self.buffer) - self.place > LONGEST_LINE:
            raise ValueError(f"it is longer than {LONGEST_LINE >> 20} MiB")
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
        try:
            value, end, problem = array_value(self.buffer, self.place)
        except json.JSONDecodeError:
            if self.ended:
                raise
            return None
        if end == len(self.buffer) and not self.ended:
            return None  # a number may go on
        self._chunk = _CHUNK
        return self.pass_to(end), value, problem


def array_records(stream: IO[bytes], name: str, read: bytes = b"", at: Place = Place()) -> Iterator[Record]:
    """The elements of an array in order.

    Args:
        stream: of its bytes.
        name: what people call it.
        read: bytes that were taken from the stream already.
        at: where those begin: with the file, or behind a comma of the array.

    Raises:
        RecipeError: when it is no array, or an element of it no JSON.
    """
    text = _Text(stream, read, at)
    if not at.offset:
        if text.peek() == "\ufeff":
            text.pass_to(text.place + 1)
        if text.peek() != "[":
            raise _broken(name, text, "an array of rows is expected")
        text.pass_to(text.place + 1)
    return _array_items(text, name, "," if at.offset else "[")


def _array_items(text: _Text, name: str, mark: str) -> Iterator[Record]:
    """What follows the opening bracket, or a comma: that is `mark`."""
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
            if found is None:
                text.more()
        except (ValueError, RecursionError) as error:
            raise _broken(name, text, _json_problem(error)) from error
        if found is not None:
            return Record(line, offset, *found)


def _broken(name: str, text: _Text, problem: str) -> Exception:
    return mistake(
        UnreadableFile,
        f"`{name}` is no JSON array of rows: {problem}, in the item at line {text.line}",
        helps="one object a line (JSON Lines) survives a broken row",
    )


# --- CSV ----------------------------------------------------------------------------------------

#: Problem of a record that ends within quotes, in the words of Python.
CUT_OFF = "unexpected end of data"


class _Lines:
    """Decoded lines of a stream, remembering those of the record that is being read."""

    def __init__(self, stream: ReadsLines, name: str, at: Place) -> None:
        self._stream = stream
        self._name = name
        self._taken: list[tuple[str, int]] = []  # text, bytes in the file
        self._back: list[tuple[str, int]] = []  # to be read again, the next one last
        self.line, self.offset = at.line, at.offset
        self._next_line, self._next_offset = at.line, at.offset

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._taken) > LONGEST_RECORD:
            raise mistake(
                UnreadableFile,
                f"a quote that opens in line {self.line} of `{self._name}` is not closed "
                f"within {LONGEST_RECORD} lines",
            )
        found = self._back.pop() if self._back else self._read()
        self._taken.append(found)
        self._next_line += 1
        self._next_offset += found[1]
        return found[0]

    def _read(self) -> tuple[str, int]:
        data = _read_line(self._stream, self._next_line, self._name)
        if not data:
            raise StopIteration
        content = data.removeprefix(_MARK) if not self._next_offset else data
        return content.decode(errors="surrogateescape"), len(data)

    @property
    def behind(self) -> Place:
        """Where the next record begins."""
        return Place(self._next_line, self._next_offset)

    @property
    def given_back(self) -> bytes:
        """What was read of the stream and belongs to the next records."""
        return "".join(text for text, _ in reversed(self._back)).encode(errors="surrogateescape")

    @property
    def raw(self) -> str:
        """Text of the record so far, without the end of its last line."""
        return "".join(text for text, _ in self._taken).rstrip("\r\n")

    def begin(self) -> None:
        """The next line is the first of a record."""
        self._taken = []
        self.line, self.offset = self._next_line, self._next_offset

    def only_first(self) -> None:
        """Gives back all lines of the record but its first: a stray quote costs one line, not the rest."""
        for text, size in reversed(self._taken[1:]):
            self._back.append((text, size))
            self._next_line -= 1
            self._next_offset -= size
        self._taken = self._taken[:1]


class Table:
    """Records of a table, as Python's own reader of CSV has them.

    Attributes:
        header: names of the columns; empty when nothing but blank lines is there.
    """

    def __init__(
        self,
        stream: ReadsLines,
        separator: str,
        name: str,
        header: list[str] | None = None,
        at: Place = Place(),
    ) -> None:
        """Reads the header, where none is given.

        Raises RecipeError when the header names no columns.
        """
        csv.field_size_limit(sys.maxsize)
        self._lines = _Lines(stream, name, at)
        self._rows = csv.reader(self._lines, delimiter=separator, strict=True)
        self.header: list[str] = header or []
        while not self.header and (record := self._record()) is not None:
            self.header = _header(record, name)

    def records(self) -> Iterator[Record]:
        """All that follow. Raises RecipeError when one has no end."""
        while (record := self._record()) is not None:
            if record.raw:
                yield record

    @property
    def behind(self) -> Place:
        """Where the next record begins."""
        return self._lines.behind

    @property
    def given_back(self) -> bytes:
        """What was read of the stream and belongs to the next records."""
        return self._lines.given_back

    def _record(self) -> Record | None:
        """The next one, without text for a blank line; None at the end."""
        lines = self._lines
        lines.begin()
        try:
            cells = next(self._rows, None)
        except csv.Error as error:
            lines.only_first()
            return Record(lines.line, lines.offset, lines.raw, problem=str(error))
        if cells is None:
            return None
        if not lines.raw.strip():
            return Record(lines.line, lines.offset, "")
        return _csv_row(Record(lines.line, lines.offset, lines.raw), cells, self.header)


def _header(record: Record, name: str) -> list[str]:
    """Names of the columns, none for a blank line. Raises RecipeError when they do not name them."""
    if record.problem:
        raise mistake(UnreadableFile, f"the header of `{name}` cannot be read: {record.problem}")
    names: list[str] = record.value or []
    twice = _first_twice(names)
    if twice is not None:
        raise mistake(UnreadableFile, f"the header of `{name}` has the column `{twice}` twice")
    return names


def _csv_row(record: Record, cells: list[str], header: list[str]) -> Record:
    if not is_utf8(record.raw):
        record.problem = "not UTF-8"
    elif not header:
        record.value = cells
    elif len(cells) != len(header):
        record.problem = f"{len(cells)} cells, the header has {len(header)}"
    else:
        record.value = {name: cell or None for name, cell in zip(header, cells, strict=True)}
    return record


def is_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
