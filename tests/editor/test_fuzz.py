"""Nothing that is typed, and no place that is asked about, brings the features down or makes them lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from recipedsl.editor.features.completion import completion
from recipedsl.editor.features.hover import hover
from recipedsl.editor.features.signature import signature_help
from tests.compiling import write_rows
from tests.editor.editing import Editor
from tests.editor.fuzzing import START, type_blindly

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "cases" / "diagnostics").glob("*.ftr"))
BROKEN = sorted((ROOT / "tests" / "cases" / "broken").glob("*.ftr"))
RECIPES = sorted((ROOT / "recipes").glob("*.ftr"))


@pytest.mark.parametrize("seed", range(4))
def test_random_edits(tmp_path: Path, seed: int) -> None:
    """A slice of what `python -m tests.editor.fuzzing` does."""
    assert list(type_blindly(write_rows(tmp_path), 80, seed, 10))[-1] == 80


@pytest.mark.parametrize("path", [*CASES[::6], *BROKEN[::3]], ids=lambda path: path.stem)
def test_every_offset_of_a_case(path: Path, tmp_path: Path) -> None:
    _ask_everywhere(Editor(tmp_path), path.read_text(encoding="utf-8", errors="replace")[:1_500], 1)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_offsets_of_a_recipe(path: Path, tmp_path: Path) -> None:
    _ask_everywhere(Editor(tmp_path), path.read_text(encoding="utf-8"), 11)


def test_every_beginning_of_a_recipe(tmp_path: Path) -> None:
    """As it is while it is written for the first time."""
    editor = Editor(tmp_path)
    for end in range(0, len(START), 3):
        analysis = editor.open("a.ftr", START[:end])
        position = analysis.positions.position(end)
        document = types.TextDocumentIdentifier(analysis.document.uri)
        found = completion(editor.workspace, types.CompletionParams(document, position))
        assert found is not None


def _ask_everywhere(editor: Editor, text: str, step: int) -> None:
    analysis = editor.open("a.ftr", text)
    document = types.TextDocumentIdentifier(analysis.document.uri)
    for offset in range(0, len(text) + 1, step):
        position = analysis.positions.position(offset)
        assert completion(editor.workspace, types.CompletionParams(document, position)) is not None
        hover(editor.workspace, types.HoverParams(document, position))
        signature_help(analysis, types.SignatureHelpParams(document, position))
