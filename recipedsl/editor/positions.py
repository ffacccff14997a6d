"""Offsets in a text to positions of the protocol and back, in the encoding that was agreed on.

A line of the protocol ends with `\\n`, `\\r\\n` or `\\r`; characters count units of UTF-8, UTF-16 or UTF-32.
Inside, everything counts code points.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from lsprotocol import types

from recipedsl.source import Span

Encoding = types.PositionEncodingKind

_LINE_END = re.compile(r"\r\n|\n|\r")


class Positions:
    """The lines of one text."""

    def __init__(self, text: str, encoding: Encoding | str = Encoding.Utf16) -> None:
        self.text = text
        self.encoding = Encoding(encoding)

    @cached_property
    def starts(self) -> list[int]:
        """Offset of the first character of every line."""
        if "\r" not in self.text:
            return list(accumulate((len(each) + 1 for each in self.text.split("\n")[:-1]), initial=0))
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @cached_property
    def _is_ascii(self) -> bool:
        """Whether all encodings count the same."""
        return self.text.isascii()

    def line_of(self, offset: int) -> int:
        """Number of the line, from 0, in which an offset stands."""
        return bisect_right(self.starts, offset) - 1

    def end_of(self, line: int) -> int:
        """Offset of the end of a line, before what ends it."""
        if line + 1 >= len(self.starts):
            return len(self.text)
        end = self.starts[line + 1] - 1
        return end - 1 if self.text[end - 1 : end + 1] == "\r\n" else end

    def position(self, offset: int) -> types.Position:
        """The position of an offset; one beyond the text is its end."""
        offset = max(0, min(offset, len(self.text)))
        line = self.line_of(offset)
        return types.Position(line, self._units(self.text[self.starts[line] : offset]))

    def offset(self, position: types.Position) -> int:
        """The offset of a position; one beyond its line is the line's end, one beyond the text the text's."""
        if position.line < 0:
            return 0
        if position.line >= len(self.starts):
            return len(self.text)
        start, end = self.starts[position.line], self.end_of(position.line)
        if self._is_ascii or self.encoding is Encoding.Utf32:
            return min(end, start + max(0, position.character))
        return start + self._letters(self.text[start:end], position.character)

    def range(self, span: Span) -> types.Range:
        """The range of a span."""
        return types.Range(self.position(span.start), self.position(span.end))

    def span(self, range_: types.Range) -> Span:
        """The span of a range; an end before the start counts as the start."""
        start = self.offset(range_.start)
        return Span(start, max(start, self.offset(range_.end)))

    @cached_property
    def whole(self) -> types.Range:
        """The range of all of the text."""
        return self.range(Span(0, len(self.text)))

    def units(self, span: Span) -> int:
        """Length of a span in units of the encoding."""
        return self._units(self.text[span.start : span.end])

    def _units(self, letters: str) -> int:
        if self._is_ascii or self.encoding is Encoding.Utf32:
            return len(letters)
        if self.encoding is Encoding.Utf8:
            # A lone surrogate, which no encoding has, must not stop a server.
            return len(letters.encode("utf-8", "surrogatepass"))
        return len(letters) + sum(letter > "\uffff" for letter in letters)

    def _letters(self, line: str, units: int) -> int:
        """How many letters of a line begin before that many units."""
        count = 0
        for index, letter in enumerate(line):
            if count >= units:
                return index
            count += self._units(letter)
        return len(line)
