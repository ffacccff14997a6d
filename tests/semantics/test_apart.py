"""Rows that were trained on and are judged: who trained, and which part is kept apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.compiler import check_source
from recipedsl.data.look import FileFacts
from recipedsl.diagnostics import Diagnostic
from recipedsl.source import Source

RECIPE = """\
ftr 1
model base { from = local("tiny") }
data rows = read("rows.jsonl") | as chat(user = q, assistant = a) | split train = 50%, more = 25%, held = 25%
stage first: sft { from = base, data = rows.train }
stage second: sft { from = first, data = rows.more }
eval report { models = [second], data = rows.train, metrics = [loss()] }
run { seed = 1 }
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "rows.jsonl").write_text('{"q": "a", "a": "b"}\n')
    return tmp_path


def leakage(root: Path, text: str) -> Diagnostic:
    problems = check_source(Source("a.ftr", text), FileFacts(root)).problems
    (found,) = (each for each in problems if each.code == "D210")
    return found


def test_the_stage_that_trained_is_named(root: Path) -> None:
    found = leakage(root, RECIPE)
    assert found.message == "`second` was trained on `rows.train`, on which `report` judges it"
    assert [each.text for each in found.secondary] == ["`first` trains on them here"]


def test_a_part_that_no_stage_trains_on_is_offered(root: Path) -> None:
    (help_,) = leakage(root, RECIPE).helps
    assert help_.text == "`rows.held` is kept apart: judge on it"
    assert [edit.text for edit in help_.edits] == ["rows.held"]


def test_none_is_offered_where_all_are_trained_on(root: Path) -> None:
    more = "stage third: sft { from = second, data = rows.held }\neval"
    (help_,) = leakage(root, RECIPE.replace("eval", more)).helps
    assert "keep rows apart" in help_.text


@pytest.mark.parametrize("wrong", ["learnign_rate = 1e-4", "batch = many", "epochs = 1, epochs = 2"])
def test_it_is_told_beside_other_mistakes_of_the_stage(root: Path, wrong: str) -> None:
    text = RECIPE.replace("data = rows.train }", f"data = rows.train, {wrong} }}")
    assert leakage(root, text).message.startswith("`second` was trained on `rows.train`")


def test_a_stage_that_starts_from_itself_has_an_end(root: Path) -> None:
    text = RECIPE.replace("from = base", "from = second").replace(
        "data = rows.train, m", "data = rows.held, m"
    )
    codes = {each.code for each in check_source(Source("a.ftr", text), FileFacts(root)).problems}
    assert "D210" not in codes
