"""Golden editor cases: a recipe with cursor marks, and what comes back.

A case is `tests/cases/editor/NAME.ftr`: the recipe with `<|>` where the cursor stands, then sections that begin
with a line `# --- VIEW`, each with what that view of `views.py` shows. `# --- file NAME` before them holds another
open document. `pytest --accept` writes what is found; data files lie beside the cases.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.editor.editing import Editor, without_marks
from tests.editor.navigation_views import NAVIGATION
from tests.editor.views import VIEWS as MEANINGS
from tests.editor.views import Place

VIEWS = {**MEANINGS, **NAVIGATION}
FOLDER = Path(__file__).parents[1] / "cases" / "editor"
CASES = sorted(FOLDER.glob("*.ftr"))
FEWEST = 1  # a floor, so that cases that are not found do not pass

_SECTION = re.compile(r"^# --- (.*)\n", re.MULTILINE)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cases' data, where what is remembered about them may be written."""
    made = tmp_path_factory.mktemp("editor") / "cases"
    shutil.copytree(FOLDER, made, ignore=shutil.ignore_patterns(".recipedsl", "*.ftr"))
    return made


def sections(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The recipe, and the sections behind it with their names."""
    recipe, *parts = _SECTION.split(text)
    return recipe, list(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, folder: Path, accept: bool) -> None:
    marked, parts = sections(path.read_text(encoding="utf-8"))
    editor = Editor(folder)
    for name, other in parts:
        if name.startswith("file "):
            editor.open(name.removeprefix("file "), other)
    text, offsets = without_marks(marked)
    place = Place(editor.workspace, editor.open(path.name, text), offsets)
    found = [(name, body if name.startswith("file ") else VIEWS[name](place)) for name, body in parts]
    assert found, "the case shows nothing"
    if accept:
        written = marked + "".join(f"# --- {name}\n{body}" for name, body in found)
        path.write_text(written, encoding="utf-8")
        return
    assert found == parts


def test_cases_are_found() -> None:
    assert len(CASES) >= FEWEST


def test_every_view_has_a_case() -> None:
    shown = {name for path in CASES for name, _ in sections(path.read_text(encoding="utf-8"))[1]}
    assert not VIEWS.keys() - shown
