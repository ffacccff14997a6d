"""Scores from specifications of a plan: programs, functions of the user's, models."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recipedsl.diagnostics import Bug, RecipeError
from recipedsl.language import catalogue
from recipedsl.language.expressions import Column
from recipedsl.plan.model import Origin, ScoreSpec
from recipedsl.runtime.sandbox import Policy, describe_backend
from recipedsl.runtime.scores import make, make_scorer
from recipedsl.runtime.scores.judge import ByModel
from recipedsl.runtime.scores.programs import code_of
from recipedsl.runtime.scores.python_function import PythonFunction

ORIGIN = Origin(path="r.ftr", line=1, column=1, end_line=1, end_column=1)


def spec(keyword: str, *, expressions: dict[str, Any] | None = None, **settings: Any) -> ScoreSpec:
    columns = {name: Column(name=column) for name, column in (expressions or {}).items()}
    return ScoreSpec(keyword=keyword, name=keyword, expressions=columns, settings=settings, origin=ORIGIN)


def isolates() -> bool:
    try:
        return describe_backend(Policy()) != ""
    except RecipeError:
        return False


# --- programs ---------------------------------------------------------------------------------------

CODES = [
    ("whole", ("whole", "")),
    ("so\n```python\na\n```\nor\n```sql\nselect 1\n```\nend", ("select 1\n", "sql")),
    ("```\nx\n```", ("x\n", "")),
    ("```Python  \nx\n```", ("x\n", "python")),
    ("```python\ncut off", ("```python\ncut off", "")),
]


@pytest.mark.parametrize(("answer", "code"), CODES)
def test_code_of_an_answer(answer: str, code: tuple[str, str]) -> None:
    found = code_of(answer)
    assert (found.text, found.language) == code


def test_long_answers_are_read_quickly() -> None:
    for piece in ("```", "```\n", "```a", "`", "``` "):
        code_of(piece * 20_000)


@pytest.mark.skipif(not isolates(), reason="nothing isolates on this machine")
@pytest.mark.parametrize("keyword", ["passes", "pass_rate"])
def test_programs_pass_or_not(keyword: str) -> None:
    order = spec(keyword, expressions={"tests": "tests", "language": "kind"}, timeout=10.0, memory=512e6)
    scorer = make_scorer(order, root=Path(), folders={})
    square, select = (
        "assert f(2) == 4",
        "import sqlite3\nassert sqlite3.connect(':memory:').execute(answer).fetchall() == [(1,)]",
    )
    rows: list[dict[str, Any]] = [
        {"tests": square, "kind": "python"},
        {"tests": square, "kind": None},
        {"tests": select, "kind": "sql"},
        {"tests": select, "kind": None},
        {"tests": None, "kind": None},
        {"tests": square, "kind": None},
    ]
    answers = [
        "```python\ndef f(x): return x * x\n```",
        "def f(x): return x + 1",
        "```\nselect 1\n```",
        "```sql\nselect 1\n```",
        "anything",
        "```python\nimport sys; sys.exit(0)\n```",
    ]
    assert scorer(answers, rows, [[]] * 6) == [1, 0, 1, 1, None, 0]


@pytest.mark.skipif(not isolates(), reason="nothing isolates on this machine")
def test_tests_that_are_no_text() -> None:
    order = spec("passes", expressions={"tests": "tests"}, timeout=10.0, memory=512e6)
    with pytest.raises(RecipeError, match="R653"):
        make_scorer(order, root=Path(), folders={})(["x"], [{"tests": 3}], [[]])


# --- functions of the user's ------------------------------------------------------------------------


@pytest.fixture
def function(tmp_path: Path) -> Callable[..., PythonFunction]:
    def made(text: str, name: str = "score", timeout: float = 5.0) -> PythonFunction:
        (tmp_path / "rewards.py").write_text(text)
        order = spec("python", function=f"rewards.py:{name}", timeout=timeout, digest="")
        scorer = make_scorer(order, root=tmp_path, folders={})
        assert isinstance(scorer, PythonFunction)
        return scorer

    return made


def test_function_gets_answer_and_row(function: Any) -> None:
    scorer = function("def score(answer, row):\n    return None if row['skip'] else len(answer) + row['n']\n")
    rows = [{"skip": False, "n": 1}, {"skip": True, "n": 1}]
    assert scorer(["abc", "abc"], rows, [[], []]) == [4.0, None]
    assert scorer(["é\n\"'"], [{"skip": False, "n": 0.5}], [[]]) == [4.5]
    scorer.close()


def test_function_may_import_its_neighbours_and_print(function: Any, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("weight = 2\n")
    scorer = function(
        "import helper\nprint('loading')\n"
        "def score(answer, row):\n    print('x' * 9999)\n    return helper.weight\n"
    )
    assert scorer(["a"], [{}], [[]]) == [2.0]
    scorer.close()


def test_numbers_of_numpy_and_truth_values_count(function: Any) -> None:
    scorer = function(
        "import numpy\ndef score(answer, row):\n    return numpy.float32(0.5) if answer else True\n"
    )
    assert scorer(["a", ""], [{}, {}], [[], []]) == [0.5, 1.0]
    scorer.close()


def test_missing_file(tmp_path: Path) -> None:
    (tmp_path / "rewards.py").write_text("")
    with pytest.raises(RecipeError) as problem:
        PythonFunction("reward.py:score", root=tmp_path, timeout=1)
    (diagnostic,) = problem.value.diagnostics
    assert (diagnostic.code, diagnostic.helps[0].text) == ("R655", "`rewards.py` is there")


def test_file_outside_the_project(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="outside the project"):
        PythonFunction("../rewards.py:score", root=tmp_path, timeout=1)


def test_missing_function(function: Any) -> None:
    with pytest.raises(RecipeError) as problem:
        function("def score(answer, row): return 1\n", "scroe")
    (diagnostic,) = problem.value.diagnostics
    assert (diagnostic.code, diagnostic.helps[0].text) == ("R655", "`score` is there")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("x = 1\nimport absent_module\n", "rewards.py:2: import absent_module"),
        ("def score(answer row): pass\n", "rewards.py:1: def score(answer row): pass"),
    ],
)
def test_file_that_cannot_be_loaded(function: Any, text: str, note: str) -> None:
    with pytest.raises(RecipeError) as problem:
        function(text)
    (diagnostic,) = problem.value.diagnostics
    assert (diagnostic.code, diagnostic.notes) == ("R655", (note,))


def test_function_that_raises_tells_its_line(function: Any) -> None:
    scorer = function("def score(answer, row):\n    whole = len(answer)\n    return 1 / whole\n")
    with pytest.raises(RecipeError) as problem:
        scorer([""], [{}], [[]])
    (diagnostic,) = problem.value.diagnostics
    assert diagnostic.code == "R656"
    assert diagnostic.message == "`rewards.py:score` failed: ZeroDivisionError: division by zero"
    assert diagnostic.notes == ("rewards.py:3: return 1 / whole",)
    assert scorer(["ab"], [{}], [[]]) == [0.5]
    scorer.close()


def test_function_that_takes_too_long(function: Any) -> None:
    scorer = function("import time\ndef score(answer, row):\n    time.sleep(60)\n", timeout=0.3)
    began = time.monotonic()
    with pytest.raises(RecipeError, match=r"took more than 0\.3 s"):
        scorer([""], [{}], [[]])
    assert time.monotonic() - began < 10


def test_function_that_ends_its_process(function: Any) -> None:
    scorer = function(
        "import os, sys\ndef score(answer, row):\n    print('bye', flush=True)\n    os._exit(3)\n"
    )
    with pytest.raises(RecipeError) as problem:
        scorer([""], [{}], [[]])
    (diagnostic,) = problem.value.diagnostics
    assert diagnostic.message == "the process of `rewards.py:score` ended with status 3"
    assert diagnostic.notes == ("bye",)


@pytest.mark.parametrize("value", ["'good'", "[1]", "float('nan')", "float('inf')", "{}"])
def test_function_that_gives_no_number(function: Any, value: str) -> None:
    scorer = function(f"def score(answer, row): return {value}\n")
    with pytest.raises(RecipeError, match="R657"):
        scorer([""], [{}], [[]])
    scorer.close()


# --- models and the rest ----------------------------------------------------------------------------


def test_model_reads_the_prompt_and_the_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Longest:
        def score(self, conversations: list[list[dict[str, Any]]]) -> list[float]:
            assert all(each[-1]["role"] == "assistant" for each in conversations)
            return [float(sum(len(turn["content"]) for turn in each)) for each in conversations]

    monkeypatch.setattr(make, "load_judge", lambda folder: Longest() if folder == tmp_path else None)
    order = spec("model").model_copy(update={"node": "judge"})
    scorer = make_scorer(order, root=Path(), folders={"judge": tmp_path})
    assert isinstance(scorer, ByModel)
    assert scorer(["ab", ""], [{}, {}], [[{"role": "user", "content": "q"}]] * 2) == [3.0, 1.0]


def test_simple_scores_come_from_specifications() -> None:
    made: list[tuple[ScoreSpec, float]] = [
        (spec("exact", expressions={"expected": "e"}), 1.0),
        (spec("numeric", expressions={"expected": "e"}, tolerance=1e-6), 1.0),
        (spec("format", pattern=r"^\d"), 1.0),
        (spec("length", target=1, limit=3), 0.5),
    ]
    for order, score in made:
        assert make_scorer(order, root=Path(), folders={})(["42"], [{"e": "42"}], [[]]) == [score]


def test_every_reward_and_metric_of_the_catalogue_has_a_score() -> None:
    families = (catalogue.REWARDS, catalogue.METRICS)
    wanted = {each.keyword for family in families for each in family if not each.not_yet}
    assert wanted - {"loss", "win_rate"} <= set(make._MAKERS)


def test_unknown_score_is_a_bug() -> None:
    with pytest.raises(Bug):
        make_scorer(spec("vibes"), root=Path(), folders={})
