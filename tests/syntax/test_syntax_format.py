"""Golden layouts: a text, a line `# --- formatted`, and its one form; without that line the text has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.diagnostics import RecipeError
from recipedsl.source import Source
from recipedsl.syntax.format import format_source

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "cases" / "format").glob("*.ftr"))
RECIPES = sorted((ROOT / "recipes").glob("*.ftr"))
FEWEST = 10  # a floor, so that cases that are not found do not pass
MARK = "# --- formatted\n"


def test_cases_are_found() -> None:
    assert len(CASES) >= FEWEST
    assert RECIPES


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_layout(path: Path, accept: bool) -> None:
    before, mark, after = path.read_bytes().decode().partition(MARK)
    found = format_source(Source(path.name, before))
    wanted = after if mark else before
    if accept and found != wanted:
        path.write_bytes(f"{before}{MARK}{found}".encode())
        wanted = found
    assert found == wanted
    assert format_source(Source(path.name, found)) == found


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_have_the_one_form(path: Path) -> None:
    text = path.read_bytes().decode()
    assert format_source(Source(path.name, text)) == text


def test_a_text_with_syntax_errors_is_refused() -> None:
    with pytest.raises(RecipeError, match="S005"):
        format_source(Source("broken.ftr", "let a = [1\nlet b = 2\n"))


@pytest.mark.parametrize(
    "text",
    [
        # A pipeline in the middle that is written on lines of its own, in an expression that is too long for one.
        "let a = ((first | take this == `a long name`, `a long name` = `a long name` | `a long name`) == b(`a long name`) + c)\n",
        # `expect` in brackets that are closed before the comma.
        'data a = b | take by x == (c | expect d), "e"\n',
    ],
)
def test_drawn_texts_that_were_once_refused(text: str) -> None:
    found = format_source(Source("drawn.ftr", text))
    assert format_source(Source("drawn.ftr", found)) == found


def test_an_empty_text_stays_empty() -> None:
    assert format_source(Source("empty.ftr", "\n\n")) == ""
