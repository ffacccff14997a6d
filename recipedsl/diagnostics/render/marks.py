"""Draws what is said of a source line below it: underlines, labels beside and below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recipedsl.diagnostics.render.pieces import Line, Piece, Role, escaped, width


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of one line and what is said of it; columns of the terminal, `start < end`.

    Attributes:
        sign: what it is underlined with; empty for a value, which only hangs from its start.
    """

    start: int
    end: int
    text: str
    role: Role
    sign: str


class _Canvas:
    """Rows of terminal cells. A wide character holds its second cell with an empty string."""

    def __init__(self) -> None:
        self.rows: list[dict[int, tuple[str, Role]]] = []

    def put(self, row: int, column: int, text: str, role: Role) -> None:
        while len(self.rows) <= row:
            self.rows.append({})
        for letter in text:
            self.rows[row][column] = (letter, role)
            size = width(letter)
            if size == 2:
                self.rows[row][column + 1] = ("", role)
            column += max(size, 1)

    def lines(self) -> list[Line]:
        return [_as_line(row) for row in self.rows]


def _as_line(row: dict[int, tuple[str, Role]]) -> Line:
    pieces: list[Piece] = []
    for column in range(max(row, default=-1) + 1):
        letter, role = row.get(column, (" ", Role.PLAIN))
        if pieces and pieces[-1].role is role:
            pieces[-1] = Piece(pieces[-1].text + letter, role)
        else:
            pieces.append(Piece(letter, role))
    return tuple(pieces)


def draw(marks: Sequence[Mark]) -> list[Line]:
    """The rows below a source line.

    The label that ends last stands beside its underline; the others hang
    from the start of theirs, from right to left, as many in a row as there is room for.
    """
    canvas = _Canvas()
    # The primary one is drawn last, over the others.
    for mark in sorted(marks, key=lambda each: each.sign == "^"):
        canvas.put(0, mark.start, mark.sign * (mark.end - mark.start), mark.role)
    waiting = sorted((each for each in marks if each.text), key=lambda each: (-each.start, each.end))
    beside = _beside(waiting, marks)
    if beside is not None:
        waiting.remove(beside)
        canvas.put(0, beside.end + 1, escaped(beside.text), beside.role)
    _hang(canvas, waiting)
    return canvas.lines()


def _beside(waiting: Sequence[Mark], marks: Sequence[Mark]) -> Mark | None:
    """The mark whose label can stand at the end of its underline: the innermost that ends last."""
    end = max((each.end for each in marks), default=0)
    free = [each for each in waiting if each.sign and each.end == end]
    return max(free, key=lambda each: (each.start, each.sign == "^"), default=None)


def _hang(canvas: _Canvas, waiting: Sequence[Mark]) -> None:
    placed: list[tuple[int, Mark]] = []
    row, free_until = 2, None
    for mark in waiting:
        size = width(escaped(mark.text))
        if free_until is not None and mark.start + size + 2 > free_until:
            row += 1
        placed.append((row, mark))
        free_until = mark.start
    for bottom, mark in placed:
        for above in range(1, bottom):
            canvas.put(above, mark.start, "|", mark.role)
    for bottom, mark in placed:
        canvas.put(bottom, mark.start, escaped(mark.text), mark.role)
