"""Source texts, spans of characters in them, and the lines and columns that people read."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of characters (code points, not bytes) in one text: `start <= offset < end`."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """Smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))

    def __contains__(self, offset: int) -> bool:
        return self.start <= offset < self.end


@dataclass(frozen=True, slots=True)
class Position:
    """A place as a person counts it: both numbers start at 1; columns count code points."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """A text and the name that messages give it. Line ends are kept as they are.

    Attributes:
        path: shown in messages and used to find imports and data; `<stdin>` for a pipe.
        text: the whole text.
    """

    path: str
    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of every line."""
        lines = self.text.split("\n")
        return tuple(accumulate((len(each) + 1 for each in lines[:-1]), initial=0))

    def position(self, offset: int) -> Position:
        """Line and column of an offset; an offset beyond the text is its end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """Text of a line, counted from 1, without its line end; empty past the end."""
        if not 1 <= number <= len(self.line_starts):
            return ""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def slice(self, span: Span) -> str:
        """Characters of a span."""
        return self.text[span.start : span.end]

    def location(self, span: Span) -> Location:
        """The span with its file, as a plain value that survives without the text."""
        start, end = self.position(span.start), self.position(span.end)
        return Location(self.path, start.line, start.column, end.line, end.column)


@dataclass(frozen=True, slots=True)
class Location:
    """A place that can be stored: what a plan keeps of a source text."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"
