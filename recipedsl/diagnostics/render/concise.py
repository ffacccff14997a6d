"""Diagnostics one a line, as editors and logs like them: `file:line:col: error[D201] message`."""

from __future__ import annotations

from collections.abc import Iterable

from recipedsl.diagnostics import Diagnostic
from recipedsl.diagnostics.render.pieces import escaped


def render_concise(diagnostics: Iterable[Diagnostic]) -> str:
    """One line a diagnostic; one without a place begins with its severity."""
    return "".join(f"{_place(each)}{each.severity}[{each.code}] {_message(each)}\n" for each in diagnostics)


def _place(diagnostic: Diagnostic) -> str:
    if diagnostic.primary is None:
        return ""
    source = diagnostic.primary.source
    start = source.position(diagnostic.primary.span.start)
    return f"{escaped(source.path)}:{start.line}:{start.column}: "


def _message(diagnostic: Diagnostic) -> str:
    return escaped(" ".join(diagnostic.message.split("\n")))
