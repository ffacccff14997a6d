"""A fix as a small diff: the lines before and after its edits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from recipedsl.diagnostics import Edit
from recipedsl.diagnostics.render.pieces import Line, Piece, Role, escaped, line, width
from recipedsl.diagnostics.render.snippet import window_for
from recipedsl.source import Source, Span

#: Lines of one fix that are shown; a whole new block need not be read here.
_MOST_LINES = 12

#: Characters of a line before its first difference, and in all, that are looked at for what is shown.
_MOST_BEFORE, _MOST_LETTERS = 1000, 4000


@dataclass(frozen=True, slots=True)
class Change:
    """Neighbouring lines of a source before and after; `first` is the number of the first one."""

    source: Source
    first: int
    before: tuple[str, ...]
    after: tuple[str, ...]


def changes(edits: Iterable[Edit]) -> list[Change]:
    """What edits do to lines, file by file; edits that touch the same lines are put together."""
    found: list[Change] = []
    by_source: dict[int, list[Edit]] = {}
    for edit in edits:
        by_source.setdefault(id(edit.source), []).append(edit)
    for group in by_source.values():
        group.sort(key=lambda edit: edit.span)
        found += [_change(each) for each in _neighbours(group)]
    return [each for each in found if each.before != each.after]


def apply(text: str, edits: Iterable[Edit], offset: int = 0) -> str:
    """The text with edits of one source done; `offset` is where in the source the text begins.

    An edit that overlaps one before it is left out.
    """
    made, done = [], 0
    for edit in sorted(edits, key=lambda each: each.span):
        start, end = edit.span.start - offset, edit.span.end - offset
        if start >= done:
            made += [text[done:start], edit.text]
            done = end
    return "".join(made) + text[done:]


def _neighbours(edits: Sequence[Edit]) -> list[list[Edit]]:
    groups: list[list[Edit]] = []
    reached = -1
    for edit in edits:
        first, last = _lines(edit.source, edit.span)
        if groups and first <= reached:
            groups[-1].append(edit)
        else:
            groups.append([edit])
        reached = max(reached, last)
    return groups


def _lines(source: Source, span: Span) -> tuple[int, int]:
    return source.position(span.start).line, source.position(span.end).line


def _change(edits: Sequence[Edit]) -> Change:
    source = edits[0].source
    first = _lines(source, edits[0].span)[0]
    last = max(_lines(source, edit.span)[1] for edit in edits)
    start = source.line_starts[first - 1]
    end = source.line_starts[last] if last < len(source.line_starts) else len(source.text)
    old = source.text[start:end]
    return _trimmed(source, first, _split(old), _split(apply(old, edits, start)))


def _split(text: str) -> list[str]:
    return [each.rstrip("\r") for each in text.removesuffix("\n").split("\n")]


def _trimmed(source: Source, first: int, before: list[str], after: list[str]) -> Change:
    """Without the lines at both ends that stay as they are."""
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    while before and after and before[0] == after[0]:
        before, after, first = before[1:], after[1:], first + 1
    return Change(source, first, tuple(before), tuple(after))


def draw_change(change: Change, gutter: int, room: int) -> list[Line]:
    """`23 - old` and `23 + new`."""
    change = _clipped(change)
    start = _first_difference(change)
    rows: list[Line] = []
    for sign, lines, role in (("-", change.before, Role.REMOVED), ("+", change.after, Role.ADDED)):
        for index, text in enumerate(lines[:_MOST_LINES]):
            clean = escaped(text)
            view = window_for(width(clean), start, start + 1, room)
            number = Piece(f"{change.first + index:>{gutter}} ", Role.GUTTER)
            rows.append(line(number, Piece(f"{sign} {view.show(clean)}", role)))
        if len(lines) > _MOST_LINES:
            rows.append(line(f"{'':>{gutter}} {sign} … {len(lines) - _MOST_LINES} more lines"))
    return rows


def _clipped(change: Change) -> Change:
    """Without what is far from the first difference of lines that are longer than any screen."""
    if max(map(len, (*change.before, *change.after)), default=0) <= _MOST_LETTERS:
        return change
    same = _same(change.before[0], change.after[0]) if change.before and change.after else 0
    start = max(0, same - _MOST_BEFORE)
    before, after = _from(change.before, start), _from(change.after, start)
    return replace(change, before=before, after=after)


def _from(lines: tuple[str, ...], start: int) -> tuple[str, ...]:
    first = (each[start : start + _MOST_LETTERS] for each in lines[:1])
    return (*first, *(each[:_MOST_LETTERS] for each in lines[1:]))


def _same(old: str, new: str) -> int:
    """How many characters two texts begin with in common, by halving: comparing slices is fast."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _first_difference(change: Change) -> int:
    if not (change.before and change.after):
        return 0
    old, new = escaped(change.before[0]), escaped(change.after[0])
    same = next(
        (index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    return width(old[:same])
