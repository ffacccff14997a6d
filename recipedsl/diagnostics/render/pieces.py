"""Lines of output as plain data: pieces of text and what each is for. Colour comes last, if at all."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

TAB_WIDTH = 4


class Role(StrEnum):
    """What a piece of output is; a terminal gives each its colour."""

    PLAIN = "plain"
    MESSAGE = "message"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    HINT = "hint"
    GUTTER = "gutter"
    SECONDARY = "secondary"
    VALUE = "value"
    NOTE = "note"
    HELP = "help"
    ADDED = "added"
    REMOVED = "removed"
    FAINT = "faint"
    NAME = "name"
    GOOD = "good"
    BAD = "bad"
    TRAINED = "trained"


#: Styles of rich; bright enough on dark and light grounds.
STYLES: dict[Role, str] = {
    Role.PLAIN: "",
    Role.MESSAGE: "bold",
    Role.ERROR: "bold red",
    Role.WARNING: "bold yellow",
    Role.INFO: "bold cyan",
    Role.HINT: "bold green",
    Role.GUTTER: "blue",
    Role.SECONDARY: "bold blue",
    Role.VALUE: "magenta",
    Role.NOTE: "bold",
    Role.HELP: "bold cyan",
    Role.ADDED: "green",
    Role.REMOVED: "red",
    Role.FAINT: "dim",
    Role.NAME: "bold",
    Role.GOOD: "green",
    Role.BAD: "bold red",
    Role.TRAINED: "bold green",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of one line, free of control characters."""

    text: str
    role: Role = Role.PLAIN


Line = tuple[Piece, ...]


def line(*pieces: Piece | str) -> Line:
    """A line of pieces; a string is a plain one."""
    return tuple(Piece(each) if isinstance(each, str) else each for each in pieces)


def to_plain(lines: Iterable[Line]) -> str:
    """The lines without colours; ends with a line end unless empty."""
    return "".join("".join(escaped(piece.text) for piece in each).rstrip() + "\n" for each in lines)


def to_ansi(lines: Iterable[Line]) -> str:
    """The lines with the colours of a terminal."""
    from rich.color import ColorSystem
    from rich.style import Style

    styles = {role: Style.parse(style) for role, style in STYLES.items()}

    def coloured(piece: Piece) -> str:
        return styles[piece.role].render(escaped(piece.text), color_system=ColorSystem.STANDARD)

    return "".join("".join(map(coloured, each)) + "\n" for each in lines)


# --- characters ---------------------------------------------------------------------------------

# Control, format (bidirectional marks, zero-width joiners), surrogates, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NO_WIDTH = frozenset({"Mn", "Me"})


def shown(letter: str) -> str:
    """How one character of a source or a row is printed: what could drive a terminal is spelled out."""
    if letter == "\t":
        return " " * TAB_WIDTH
    if unicodedata.category(letter) not in _HIDDEN:
        return letter
    code = ord(letter)
    if code < 0x20:
        return chr(0x2400 + code)  # the control pictures: ESC becomes ␛
    return "\u2421" if code == 0x7F else f"\\u{{{code:X}}}"


def escaped(text: str, *, keep_lines: bool = False) -> str:
    """Text that is safe to print.

    Args:
        text: of whatever origin.
        keep_lines: whether line feeds stay what they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return _spelled_out(text, keep_lines)


# A line of a million characters may have thousands of problems: it is looked through once.
@lru_cache(maxsize=16)
def _spelled_out(text: str, keep_lines: bool) -> str:
    return "".join(letter if keep_lines and letter == "\n" else shown(letter) for letter in text)


def width(text: str) -> int:
    """Columns that printable text takes in a terminal (Unicode Annex 11: wide and full width take two)."""
    if text.isascii():
        return len(text)
    return _starts(text)[-1] if len(text) > 1 else _letter_width(text)


def _letter_width(letter: str) -> int:
    if unicodedata.category(letter) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def columns(text: str) -> Sequence[int]:
    """Terminal column at which each character of `text` begins, and where the last one ends."""
    if text.isascii() and text.isprintable():
        return range(len(text) + 1)
    return _columns(text)


@lru_cache(maxsize=16)
def _columns(text: str) -> Sequence[int]:
    starts = [0]
    for letter in text:
        starts.append(starts[-1] + sum(map(_letter_width, shown(letter))))
    return starts


@lru_cache(maxsize=16)
def _starts(text: str) -> Sequence[int]:
    """Like `columns`, of text that is printable."""
    starts = [0]
    for letter in text:
        starts.append(starts[-1] + _letter_width(letter))
    return starts


def cut(text: str, start: int, end: int) -> str:
    """The part of printable text between two terminal columns; half a wide character becomes a space."""
    if text.isascii():
        return text[max(0, start) : max(0, end)]
    starts = _starts(text)
    kept: list[str] = []
    # The character before the first may reach into the part.
    for index in range(max(0, bisect_left(starts, start) - 1), len(text)):
        place, stop = starts[index], starts[index + 1]
        if place > end:
            break
        if place >= start and stop <= end:
            kept.append(text[index])
        elif place < end and stop > start:
            kept.append(" " * (min(end, stop) - max(start, place)))
    return "".join(kept)
