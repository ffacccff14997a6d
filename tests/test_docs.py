"""The README is true: its recipes compile, its tables are the vocabulary, its commands exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from recipedsl.cli.main import COMMANDS
from recipedsl.compiler import compile_source
from recipedsl.data.look import FileFacts
from recipedsl.diagnostics import Bug
from recipedsl.language import catalogue
from recipedsl.reference.facts import is_carried_out
from recipedsl.reference.filling import filled, parts
from recipedsl.reference.readme import refresh, refreshed
from recipedsl.source import Source

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_recipe_of_the_readme_compiles(tmp_path: Path) -> None:
    recipes = re.findall(r"```ftr\n(.*?)```", README, re.DOTALL)
    assert recipes
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    row = {
        "language": "sql",
        "question": "?",
        "answer": "x",
        "topic": "t",
        "difficulty": "easy",
        "tests": "x",
    }
    folder.joinpath("solutions.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    pair = {"question": "?", "chosen": "x", "rejected": "y"}
    folder.joinpath("preferences.jsonl").write_text(json.dumps(pair) + "\n", encoding="utf-8")
    for text in recipes:
        outcome = compile_source(Source("recipe.ftr", text), FileFacts(tmp_path))
        assert [each.message for each in outcome.problems.in_order()] == []


def test_the_tables_are_up_to_date() -> None:
    assert refreshed(README) == README, "`recipedsl docs readme` rewrites the tables"


def test_every_word_stands_in_the_table_that_it_belongs_to() -> None:
    assert parts(README) == ["works", "not yet"]
    works, later = re.findall(r"<!-- generated: [\w ]+ -->(.*?)<!-- /generated -->", README, re.DOTALL)
    for members in catalogue.FAMILIES.values():
        for word in members:
            assert f"`{word.keyword}`" in (works if is_carried_out(word) else later), word.keyword


def test_a_stale_table_is_rewritten_once(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("# x\n\n<!-- generated: works -->\nold\n<!-- /generated -->\n\nkept\n", encoding="utf-8")
    assert refresh(path)
    text = path.read_text(encoding="utf-8")
    assert "old" not in text
    assert "| stages |" in text
    assert text.endswith("<!-- /generated -->\n\nkept\n")
    assert not refresh(path)


def test_a_part_that_nobody_makes_is_a_bug() -> None:
    with pytest.raises(Bug, match="'wroks'"):
        filled("<!-- generated: wroks -->\n<!-- /generated -->", {"works": str})


def test_every_day_names_every_command() -> None:
    table = README.split("## Every day")[1].split("\n## ")[0]
    told = set(re.findall(r"`recipedsl (\w+)", table))
    assert told == set(COMMANDS), "the table of commands and `recipedsl --help` name the same"
