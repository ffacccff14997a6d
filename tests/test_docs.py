"""The README is true: its recipes compile, and the table of what works is the vocabulary."""

from __future__ import annotations

import json
import re
from pathlib import Path

from recipedsl.compiler import compile_source
from recipedsl.data.look import FileFacts
from recipedsl.language import catalogue
from recipedsl.source import Source

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_recipe_of_the_readme_compiles(tmp_path: Path) -> None:
    recipes = re.findall(r"```ftr\n(.*?)```", README, re.DOTALL)
    assert recipes
    folder = tmp_path / "data"
    folder.mkdir()
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


def test_what_works_is_what_the_vocabulary_has() -> None:
    works = README.split("## What works today")[1].split("\n## ")[0]
    for family in (
        "stage",
        "step",
        "shape",
        "source",
        "model_source",
        "reward",
        "metric",
        "adapter",
        "schedule",
        "optimizer",
    ):
        for keyword in catalogue.keywords(family):
            assert f"`{keyword}`" in works, f"{family} {keyword}"
