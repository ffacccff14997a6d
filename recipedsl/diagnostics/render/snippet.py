"""Source lines with their marks and a gutter of line numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise

from recipedsl.diagnostics.render.marks import Mark, draw
from recipedsl.diagnostics.render.pieces import Line, Piece, Role, columns, cut, escaped, line, width
from recipedsl.source import Source, Span

#: A span over more lines than this shows its first two and its last two.
_MOST_LINES = 6
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Pointer:
    """A span of a source, what is said of it and how it is drawn."""

    span: Span
    text: str
    role: Role
    sign: str


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A pointer in lines and terminal columns; `depth` is its bar when it goes over several lines."""

    pointer: Pointer
    first: int
    last: int
    start: int
    end: int
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a long line that is shown, in terminal columns."""

    start: int
    end: int
    whole: int

    def show(self, text: str) -> str:
        """The part, with an ellipsis at an end that is cut."""
        part = cut(text, self.start, self.end)
        head = _ELLIPSIS if self.start > 0 else ""
        tail = _ELLIPSIS if self.end < self.whole else ""
        return head + part[len(head) :] + tail

    def place(self, column: int) -> int:
        """Where a column of the line stands on the screen."""
        return max(0, min(column, self.end) - self.start)


def window_for(size: int, start: int, end: int, room: int) -> Window:
    """The part of a line of `size` columns that shows `start..end`, or else its beginning, in `room`."""
    if size <= room:
        return Window(0, size, size)
    end = min(end, size)
    if end <= room - 1:
        return Window(0, room - 1, size)
    # A few columns before the label tell where it is; what follows it has the rest.
    left = max(0, start - max(8, (room - (end - start)) // 2))
    left = min(left, size - room + 1)
    return Window(left, min(size, left + room - 1), size)


def number_width(source: Source, pointers: Sequence[Pointer]) -> int:
    """Digits of the highest line number that will be shown."""
    return max((len(str(source.position(each.span.end).line)) for each in pointers), default=1)


def snippet(source: Source, pointers: Sequence[Pointer], gutter: int, room: int) -> list[Line]:
    """The lines of a source that pointers are about, marked.

    Args:
        source: the text.
        pointers: at least one.
        gutter: digits that the line numbers get.
        room: columns that source lines get.
    """
    stretches = _with_depths([_stretch(source, each) for each in pointers])
    bars = max((each.depth for each in stretches), default=0)
    drawn: list[Line] = []
    for number in _numbers(stretches):
        if number is None:
            drawn.append(line(Piece("...", Role.GUTTER)))
        else:
            drawn += _draw_line(source, number, stretches, gutter, bars, room)
    return drawn


def _stretch(source: Source, pointer: Pointer) -> _Stretch:
    start, end = pointer.span.start, max(pointer.span.start, pointer.span.end)
    while end > start and source.text[end - 1 : end] in ("\n", "\r"):
        end -= 1
    first, last = source.position(start), source.position(end)
    left = columns(source.line(first.line))
    right = left if first.line == last.line else columns(source.line(last.line))
    begin = left[min(first.column - 1, len(left) - 1)]
    stop = right[min(last.column - 1, len(right) - 1)]
    if first.line == last.line:
        stop = max(stop, begin + 1)
    return _Stretch(pointer, first.line, last.line, begin, max(stop, 1))


def _with_depths(stretches: Sequence[_Stretch]) -> list[_Stretch]:
    """Gives every stretch of several lines a bar of its own among those that it overlaps."""
    found: list[_Stretch] = []
    for each in stretches:
        taken = {other.depth for other in found if other.first <= each.last and each.first <= other.last}
        free = next(depth for depth in count(1) if depth not in taken)
        found.append(replace(each, depth=free if each.last > each.first else 0))
    return found


def _numbers(stretches: Sequence[_Stretch]) -> Iterator[int | None]:
    """Line numbers to show, in order; None where lines are left out."""
    wanted: set[int] = set()
    for each in stretches:
        inner = range(each.first, each.last + 1)
        wanted.update(inner if len(inner) <= _MOST_LINES else [*inner[:2], *inner[-2:]])
    ordered = sorted(wanted)
    yield from ordered[:1]
    for before, number in pairwise(ordered):
        if number - before == 2:
            yield before + 1  # one line takes no more room than the sign that it is left out
        elif number - before > 2:
            yield None
        yield number


def _draw_line(
    source: Source, number: int, stretches: Sequence[_Stretch], gutter: int, bars: int, room: int
) -> Iterator[Line]:
    text = escaped(source.line(number))
    here = [each for each in stretches if not each.depth and each.first == number]
    bounds = [(each.start, each.end + _beside(each, room)) for each in here if each.pointer.sign]
    bounds = bounds or _edges(stretches, number)
    view = window_for(
        width(text),
        min((a for a, _ in bounds), default=0),
        max((b for _, b in bounds), default=0),
        room - 2 * bars,
    )
    yield line(
        Piece(f"{number:>{gutter}} | ", Role.GUTTER),
        *_prefix(stretches, number, bars, source),
        Piece(view.show(text)),
    )
    empty = Piece(f"{'':>{gutter}} | ", Role.GUTTER)
    below = _prefix(stretches, number, bars, source, below=True)
    for row in draw([_mark(each, view) for each in here]):
        yield (empty, *below, *row)
    for each in stretches:
        if each.depth and each.first == number and not _at_margin(each, source):
            yield (empty, *_opening(each, stretches, number, bars, view, source))
    for each in stretches:
        if each.depth and each.last == number:
            yield (empty, *_closing(each, stretches, number, bars, view, source))


def _beside(each: _Stretch, room: int) -> int:
    """Columns that are left free behind an underline, so that its label is in sight."""
    return min(width(each.pointer.text) + 2, room // 3) if each.pointer.text else 0


def _edges(stretches: Sequence[_Stretch], number: int) -> list[tuple[int, int]]:
    starts = [(each.start, each.start + 1) for each in stretches if each.depth and each.first == number]
    return starts + [(each.end - 1, each.end) for each in stretches if each.depth and each.last == number]


def _mark(each: _Stretch, view: Window) -> Mark:
    start = view.place(each.start)
    return Mark(
        start, max(start + 1, view.place(each.end)), each.pointer.text, each.pointer.role, each.pointer.sign
    )


def _at_margin(each: _Stretch, source: Source) -> bool:
    """Whether a span of several lines begins with the first letter of its line."""
    text = source.line(each.first)
    return columns(text)[len(text) - len(text.lstrip())] >= each.start


def _prefix(
    stretches: Sequence[_Stretch], number: int, bars: int, source: Source, *, below: bool = False
) -> tuple[Piece, ...]:
    """The bars left of a source line, or of the rows below it."""
    pieces = [Piece("  ")] * bars
    for each in stretches:
        if not each.depth:
            continue
        begins = each.first == number and not below and _at_margin(each, source)
        starts_above = each.first < number or (below and each.first == number and _at_margin(each, source))
        if begins:
            pieces[each.depth - 1] = Piece("/ ", each.pointer.role)
        elif starts_above and number <= each.last:
            pieces[each.depth - 1] = Piece("| ", each.pointer.role)
    return tuple(pieces)


def _opening(
    each: _Stretch, stretches: Sequence[_Stretch], number: int, bars: int, view: Window, source: Source
) -> tuple[Piece, ...]:
    """` ______^` below the first line."""
    prefix = _prefix(stretches, number, bars, source, below=True)
    reach = 2 * (bars - each.depth) + view.place(each.start)
    return (*prefix[: each.depth - 1], Piece(" _" + "_" * reach + each.pointer.sign, each.pointer.role))


def _closing(
    each: _Stretch, stretches: Sequence[_Stretch], number: int, bars: int, view: Window, source: Source
) -> tuple[Piece, ...]:
    """`|______^ text` below the last line."""
    prefix = _prefix(stretches, number, bars, source, below=True)
    reach = 2 * (bars - each.depth) + max(0, view.place(each.end) - 1)
    text = f" {escaped(each.pointer.text)}" if each.pointer.text else ""
    return (
        *prefix[: each.depth - 1],
        Piece("|_" + "_" * reach + each.pointer.sign + text, each.pointer.role),
    )
