"""Formatting in the editor: the one look, with no more read anew than what changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from recipedsl.diagnostics import Problems
from recipedsl.editor.features import formatting
from recipedsl.source import Source
from recipedsl.syntax import parse
from recipedsl.syntax.format import format_source
from recipedsl.syntax.tree import File
from tests.editor.editing import Editor

TIDY = "ftr 1\n" + "".join(f"\n# {each}\nlet a{each} = [{each}, 2]\n" for each in range(20))
UNTIDY = TIDY.replace("let a7 = [7, 2]", "let a7=[7,2]").replace("let a9 = [9, 2]", "let   a9 = [9, 2]")


class _Reading:
    """Reads texts, and keeps what it read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, source: Source, *_: object) -> tuple[File, Problems]:
        self.read.append(source.text)
        return parse(source)


def test_what_has_its_look_is_read_once() -> None:
    reading = _Reading()
    tidy = format_source(Source("a.ftr", UNTIDY), reading)
    assert reading.read == [UNTIDY, tidy]
    assert format_source(Source("a.ftr", tidy), reading) == tidy
    assert reading.read == [UNTIDY, tidy, tidy]


def test_the_whole_is_as_the_command_has_it(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    analysis = editor.open("a.ftr", UNTIDY)
    document, options = types.TextDocumentIdentifier(analysis.document.uri), types.FormattingOptions(2, True)
    edits = formatting.whole(analysis, types.DocumentFormattingParams(document, options))
    assert edits is not None
    assert [each.new_text for each in edits] == ["let a7 = [7, 2]\n", "let a9 = [9, 2]\n"]
    text = UNTIDY
    for each in reversed(edits):
        span = analysis.positions.span(each.range)
        text = text[: span.start] + each.new_text + text[span.end :]
    assert text == format_source(Source("a.ftr", UNTIDY))


def test_one_declaration_is_formatted_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = Editor(tmp_path)
    analysis = editor.open("a.ftr", UNTIDY)
    reading = _Reading()
    monkeypatch.setattr(formatting, "format_source", lambda source, *_: format_source(source, reading))
    start = analysis.positions.position(UNTIDY.index("let a7"))
    document, options = types.TextDocumentIdentifier(analysis.document.uri), types.FormattingOptions(2, True)
    params = types.DocumentRangeFormattingParams(document, types.Range(start, start), options)
    assert [each.new_text for each in formatting.of_range(analysis, params) or ()] == ["let a7 = [7, 2]"]
    assert reading.read == ["let a7=[7,2]", "let a7 = [7, 2]\n"]
