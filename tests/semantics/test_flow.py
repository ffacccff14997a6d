"""Rows and shapes through pipelines."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.language.shapes import Shape
from recipedsl.semantics.recipe import Dataset
from tests.compiling import MODEL, compile_text, messages


def dataset(root: Path, steps: str) -> Dataset:
    outcome = compile_text(root, MODEL + f'data found = read("rows.jsonl")\n{steps}\n')
    assert not outcome.problems.has_errors, messages(outcome)
    assert outcome.recipe is not None
    return outcome.recipe.datasets["found"]


@pytest.mark.parametrize(
    ("steps", "columns"),
    [
        ("", ["id: int", "question: text", "answer: text", "topic: text", "score: float?"]),
        ("  | select answer, id", ["answer: text", "id: int"]),
        ("  | drop question, answer, topic", ["id: int", "score: float?"]),
        ("  | select id | rename number = id", ["number: int"]),
        ("  | select id | derive twice = 2 * id, half = id / 2", ["id: int", "twice: int", "half: float?"]),
        ("  | select answer | derive size = chars(answer), answer = lower(answer)", ["answer: text", "size: int"]),
        ("  | select answer | derive words_ = split(answer, \" \") | explode words_", ["answer: text", "words_: text"]),
        ("  | select score | derive known = score != none, filled = coalesce(score, 0)", ["score: float?", "known: bool", "filled: float"]),
        ("  | select id, score | where score > 0.5 | take 1 by id", ["id: int", "score: float"]),
    ],
)  # fmt: skip
def test_columns_after_steps(tmp_path: Path, steps: str, columns: list[str]) -> None:
    row = dataset(tmp_path, steps).row
    assert row is not None
    assert [f"{each.name}: {each.type}" for each in row.columns] == columns


@pytest.mark.parametrize(
    ("parts", "settings"),
    [
        ("train = rest, held = 25%", {"parts": {"train": 0.75, "held": 0.25}, "group": None}),
        ("held = 1k, train = rest", {"parts": {"held": 0.0, "train": 1.0}, "group": None, "counts": {"held": 1000}, "rest": "train"}),
    ],
)  # fmt: skip
def test_a_part_takes_the_rest(tmp_path: Path, parts: str, settings: dict[str, object]) -> None:
    assert dataset(tmp_path, f"  | split {parts}").steps[-1].settings == settings


@pytest.mark.parametrize(
    ("steps", "shape"),
    [
        ("  | as chat(user = question, assistant = answer)", Shape.CHAT),
        ("  | as text(answer)", Shape.TEXT),
        ("  | as completion(question, answer)", Shape.COMPLETION),
        ("  | as prompt(question)", Shape.PROMPT),
        ("  | as preference(question, answer, topic)", Shape.PREFERENCE),
        (
            "  | derive good = true | as feedback(prompt = question, completion = answer, label = good)",
            Shape.FEEDBACK,
        ),
    ],
)
def test_shapes(tmp_path: Path, steps: str, shape: Shape) -> None:
    found = dataset(tmp_path, steps)
    assert found.shape is shape
    assert found.row is not None
    assert "topic" in found.row.names


def test_parts_have_names(tmp_path: Path) -> None:
    assert dataset(tmp_path, "  | split train = 90%, held = 10% by topic").parts == ("train", "held")


def test_a_column_and_a_value_of_one_name(tmp_path: Path) -> None:
    text = MODEL + 'let topic = "sums"\ndata found = read("rows.jsonl") | where topic == "sums"\n'
    assert [each[:4] for each in messages(compile_text(tmp_path, text))] == ["N109"]
    quoted = text.replace("where topic", "where `topic`")
    assert not compile_text(tmp_path, quoted).problems.has_errors


def test_columns_of_a_file_that_is_missing_are_not_guessed_about(tmp_path: Path) -> None:
    text = (
        MODEL
        + 'data found = read("lost.jsonl") | where anything > 3 | as chat(user = some, assistant = thing)\n'
    )
    found = [each[:4] for each in messages(compile_text(tmp_path, text)) if not each.startswith("L")]
    assert found == ["D203"]


def test_imported_datasets_and_values(tmp_path: Path) -> None:
    folder = tmp_path / "shared_parts"
    folder.mkdir()
    common = 'ftr 1\nlet steps = 7\ndata chats = read("../rows.jsonl") | as chat(user = question, assistant = answer)\n'
    folder.joinpath("common.ftr").write_text(common, encoding="utf-8")
    text = MODEL + (
        'import common = "shared_parts/common.ftr"\n'
        "stage tuned: sft { from = base, data = common.chats, steps = common.steps }\n"
    )
    outcome = compile_text(tmp_path, text)
    assert outcome.plan is not None, messages(outcome)
    assert outcome.plan.node("common.chats").source.path == "rows.jsonl"  # type: ignore[union-attr]
    assert outcome.plan.node("tuned").arguments["max_steps"] == 7  # type: ignore[union-attr]


def test_imports_that_lead_back(tmp_path: Path) -> None:
    tmp_path.joinpath("other.ftr").write_text('ftr 1\nimport back = "recipe.ftr"\n', encoding="utf-8")
    tmp_path.joinpath("recipe.ftr").write_text("", encoding="utf-8")
    found = messages(compile_text(tmp_path, MODEL + 'import other = "other.ftr"\n'))
    assert any(each.startswith("N114") and "lead back" in each for each in found)


def test_stages_of_an_imported_file_run_when_something_needs_them(tmp_path: Path) -> None:
    common = (
        'ftr 1\nmodel base { from = local("tiny") }\n'
        'data chats = read("rows.jsonl") | as chat(user = question, assistant = answer)\n'
        "stage first: sft { from = base, data = chats }\nstage second: sft { from = first, data = chats }\n"
    )
    tmp_path.joinpath("common.ftr").write_text(common, encoding="utf-8")
    text = 'ftr 1\nimport common = "common.ftr"\nrun { seed = 1 }\n'
    text += "stage last: sft { from = common.first, data = common.chats }\n"
    outcome = compile_text(tmp_path, text)
    assert outcome.plan is not None, messages(outcome)
    stages = [node.name for node in outcome.plan.nodes if node.kind == "stage"]
    assert stages == ["common.first", "last"]
