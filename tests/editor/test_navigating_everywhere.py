"""No place that is asked about brings a feature down, and what features say of a text lies inside of it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from lsprotocol import types

from recipedsl.editor.features.semantic_tokens import painted
from tests.editor.asking import answered, of_document, of_place
from tests.editor.editing import Editor

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "cases" / "diagnostics").glob("*.ftr"))
BROKEN = sorted((ROOT / "tests" / "cases" / "broken").glob("*.ftr"))
RECIPES = sorted((ROOT / "recipes").glob("*.ftr"))


@pytest.mark.parametrize("path", [*CASES[::8], *BROKEN[::4]], ids=lambda path: path.stem)
def test_every_offset_of_a_case(path: Path, tmp_path: Path) -> None:
    _ask_everywhere(Editor(tmp_path), path.read_text(encoding="utf-8", errors="replace")[:700], 2)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_offsets_of_a_recipe(path: Path) -> None:
    _ask_everywhere(Editor(ROOT / "recipes"), path.read_text(encoding="utf-8"), 29)


def _ask_everywhere(editor: Editor, text: str, step: int) -> None:
    analysis = editor.open("a.ftr", text)
    uri = analysis.document.uri
    for method, params in of_document(editor.workspace, uri):
        answered(editor.workspace, uri, method, params)
    for offset in range(0, len(text) + 1, step):
        for method, params in of_place(editor.workspace, uri, offset):
            answered(editor.workspace, uri, method, params)


@pytest.mark.parametrize("path", [*CASES, *BROKEN, *RECIPES], ids=lambda path: path.stem)
def test_what_is_coloured_and_folded(path: Path, tmp_path: Path) -> None:
    """Colours lie one behind another on single lines; ranges stand in order; a symbol's name in its range."""
    editor = Editor(tmp_path)
    analysis = editor.open("a.ftr", path.read_text(encoding="utf-8", errors="replace"), settled=False)
    colours = painted(analysis)
    assert all(one.span.end <= other.span.start for one, other in pairwise(colours))
    line_of = analysis.positions.line_of
    assert all(line_of(each.span.start) == line_of(each.span.end) for each in colours)
    document = types.TextDocumentIdentifier(analysis.document.uri)
    uri = analysis.document.uri
    folds = answered(
        editor.workspace, uri, types.TEXT_DOCUMENT_FOLDING_RANGE, types.FoldingRangeParams(document)
    )
    assert all(each.start_line < each.end_line < len(analysis.positions.starts) for each in folds)
    symbols = answered(
        editor.workspace, uri, types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolParams(document)
    )
    waiting = list(symbols)
    for each in waiting:
        waiting.extend(each.children or [])
        assert each.name.strip()
        assert _holds(each.range, each.selection_range)


def _holds(outer: types.Range, inner: types.Range) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
