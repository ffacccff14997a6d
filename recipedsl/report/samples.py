"""A rendered row with the trained tokens marked: by colour, and by ⟦ ⟧ where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recipedsl.diagnostics.render.pieces import Line, Piece, Role, cut, escaped, width

#: Lines of one sample; the end matters (the stop token), so the middle is left out.
MOST_LINES = 16

_OPEN, _CLOSE = "⟦", "⟧"


def draw_sample(segments: Sequence[Mapping[str, Any]], room: int, *, most: int = MOST_LINES) -> list[Line]:
    """The segments of a row as lines of at most `room` columns.

    Args:
        segments: `{"text", "trained"}`, in order; `part` begins a new paragraph where it changes.
        room: columns.
        most: lines at most; the middle gives way.
    """
    lines: list[Line] = []
    for name, group in _parts(segments):
        if name:
            lines.append((Piece(f"{name}:", Role.FAINT),))
        lines += _draw_part(group, room)
    if len(lines) <= most:
        return lines
    head = most * 2 // 3
    tail = most - head - 1
    left_out = len(lines) - head - tail
    return [*lines[:head], (Piece(f"… {left_out} lines left out …", Role.FAINT),), *lines[-tail:]]


def _parts(segments: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    group: list[Mapping[str, Any]] = []
    for segment in segments:
        if group and group[-1].get("part", "") != segment.get("part", ""):
            yield str(group[-1].get("part", "")), group
            group = []
        group.append(segment)
    if group:
        yield str(group[-1].get("part", "")), group


def _draw_part(segments: Sequence[Mapping[str, Any]], room: int) -> Iterator[Line]:
    for pieces in _text_lines(segments):
        yield from _wrapped(pieces, room)


def _text_lines(segments: Sequence[Mapping[str, Any]]) -> Iterator[list[Piece]]:
    """One list of pieces for each line of the text; marks stand round each run of trained text."""
    current: list[Piece] = []
    for segment in segments:
        trained = bool(segment["trained"])
        role = Role.TRAINED if trained else Role.PLAIN
        text = f"{_OPEN}{segment['text']}{_CLOSE}" if trained else str(segment["text"])
        head, *more = escaped(text, keep_lines=True).split("\n")
        current.append(Piece(head, role))
        for part in more:
            yield current
            current = [Piece(part, role)]
    if any(piece.text for piece in current):
        yield current


def _wrapped(pieces: Sequence[Piece], room: int) -> Iterator[Line]:
    row: list[Piece] = []
    used = 0
    for piece in pieces:
        text = piece.text
        while used + width(text) > room:
            part = cut(text, 0, room - used)
            row.append(Piece(part, piece.role))
            yield tuple(row)
            text, row, used = text[max(1, len(part.rstrip(" ")) or len(part)) :], [], 0
        row.append(Piece(text, piece.role))
        used += width(text)
    yield tuple(row)
