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
from typing import IO, Any, NoReturn

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.files import BROKEN, Form, open_bytes, separator_of
from recipedsl.diagnostics.codes.data_run import UnreadableFile

_MARK = b"\xef\xbb\xbf"
_SPACES = re.compile(r"[ \t\r\n]*")
_CHUNK = 1 << 18  # characters of an array read at a time
LONGEST_LINE = 1 << 28  # bytes
DEEPEST = 100  # lists and records in each other; types of columns are walked by recursion
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONGEST_RECORD = 10_000  # lines of a record of a table; a quote still open then was not meant


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
                yield from _csv(stream, separator_of(file), name)
            elif form == "json":
                yield from _json_array(stream, name)
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
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key `{twice}` stands twice")
    return found


#: Strict: no NaN, no Infinity, no key twice.
DECODER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_once)
_LENIENT = json.JSONDecoder()


def _read_line(stream: IO[bytes], number: int, name: str) -> bytes:
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
        text = self.pass_to(end)
        problem = problem or _oddity(text, value)
        return text, None if problem else value, problem


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


class _Lines:
    """Decoded lines of a stream, remembering those of the record that is being read."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream = stream
        self._name = name
        self._taken: list[tuple[str, int]] = []  # text, bytes in the file
        self._back: list[tuple[str, int]] = []  # to be read again, the next one last
        self.line, self.offset = 1, 0
        self._next_line, self._next_offset = 1, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._taken) > _LONGEST_RECORD:
            raise mistake(
                UnreadableFile,
                f"a quote that opens in line {self.line} of `{self._name}` is not closed "
                f"within {_LONGEST_RECORD} lines",
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
        content = data.removeprefix(_MARK) if self._next_line == 1 else data
        return content.decode(errors="surrogateescape"), len(data)

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


def _csv(stream: IO[bytes], separator: str, name: str) -> Iterator[Record]:
    csv.field_size_limit(sys.maxsize)
    lines = _Lines(stream, name)
    rows = csv.reader(lines, delimiter=separator, strict=True)
    header: list[str] | None = None
    while True:
        lines.begin()
        record = _csv_record(rows, lines, header)
        if record is None:
            return
        if header is None:
            header = _header(record, name)
        elif record.raw:
            yield record


def _header(record: Record, name: str) -> list[str] | None:
    """Names of the columns, None for a blank line. Raises RecipeError when they do not name them."""
    if record.problem:
        raise mistake(UnreadableFile, f"the header of `{name}` cannot be read: {record.problem}")
    names: list[str] | None = record.value
    twice = next((each for each in names or () if names and names.count(each) > 1), None)
    if twice is not None:
        raise mistake(UnreadableFile, f"the header of `{name}` has the column `{twice}` twice")
    return names


def _csv_record(rows: Iterator[list[str]], lines: _Lines, header: list[str] | None) -> Record | None:
    try:
        cells = next(rows, None)
    except csv.Error as error:
        lines.only_first()
        return Record(lines.line, lines.offset, lines.raw, problem=str(error))
    if cells is None:
        return None
    if not lines.raw.strip():
        return Record(lines.line, lines.offset, "")
    return _csv_row(Record(lines.line, lines.offset, lines.raw), cells, header)


def _csv_row(record: Record, cells: list[str], header: list[str] | None) -> Record:
    if not is_utf8(record.raw):
        record.problem = "not UTF-8"
    elif header is None:
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
