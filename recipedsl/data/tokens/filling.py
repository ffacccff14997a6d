"""A way through a template filled with the texts of many rows at once.

What comes out of a template for a row is a few pieces: the template's own, and texts of the row. All
of them lie in one Arrow array, the pool; a batch is the places of its pieces in the pool, row by
row, and taking them gives the bytes of all rows behind one another.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import polars as pl
import pyarrow as arrow
from numpy.typing import NDArray

from recipedsl.data.tokens.mask import Marked, Span
from recipedsl.data.tokens.ragged import as_array, bytes_of
from recipedsl.data.tokens.sandbox import MAX_CHARACTERS
from recipedsl.data.tokens.talk import Besides, Places, Talk
from recipedsl.data.tokens.texts import Texts, as_bytes
from recipedsl.data.tokens.unknown import FIRST, JOINED, STANDING, Question, Step

Flags = NDArray[np.bool_]

#: What `str.strip` takes away.
BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
#: Methods of `str` as Polars has them, for one argument that is a text.
_STRIPS: dict[str, Callable[[pl.Series, str], pl.Series]] = {
    "strip": lambda texts, letters: texts.str.strip_chars(letters),
    "lstrip": lambda texts, letters: texts.str.strip_chars_start(letters),
    "rstrip": lambda texts, letters: texts.str.strip_chars_end(letters),
}
_QUESTIONS: dict[str, Callable[[pl.Series, str], pl.Series]] = {
    "startswith": lambda texts, part: texts.str.starts_with(part),
    "endswith": lambda texts, part: texts.str.ends_with(part),
    "__contains__": lambda texts, part: texts.str.contains(part, literal=True),
    "__eq__": lambda texts, other: texts == other,
}


@dataclass(frozen=True)
class Weave:
    """How all conversations of a kind come out that answer the same.

    Attributes:
        steps: how the texts are made that the template writes, one from another.
        questions: what has to be answered as before.
        parts: pieces of text; a place for a text is empty.
        places: positions in `parts`, with the number of the step whose text goes there.
        borders: positions in `parts` where spans begin and end, in order.
    """

    steps: tuple[Step, ...]
    questions: tuple[Question, ...]
    parts: tuple[bytes, ...]
    places: tuple[tuple[int, int], ...]
    borders: tuple[int, ...]


@dataclass(frozen=True)
class Spans:
    """Ranges of bytes in texts.

    Attributes:
        rows: of each span, in order for each row.
        starts, ends: half-open, in the bytes of all texts behind one another.
    """

    rows: Places
    starts: Places
    ends: Places

    @classmethod
    def of(cls, texts: Texts, spans: Sequence[Sequence[Span]]) -> Spans:
        """Of the spans of each text, in its own bytes."""
        rows = np.repeat(np.arange(len(spans)), [len(each) for each in spans])
        ranges = np.array([span for each in spans for span in each], np.int64).reshape(-1, 2)
        return cls(rows, *(texts.utf8.ends[rows] + ranges.T))

    def of_rows(self, chosen: Places, texts: Texts) -> list[list[Span]]:
        """The spans of chosen rows, each in its own bytes."""
        order = np.argsort(self.rows, kind="stable")
        firsts, lasts = (np.searchsorted(self.rows[order], chosen, side) for side in ("left", "right"))
        found = []
        for row, first, last in zip(chosen.tolist(), firsts, lasts, strict=True):
            own, start = order[first:last], texts.utf8.ends[row]
            found.append(list(zip(self.starts[own] - start, self.ends[own] - start, strict=True)))
        return found


@dataclass(frozen=True)
class Rendered:
    """Rendered conversations.

    Attributes:
        texts: whole renderings.
        spans: of what is trained.
    """

    texts: Texts
    spans: Spans

    @classmethod
    def of(cls, marked: Sequence[Marked]) -> Rendered:
        """Of marked texts, whose spans are in characters."""
        texts = Texts.of([each.text for each in marked])
        return cls(texts, Spans.of(texts, [in_bytes(each.text, each.spans) for each in marked]))


def in_bytes(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Ranges of characters as ranges of UTF-8 bytes."""
    if text.isascii():
        return tuple(spans)
    return tuple((len(text[:start].encode()), len(text[:end].encode())) for start, end in spans)


def in_characters(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Ranges of UTF-8 bytes, which begin and end with characters, as ranges of characters."""
    if text.isascii():
        return tuple(spans)
    data = text.encode()
    return tuple((len(data[:start].decode()), len(data[:end].decode())) for start, end in spans)


@dataclass(frozen=True)
class _Chunk:
    """Rows that are made of the same number of pieces.

    Attributes:
        rows: of the batch.
        pieces: places in the pool: int64 `[rows, pieces]`.
        borders: positions among the pieces where spans begin and end.
    """

    rows: Places
    pieces: Places
    borders: tuple[int, ...]


class Filling:
    """The renderings of a batch as they come together."""

    def __init__(self, talk: Talk, besides: Besides | None) -> None:
        """Begin with none."""
        self.talk, self.besides = talk, besides
        # The pool: arrays behind one another, where each begins, and the lengths of their texts.
        self._arrays: list[Any] = []
        self._firsts: list[int] = []
        self._lengths: list[Places] = []
        self._count = 0
        self._chunks: list[_Chunk] = []
        self._add(talk.pool)
        if besides:
            self._add(as_bytes(pl.Series(besides.texts, dtype=pl.String)))

    def _add(self, array: Any) -> int:
        """Put texts into the pool; returns the place of the first."""
        self._arrays.append(array)
        self._firsts.append(self._count)
        self._lengths.append(np.diff(bytes_of(array)[0]))
        self._count += len(array)
        return self._count - len(array)

    def put(self, row: int, marked: Marked) -> None:
        """Put a row that was rendered by itself."""
        cuts = [each for span in marked.spans for each in span]
        borders = sorted({0, *cuts, len(marked.text)})  # spans may overlap, or come in another order
        pieces = [marked.text[start:end].encode() for start, end in pairwise(borders)]
        first = self._add(arrow.array(pieces, arrow.large_binary()))
        places = np.arange(first, self._count)[None]
        self._chunks.append(_Chunk(np.array([row]), places, tuple(map(borders.index, cuts))))

    def fill(self, weave: Weave, rows: Places) -> Places:
        """Put the rows of one kind that answer as this way was made; returns the others."""
        chunk, others = self._woven(weave, rows)
        if len(chunk.rows):
            self._chunks.append(chunk)
        return others

    def proves(self, weave: Weave, row: int, marked: Marked) -> bool:
        """Whether a way gives for a row what came out when the row was rendered by itself."""
        chunk, others = self._woven(weave, np.array([row]))
        if len(others):
            return False
        pieces = [self._piece(place) for place in chunk.pieces[0].tolist()]
        ends = [*accumulate(map(len, pieces), initial=0)]
        borders = [ends[border] for border in chunk.borders]
        spans = tuple(zip(borders[::2], borders[1::2], strict=True))
        return (b"".join(pieces).decode(), spans) == (marked.text, in_bytes(marked.text, marked.spans))

    def _piece(self, place: int) -> bytes:
        source = bisect_right(self._firsts, place) - 1
        piece: bytes = self._arrays[source][place - self._firsts[source]].as_py()
        return piece

    def rendered(self) -> Rendered:
        """All of them; every row of the batch has been put."""
        counts = np.zeros(len(self.talk), np.int64)
        for chunk in self._chunks:
            counts[chunk.rows] = chunk.pieces.shape[1]
        starts = np.cumsum(counts) - counts
        places = np.empty(counts.sum(), np.int64)
        for chunk in self._chunks:
            places[starts[chunk.rows][:, None] + np.arange(chunk.pieces.shape[1])] = chunk.pieces
        pieces = arrow.concat_arrays(self._arrays).take(as_array(places))
        return Rendered(Texts.of_pieces(pieces, counts), self._spans(bytes_of(pieces)[0], starts))

    def _spans(self, ends: Places, starts: Places) -> Spans:
        """Of all rows; `ends` of the pieces, `starts` among the pieces of the rows."""
        rows, ranges = [np.zeros(0, np.int64)], [np.zeros((0, 2), np.int64)]
        for chunk in self._chunks:
            marks = ends[starts[chunk.rows][:, None] + np.array(chunk.borders, np.int64)]
            rows.append(np.repeat(chunk.rows, len(chunk.borders) // 2))
            ranges.append(marks.reshape(-1, 2))
        return Spans(np.concatenate(rows), *np.concatenate(ranges).T)

    def _woven(self, weave: Weave, rows: Places) -> tuple[_Chunk, Places]:
        if not len(rows):
            return _Chunk(rows, np.zeros((0, 0), np.int64), weave.borders), rows
        made, fits = self._made(weave.steps, rows)
        for question in weave.questions:
            fits &= _answers(question, made[question.number])
        first = self._add(arrow.array(weave.parts, arrow.large_binary()))
        pieces = np.tile(np.arange(first, self._count), (len(rows), 1))
        lengths = np.full(len(rows), sum(map(len, weave.parts)))
        for position, number in weave.places:
            pieces[:, position] = made[number].places
            lengths += made[number].lengths
        fits &= lengths <= MAX_CHARACTERS
        return _Chunk(rows[fits], pieces[fits], weave.borders), rows[~fits]

    def _made(self, steps: Sequence[Step], rows: Places) -> tuple[list[_Made], Flags]:
        """The texts of each step, and which rows have them all."""
        made: list[_Made] = []
        fits = np.ones(len(rows), np.bool_)
        for step in steps:
            if not step.method:
                made.append(self._given(self.talk.places(rows, step.number, self.besides)))
                continue
            found = _joined(step, made) if step.method == JOINED else derived(step, made[step.number].texts)
            fits &= found.is_not_null().to_numpy()
            array = as_bytes(found)
            first = self._add(array)
            made.append(_Made(np.arange(first, self._count), self._lengths[-1], array))
        return made, fits

    def _given(self, places: Places) -> _Made:
        """Texts of the rows themselves."""
        source = bisect_right(self._firsts, int(places[0])) - 1
        first = self._firsts[source]
        return _Made(places, self._lengths[source][places - first], self._arrays[source], places - first)


@dataclass(frozen=True)
class _Made:
    """The texts of a step, one for each row.

    Attributes:
        places: in the pool.
        lengths: in bytes.
        source: Arrow array that holds the texts.
        chosen: their places in it; None where it holds them in order.
    """

    places: Places
    lengths: Places
    source: Any
    chosen: Places | None = None

    @cached_property
    def texts(self) -> pl.Series:
        array = self.source if self.chosen is None else self.source.take(as_array(self.chosen))
        return pl.Series(array.cast(arrow.large_string()))


def derived(step: Step, texts: pl.Series) -> pl.Series:
    """What a method gives of texts; null where it gives too few."""
    letters = BLANKS if not step.arguments or step.arguments[0] is None else step.arguments[0]
    if step.method in _STRIPS and isinstance(letters, str) and letters:
        return _STRIPS[step.method](texts, letters)
    return pl.Series([_or_none(step, text) for text in texts.to_list()], dtype=pl.String)


def _or_none(step: Step, text: str) -> str | None:
    try:
        return step.derived(text)
    except IndexError:  # fewer parts than the row that this was made with
        return None


def _joined(step: Step, made: Sequence[_Made]) -> pl.Series:
    """Texts of known pieces and those of earlier steps."""
    text: str = step.arguments[0]
    numbers = [ord(each) - FIRST for each in STANDING.findall(text)]
    columns = [made[number].texts.to_list() for number in numbers]
    form = STANDING.sub("{}", text.replace("{", "{{").replace("}", "}}")).format
    return pl.Series([form(*each) for each in zip(*columns, strict=True)], dtype=pl.String)


def _answers(question: Question, made: _Made) -> Flags:
    """Which rows answer a question as the way was made."""
    arguments = question.arguments
    if question.method == "bool":
        given: Flags = made.lengths > 0
    elif question.method in _QUESTIONS and len(arguments) == 1 and isinstance(arguments[0], str):
        given = _QUESTIONS[question.method](made.texts, arguments[0]).to_numpy()
    else:
        return np.fromiter(map(question.holds, made.texts.to_list()), np.bool_, len(made.lengths))
    return given if question.answer else ~given
