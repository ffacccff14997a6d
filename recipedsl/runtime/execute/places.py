"""Gives a problem that arose while running its place in the recipe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recipedsl.diagnostics import Diagnostic, Label, Value
from recipedsl.plan.model import Origin
from recipedsl.source import Location, Source, Span
from recipedsl.source.paths import file_below


def placed(diagnostic: Diagnostic, origin: Origin | Location, root: Path) -> Diagnostic:
    """The diagnostic with the stretch of the recipe that it belongs to, its values drawn there.

    Where the text is not at hand any more, or has no such line, the place is a note.
    """
    if diagnostic.primary is not None:
        return diagnostic
    found = label_of(origin, root)
    if found is None:
        return replace(diagnostic, notes=(*diagnostic.notes, f"at {origin}"), values=())
    start = found.span.start
    values = tuple(
        Value(Span(start + each.span.start, start + each.span.end), each.text) for each in diagnostic.values
    )
    return replace(diagnostic, primary=found, values=values)


def label_of(origin: Origin | Location, root: Path, text: str = "") -> Label | None:
    """The stretch that an origin names, read from the recipe as it is now; None if it has no such place."""
    file = file_below(root, origin.path)
    if file is None:
        return None
    try:
        source = Source(origin.path, file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    start = _offset(source, origin.line, origin.column)
    end = _offset(source, origin.end_line, origin.end_column)
    return None if start is None or end is None or end < start else Label(source, Span(start, end), text)


def _offset(source: Source, line: int, column: int) -> int | None:
    """Offset of a line and column, both from 1; None for a place that the text does not have."""
    if not 1 <= line <= len(source.line_starts) or column > len(source.line(line)) + 1:
        return None
    return source.line_starts[line - 1] + column - 1
