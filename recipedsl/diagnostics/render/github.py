"""Diagnostics as annotations of a GitHub workflow: `::error file=…,line=…,title=…::message`.

Source: GitHub's workflow commands, and `@actions/core` for what has to be escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from recipedsl.diagnostics import Diagnostic, Severity
from recipedsl.diagnostics.render.pieces import escaped

_WORDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
    Severity.HINT: "notice",
}


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """One command a line; notes and helps follow the message."""
    return "".join(_command(each) for each in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    properties = ",".join(f"{name}={_property(value)}" for name, value in _properties(diagnostic))
    return f"::{_WORDS[diagnostic.severity]} {properties}::{_data(_message(diagnostic))}\n"


def _properties(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    label = diagnostic.primary
    if label is not None:
        start, end = (label.source.position(each) for each in (label.span.start, label.span.end))
        yield "file", label.source.path
        yield "line", str(start.line)
        yield "endLine", str(end.line)
        # Columns of a stretch over several lines are not shown, and refused by some versions.
        if start.line == end.line:
            yield "col", str(start.column)
            yield "endColumn", str(end.column)
    yield "title", f"{diagnostic.code} {diagnostic.kind.name}"


def _message(diagnostic: Diagnostic) -> str:
    lines = [diagnostic.message]
    lines += [f"note: {each}" for each in diagnostic.notes]
    lines += [f"help: {each.text}" for each in diagnostic.helps]
    return "\n".join(lines)


def _data(text: str) -> str:
    """A line feed in a message is spelled out, so that no message can begin a command of its own."""
    clean = escaped(text, keep_lines=True)
    return clean.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
