"""Trees and tables of lines, aligned by what a terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from recipedsl.diagnostics.render.pieces import Line, Piece, Role, cut, escaped, line, width

ELLIPSIS = "…"


def fit(text: str, room: int) -> str:
    """Text of any origin on one line of at most `room` columns, safe to print."""
    clean = escaped(" ".join(text.split()))
    return clean if width(clean) <= room else cut(clean, 0, max(1, room) - 1).rstrip() + ELLIPSIS


def pad(text: str, room: int, *, right: bool = False) -> str:
    """Text filled up with spaces to `room` columns."""
    space = " " * max(0, room - width(text))
    return space + text if right else text + space


@dataclass
class Branch:
    """A line and what hangs below it: branches, or a block of text with a bar at its left."""

    head: Line
    twigs: list[Branch] = field(default_factory=list)
    block: list[Line] = field(default_factory=list)


def leaf(*pieces: Piece | str) -> Branch:
    """A branch without twigs."""
    return Branch(line(*pieces))


def draw_tree(root: Branch) -> list[Line]:
    """The root's line and its branches with connectors."""
    return [root.head, *_twigs(root.twigs, "")]


def _twigs(branches: Sequence[Branch], indent: str) -> Iterable[Line]:
    for number, branch in enumerate(branches, 1):
        is_last = number == len(branches)
        yield (Piece(indent + ("└─ " if is_last else "├─ "), Role.FAINT), *branch.head)
        below = indent + ("   " if is_last else "│  ")
        yield from ((Piece(f"{below}┃ ", Role.FAINT), *each) for each in branch.block)
        yield from _twigs(branch.twigs, below)


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of a table; `indent` spaces stand before a text in the first column."""

    text: str
    role: Role = Role.PLAIN
    indent: int = 0


@dataclass(frozen=True)
class Table:
    """Rows of cells; `right` tells which columns are aligned at the right (numbers)."""

    rows: Sequence[Sequence[Cell]]
    right: Sequence[bool]
    gap: str = "  "

    @property
    def width(self) -> int:
        """Columns that the table takes where it has all the room."""
        return sum(self._widths()) + len(self.gap) * (len(self.right) - 1)

    def _widths(self) -> list[int]:
        return [max(_size(row[n]) for row in self.rows if n < len(row)) for n in range(len(self.right))]

    def lines(self, room: int) -> list[Line]:
        """The rows as lines of at most `room` columns; the first column gives way."""
        if not self.rows:
            return []
        widths = self._widths()
        surplus = sum(widths) + len(self.gap) * (len(widths) - 1) - room
        if surplus > 0:
            widths[0] = max(12, widths[0] - surplus)
        return [self._line(row, widths) for row in self.rows]

    def _line(self, row: Sequence[Cell], widths: Sequence[int]) -> Line:
        pieces: list[Piece] = []
        for number, cell in enumerate(row):
            text = (
                " " * cell.indent + fit(cell.text, widths[0] - cell.indent)
                if number == 0
                else escaped(cell.text)
            )
            is_last = number == len(row) - 1 and not self.right[number]
            pieces.append(
                Piece(text if is_last else pad(text, widths[number], right=self.right[number]), cell.role)
            )
            pieces.append(Piece(self.gap))
        return tuple(pieces[:-1])


def _size(cell: Cell) -> int:
    return cell.indent + width(escaped(cell.text))
