"""The recipes that come along: all compile, their rows are right, their layout is canonical."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from recipedsl.compiler import Request, compile_source
from recipedsl.data.look import FileFacts
from recipedsl.source import Source
from recipedsl.syntax.format import format_source

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "recipes").glob("*.ftr"))
_FENCE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def rows_of(name: str) -> list[dict[str, Any]]:
    text = (ROOT / "recipes" / "data" / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_recipes_are_found() -> None:
    assert {"quickstart", "coder", "bilingual", "gsm8k"} <= {path.stem for path in RECIPES}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_compiles_without_a_word(path: Path, tmp_path: Path) -> None:
    root = tmp_path / "recipes"
    shutil.copytree(ROOT / "recipes", root)
    request = Request()
    if path.stem == "gsm8k":
        _write_problems(root / "gsm8k")
        request = Request(params={"folder": "gsm8k"})
    source = Source(path.name, path.read_text(encoding="utf-8"))
    outcome = compile_source(source, FileFacts(root), request)
    assert [each.message for each in outcome.problems.in_order()] == []
    assert outcome.plan is not None


def _write_problems(folder: Path) -> None:
    folder.mkdir()
    row = json.dumps({"question": "What is 2 and 3?", "answer": "2 + 3 = <<2+3=5>>5\n#### 5"}) + "\n"
    for name in ("gsm8k_train.jsonl", "gsm8k_test.jsonl"):
        folder.joinpath(name).write_text(row, encoding="utf-8")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_source(Source(path.name, text)) == text


# --- rows ---------------------------------------------------------------------------------------


def test_there_are_enough_rows_of_every_kind() -> None:
    rows = rows_of("coding.jsonl")
    assert len(rows) >= 150
    assert len({row["topic"] for row in rows}) >= 8
    assert {"sql", "dynamic programming"} <= {row["topic"] for row in rows}
    assert {row["difficulty"] for row in rows} == {"easy", "medium", "hard"}
    assert Counter(row["language"] for row in rows).keys() == {"python", "sql"}
    assert len(rows_of("preferences.jsonl")) >= 120


def test_no_question_stands_twice() -> None:
    questions = [
        row["question"].lower() for name in ("coding.jsonl", "preferences.jsonl") for row in rows_of(name)
    ]
    assert len(questions) == len(set(questions))


def test_every_answer_has_one_block_at_its_end() -> None:
    for row in rows_of("coding.jsonl"):
        assert len(_FENCE.findall(row["answer"])) == 1, row["id"]
        assert row["answer"].endswith("```"), row["id"]
        assert f"```{row['language']}" in row["answer"], row["id"]


def _passes(job: tuple[str, str, str]) -> tuple[str, bool]:
    """Runs an answer of ours against its tests; these programs are known, so a plain process will do."""
    name, text, tests = job
    tag, code = _FENCE.findall(text)[-1]
    start = "" if tag == "sql" else "exec(compile(answer, 'answer', 'exec'), globals())\n"
    program = f"answer = {code!r}\n{start}{tests}\n"
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", program], capture_output=True, timeout=20, check=False
        )
    except subprocess.TimeoutExpired:
        return name, False
    return name, done.returncode == 0


@pytest.mark.slow
def test_right_answers_pass_and_wrong_ones_fail() -> None:
    pairs = rows_of("preferences.jsonl")
    right = [(row["id"], row["answer"], row["tests"]) for row in rows_of("coding.jsonl")]
    right += [(row["id"], row["chosen"], row["tests"]) for row in pairs]
    wrong = [(row["id"], row["rejected"], row["tests"]) for row in pairs]
    with ThreadPoolExecutor(2) as pool:
        assert [name for name, passed in pool.map(_passes, right) if not passed] == []
        assert [name for name, passed in pool.map(_passes, wrong) if passed] == []
