"""Diagnostics for programs: JSON whose form has a version and a schema, which lies beside this module.

Lines and columns count from 1, in code points.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from recipedsl.diagnostics import Diagnostic, Edit, Help, Label, Value
from recipedsl.source import Source, Span

VERSION = 1


def schema() -> dict[str, Any]:
    """The JSON Schema of the form."""
    text = Path(__file__).with_name(f"diagnostics-{VERSION}.schema.json").read_text("utf-8")
    form: dict[str, Any] = json.loads(text)
    return form


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """`{"version": 1, "diagnostics": [...]}`, with a line end."""
    form = {"version": VERSION, "diagnostics": [to_json(each) for each in diagnostics]}
    # A lone surrogate of a source must not break the encoding of the output.
    return json.dumps(form, indent=2, ensure_ascii=True) + "\n"


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic with all its fields."""
    primary = diagnostic.primary
    return {
        "code": diagnostic.code,
        "name": diagnostic.kind.name,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "primary": _label(primary) if primary else None,
        "secondary": [_label(each) for each in diagnostic.secondary],
        "notes": list(diagnostic.notes),
        "helps": [_help(each) for each in diagnostic.helps],
        "values": [_value(primary.source, each) for each in diagnostic.values] if primary else [],
    }


def _label(label: Label) -> dict[str, Any]:
    return {**_place(label.source, label.span), "text": label.text}


def _help(help_: Help) -> dict[str, Any]:
    return {
        "text": help_.text,
        "applicability": str(help_.applicability),
        "edits": [_edit(each) for each in help_.edits],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {**_place(edit.source, edit.span), "text": edit.text}


def _value(source: Source, value: Value) -> dict[str, Any]:
    return {**_place(source, value.span), "text": value.text}


def _place(source: Source, span: Span) -> dict[str, Any]:
    return {"path": source.path, "start": _position(source, span.start), "end": _position(source, span.end)}


def _position(source: Source, offset: int) -> dict[str, int]:
    place = source.position(offset)
    return {"line": place.line, "column": place.column, "offset": offset}
