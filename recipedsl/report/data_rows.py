"""Rows as people read them: conversations as turns, long texts folded, nothing that drives a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recipedsl.diagnostics.render.pieces import Line, Piece, Role, cut, escaped, line, width
from recipedsl.report.layout import fit, pad
from recipedsl.report.numbers import count, plural

#: Lines of one text; what stands at its end matters too, so the middle gives way.
_MOST = 12
#: Items of a list, and characters of each text, that are looked at: a row of anybody may be endless.
_ITEMS, _LETTERS = 40, 20_000
_ROLE = 24  # columns of the name of a role
_ROLES = ("role", "from")
_SAID = ("thinking", "reasoning_content", "content", "value")


def draw_rows(rows: Sequence[tuple[int, Mapping[str, Any]]], of: int, room: int) -> list[Line]:
    """Rows one below the other, a block each, columns in their order.

    Args:
        rows: with their numbers, from 1.
        of: how many there are in all.
        room: columns of the terminal.
    """
    lines: list[Line] = []
    for number, row in rows:
        words = f"row {count(number)} of {count(of)} "
        lines.append(line(Piece(words, Role.NAME), Piece("─" * max(0, room - len(words)), Role.FAINT)))
        lines += _row(row, room)
        lines.append(())
    return lines[:-1] if lines else [line(Piece("no row fits", Role.WARNING))]


def _row(row: Mapping[str, Any], room: int) -> Iterator[Line]:
    name_room = min(20, max((width(escaped(name)) for name in row), default=0))
    for name, value in row.items():
        turns = list(turns_of(value))
        if not turns[0][0]:
            yield from _value(pad(fit(name, name_room), name_room), turns[0][1], room)
            continue
        yield line(Piece(fit(name, room), Role.FAINT))
        role_room = max(len(fit(role, _ROLE)) for role, _ in turns)
        for role, text in turns:
            yield from _value("  " + pad(fit(role, _ROLE), role_room), text, room, role=Role.SECONDARY)


def turns_of(value: Any) -> Iterator[tuple[str, str]]:
    """A value of a row as turns, role and text; what is no conversation is one text without a role."""
    if not _is_messages(value):
        yield "", _text(value)
        return
    for message in value[:_ITEMS]:
        yield from _message(message)
    if len(value) > _ITEMS:
        yield "…", f"{plural(len(value) - _ITEMS, 'message')} left out"


def _is_messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_message(each) for each in value)


def _is_message(value: Any) -> bool:
    return isinstance(value, Mapping) and any(value.get(name) for name in _ROLES)


def _message(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is said, what is thought before it, and what else the message holds."""
    role = next(str(message[name]) for name in _ROLES if message.get(name))
    said = [(name, str(message[name])) for name in _SAID if message.get(name)]
    for name, text in said or [("content", "")]:
        yield role if name in ("content", "value") else f"{role}, {name}", text
    for name, value in message.items():
        if name not in (*_ROLES, *_SAID) and value not in (None, [], {}, ""):
            yield name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "none" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _value(name: str, text: str, room: int, *, role: Role = Role.FAINT) -> Iterator[Line]:
    """A text beside its name, folded to lines; the middle of a long one is left out."""
    indent = width(name) + 2
    for place, each in enumerate(_folded(text, max(20, room - indent))):
        left = Piece(name, role) if place == 0 else Piece(" " * (indent - 2))
        yield line(left, "  ", each)


def _folded(text: str, room: int) -> list[Piece]:
    """The lines of a text, wrapped; of a long one the beginning and the end, with what is left out told."""
    if not text.strip():
        return [Piece("(blank)" if text else "(empty)", Role.FAINT)]
    head = list(_wrapped(text[:_LETTERS], room))
    if len(text) <= _LETTERS and len(head) <= _MOST:
        return [Piece(each) for each in head]
    tail = list(_wrapped(text[-_LETTERS:], room))[-3:]
    kept = head[: _MOST - 4]
    gone = len(text) - sum(map(len, kept)) - sum(map(len, tail))
    return [
        *map(Piece, kept),
        Piece(f"… {plural(gone, 'character')} left out …", Role.FAINT),
        *map(Piece, tail),
    ]


def _wrapped(text: str, room: int) -> Iterator[str]:
    """Lines of at most `room` columns, broken at spaces where there are any."""
    for each in escaped(text.replace("\r\n", "\n").strip("\n"), keep_lines=True).split("\n"):
        rest = each
        while width(rest) > room:
            part = cut(rest, 0, room)
            space = part.rfind(" ", room // 2)
            part = part[: space + 1] if space > 0 else part
            yield part.rstrip()
            rest = rest[max(1, len(part)) :]
        yield rest
