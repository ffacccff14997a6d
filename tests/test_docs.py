"""The README is true: its recipes compile, its tables are the vocabulary, its commands exist."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from recipedsl.cli.main import COMMANDS
from recipedsl.cli.settings import settings_for
from recipedsl.compiler import compile_source
from recipedsl.data.look import FileFacts
from recipedsl.diagnostics import Bug
from recipedsl.language import catalogue
from recipedsl.lint import every_kind
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
            assert f"`{word.keyword}`" in (works if not word.not_yet else later), word.keyword


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


def test_the_mistakes_shown_are_what_is_said() -> None:
    section = README.split("## What a mistake looks like")[1].split("\n## ")[0]
    said = (ROOT / "tests" / "cases" / "recording" / "before.txt").read_text(encoding="utf-8")
    shown = re.findall(r"```text\n(.*?)```", section, re.DOTALL)[0].strip().split("\n\n")
    assert len(shown) > 3
    for each in shown:
        assert each in said


def test_there_are_as_many_codes_as_are_told_of() -> None:
    told = re.search(r"More than\s+(\d+) kinds", README)
    assert told
    assert int(told[1]) < len(every_kind()) < int(told[1]) + 50


def test_the_settings_of_a_project_are_such(tmp_path: Path) -> None:
    (settings,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "recipedsl.toml").write_text(settings, encoding="utf-8")
    found = settings_for(tmp_path)
    assert not found.problems
    assert found.ignore == ("L104",)


def test_the_rooms_stand_on_the_floors_that_are_told() -> None:
    told = re.findall(r"^\| (\d) \| `recipedsl/(\w+)` \|", README, re.MULTILINE)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    floors = {room: len(layers) - index for index, layer in enumerate(layers) for room in layer.split(" | ")}
    assert {room: int(floor) for floor, room in told} == floors
    assert [floor for floor, _ in told] == sorted((floor for floor, _ in told), reverse=True)


_MAPS = [
    each
    for each in sorted(ROOT.glob("recipedsl/**/__init__.py"))
    if re.search(r"^\w+\.py  ", each.read_text("utf-8"), re.M)
]


@pytest.mark.parametrize("room", [each.parent for each in _MAPS], ids=lambda room: room.name)
def test_the_map_of_a_room_names_its_modules(room: Path) -> None:
    told = re.findall(r"^(\w+\.py) ", (room / "__init__.py").read_text("utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(each.name for each in room.glob("*.py") if each.name != "__init__.py")
