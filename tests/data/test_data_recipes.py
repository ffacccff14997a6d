"""From the text of a recipe to rows: what the semantics predict is what comes out."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recipedsl.compiler import compile_source
from recipedsl.data.engine import make_data
from recipedsl.data.look import FileFacts
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.schema import dtype_of
from recipedsl.diagnostics import RecipeError
from recipedsl.language.functions.catalogue import FUNCTIONS
from recipedsl.language.types import MESSAGES, RowType
from recipedsl.plan.model import DataNode
from recipedsl.source import Source
from tests.data.making import REAL, Made, json_lines

HEAD = 'ftr 1\nmodel base { from = local("tiny") }\nrun { seed = 1 }\n'
RECIPES = Path(__file__).parents[2] / "recipes"


@dataclass
class Project:
    """A folder with files of rows, and recipes over them."""

    root: Path

    def write(self, name: str, rows: list[Any]) -> None:
        (self.root / name).write_text(json_lines(rows), encoding="utf-8")

    def made(self, text: str, *, stage: str = "sft") -> dict[str, Made]:
        """All data nodes of a recipe carried out; `d` is what the stage trains on."""
        return self.run(self.nodes(f"{HEAD}{text}\nstage s: {stage} {{ from = base, data = d }}\n"))

    def nodes(self, text: str, path: str = "recipe.ftr") -> list[DataNode]:
        outcome = compile_source(Source(path, text), FileFacts(self.root))
        assert outcome.plan is not None, [each.message for each in outcome.problems.in_order()]
        return [each for each in outcome.plan.nodes if isinstance(each, DataNode)]

    def run(self, nodes: list[DataNode]) -> dict[str, Made]:
        found: dict[str, Made] = {}
        for node in nodes:
            out = self.root / "out" / node.name
            folders = {name: each.out for name, each in found.items()}
            found[node.name] = Made(make_data(node, folders, out, ReadPolicy(self.root)), out)
            check_prediction(node, found[node.name])
        return found


def check_prediction(node: DataNode, made: Made) -> None:
    """Names, order, types and nulls of the columns are those of the plan.

    Conversations may have more parts than role and content, which depend on the rows.
    """
    predicted = RowType.from_json(node.row)
    for part in node.parts or ("rows",):
        frame = made.frame(part)
        assert tuple(frame.columns) == predicted.names
        for column in predicted.columns:
            if column.type.without_null() != MESSAGES:
                assert frame.schema[column.name] == dtype_of(column.type), column
            # The planned type of `tools` allows no null; rows without tools have null all the same.
            if not column.type.nullable and column.name != "tools":
                assert frame[column.name].null_count() == 0, column
    assert set(made.facts["columns"]) == set(predicted.names)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "tiny").mkdir()
    return Project(tmp_path)


# --- functions ----------------------------------------------------------------------------------

EXAMPLE_ROWS = [
    {
        "id": number, "language": ["python", "sql"][number % 2], "topic": "t", "question": f"q{number} w?",
        "answer": "abc #### 4" + "x" * number, "input": None if number == 1 else "in", "score": 0.25 * number,
        "chosen": "a", "rejected": "b", "chosen_score": 0.5, "rejected_score": None if number == 0 else 0.25,
        "created": "2024-05-31T00:00:00", "tags": ["math", "x"], "checks": [True, False],
        "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}],
        "source": {"license": "mit", "year": 2020}, "completions": ["a", "b"], "marks": [5, number],
        "votes": ["chosen", "rejected", "chosen"],
    }
    for number in range(5)
]  # fmt: skip


def _example(function: Any) -> str:
    found = re.search(r"Example: `(.*)`$", function.page(), re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.keyword)
def test_examples_of_the_pages_compile_and_run(project: Project, function: Any) -> None:
    project.write("r.jsonl", EXAMPLE_ROWS)
    example = _example(function)
    step = f"expect {example} or true" if function.aggregate else f"derive new = {example}"
    made = project.made(f'data d = read("r.jsonl") | {step} | as chat(messages)')["d"]
    assert made.facts["rows"] == {"": 5}


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("source.license", ["mit"] * 5),
        ("tags[0] + tags[-1]", ["mathx"] * 5),
        ("tags[2]", [None] * 5),
        ("messages[1].content", ["ho"] * 5),
        ("chosen_score - 1", [-0.5] * 5),
        ("-id", [0, -1, -2, -3, -4]),
        ("id / 2", [0.0, 0.5, 1.0, 1.5, 2.0]),
        ("id % 2", [0, 1, 0, 1, 0]),
        ("id + 0.5", [0.5, 1.5, 2.5, 3.5, 4.5]),
        ("5", [5] * 5),
        ("none", [None] * 5),
        ("[1, 2]", [[1, 2]] * 5),
        ("if(id > 2, 1, 2.5)", [2.5, 2.5, 2.5, 1.0, 1.0]),
        ("if(id > 2, tags[0], none)", [None, None, None, "math", "math"]),
        ("coalesce(rejected_score, 1)", [1.0, 0.25, 0.25, 0.25, 0.25]),
        ("id in 1..3", [False, True, True, True, False]),
        ("id not in 1..3", [True, False, False, False, True]),
        ("id in 3..", [False, False, False, True, True]),
        ('language not in ["sql"]', [True, False, True, False, True]),
        ("input == none", [False, True, False, False, False]),
        ('contains_any(answer, ["ABC"], ignore_case = true)', [True] * 5),
        ("repeats(answer, lines = true)", [0.0] * 5),
        ('extract(answer, "(#+) (4)", 2)', ["4"] * 5),
        ("slice_text(answer, 0, 3)", ["abc"] * 5),
        ("slice_text(answer, -1)", ["4", "x", "x", "x", "x"]),
        ("round(score, 1)", [0.0, 0.3, 0.5, 0.8, 1.0]),
        ("max(id, score, 2)", [2.0, 2.0, 2.0, 3.0, 4.0]),
        ("join(tags)", ["mathx"] * 5),
    ],
)
def test_expressions(project: Project, expression: str, values: list[Any]) -> None:
    project.write("r.jsonl", EXAMPLE_ROWS)
    made = project.made(f'data d = read("r.jsonl") | derive new = {expression} | as chat(messages)')["d"]
    assert made.values("new") == [pytest.approx(v) if isinstance(v, float) else v for v in values]


@pytest.mark.parametrize("expression", [r'matches(answer, "4\\Z")'])
def test_constants_that_make_no_sense(project: Project, expression: str) -> None:
    project.write("r.jsonl", EXAMPLE_ROWS)
    with pytest.raises(RecipeError) as error:
        project.made(f'data d = read("r.jsonl") | derive new = {expression} | as chat(messages)')
    assert error.value.diagnostics[0].code in ("D515", "D516")


# --- steps --------------------------------------------------------------------------------------


def test_every_step_gives_the_columns_that_were_predicted(project: Project) -> None:
    project.write("r.jsonl", EXAMPLE_ROWS)
    project.write("o.jsonl", [{"topic": "t", "weight": 2}, {"topic": "u", "weight": 3}])
    text = """
data topics = read("o.jsonl")
data d = read("r.jsonl")
  | where score >= 0 and language in ["python", "sql"]
  | derive size = chars(answer), half = id / 2, level = if(id > 2, "high", "low")
  | explode tags
  | rename tag = tags
  | dedup id, tag, keep = longest
  | dedup id, tag, keep = best(score * 2)
  | join topics, on = topic, kind = left
  | drop created, checks
  | repeat 2
  | sample 90%
  | shuffle
  | sort by id, score, descending = [true, false]
  | take 3 by language
  | select id, tag, weight, size, half, level, question, answer, language
  | as chat(user = question, assistant = answer, system = level)
  | expect count() > 1 and share(size > 0) == 1
  | split train = 50%, held = 50% by language
"""
    nodes = project.nodes(HEAD + text + "stage s: sft { from = base, data = d.train }\n")
    made = project.run(nodes)["d"]
    assert sum(made.facts["rows"].values()) == 6
    assert [each["keyword"] for each in made.facts["steps"]][-2:] == ["expect", "split"]


@pytest.mark.parametrize(
    ("stage", "step"),
    [
        ("sft", "text(answer)"),
        ("sft", "completion(prompt = question, completion = answer)"),
        ("sft", "chat(messages, system = topic)"),
        ("dpo", "preference(prompt = question, chosen = chosen, rejected = rejected, margin = score)"),
        ("kto", "feedback(prompt = question, completion = answer, label = checks[0])"),
    ],
)
def test_shapes(project: Project, stage: str, step: str) -> None:
    project.write("r.jsonl", EXAMPLE_ROWS)
    made = project.made(f'data d = read("r.jsonl") | as {step}', stage=stage)["d"]
    assert made.facts["rows"] == {"": 5}


def test_declared_types(project: Project) -> None:
    project.write(
        "r.jsonl", [{"level": "easy", "n": 1, "t": "x"}] * 150 + [{"level": "odd", "n": 1, "t": "x"}]
    )
    made = project.made(
        'type Row = { level: ["easy", "hard"], n: float, t: text, gone: int? }\n'
        'data d: Row = read("r.jsonl") | derive up = upper(level) | as text(t)'
    )["d"]
    assert made.facts["rejected"] == ['r.jsonl:151: `level` is "odd", not one of easy, hard']
    assert made.facts["columns"]["level"] == {"kind": "choice", "choices": ["easy", "hard"]}
    assert made.rows()[0] == {"level": "easy", "n": 1.0, "t": "x", "gone": None, "up": "EASY", "text": "x"}


def test_rows_concat_and_nested_pipelines(project: Project) -> None:
    project.write("r.jsonl", EXAMPLE_ROWS)
    made = project.made(
        'data few = rows([{ question: "a", answer: "b", score: 1 },'
        ' { question: "c", answer: none, score: 2.5 }])\n'
        'data d = concat(few, (read("r.jsonl") | take 2 | select question, answer, id), few)\n'
        "  | where answer != none | as chat(user = question, assistant = answer)"
    )["d"]
    assert made.values("answer") == ["b", "abc #### 4", "abc #### 4x", "b"]
    assert made.values("score") == [1.0, None, None, 1.0]


def test_max_rows_larger_than_the_data(project: Project) -> None:
    project.write("r.jsonl", EXAMPLE_ROWS)
    text = HEAD.replace("seed = 1", "seed = 1, max_rows = 50")
    text += 'data d = read("r.jsonl") | as chat(messages)\nstage s: sft { from = base, data = d }\n'
    assert project.run(project.nodes(text))["d"].facts["rows"] == {"": 5}


# --- real rows ----------------------------------------------------------------------------------

REAL_RECIPES = {
    "gsm8k_train.jsonl": (
        'derive result = number(replace(extract(answer, "#### (.+)"), ",", "")) | where result != none'
        ' | dedup question | as chat(user = question, assistant = answer, system = "Think.")',
        "sft",
        7473,
    ),
    "alpaca_en_demo.json": (
        'as chat(user = if(input == "", instruction, instruction + "\\n\\n" + input), assistant = output)',
        "sft",
        999,
    ),
    "dpo_en_demo.json": (
        "where chosen.value != rejected.value"
        " | as preference(prompt = conversations, chosen = chosen, rejected = rejected)",
        "dpo",
        300,
    ),
    "kto_en_demo.json": ("as feedback(messages = messages, label = label)", "kto", 300),
    "glaive_toolcall_en_demo.json": ("as chat(conversations, tools = tools)", "sft", 300),
}


@pytest.mark.parametrize("name", REAL_RECIPES)
def test_real_rows(project: Project, name: str) -> None:
    if not (REAL / name).is_file():
        pytest.skip(f"{name} is not in ../shared/data")
    shutil.copy(REAL / name, project.root)
    steps, stage, rows = REAL_RECIPES[name]
    made = project.made(f'data d = read("{name}") | {steps}', stage=stage)["d"]
    assert (made.facts["rows_in"], made.facts["rows"], made.facts["rejects"]) == (rows, {"": rows}, 0)
    assert made.facts["unseen_columns"] == {}
    assert all("unshaped" not in each for each in made.facts["steps"])
    _CHECKS[name](made.frame(), _given(REAL / name))


def _given(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = (
        json.loads(text) if path.suffix == ".json" else list(map(json.loads, text.splitlines()))
    )
    return rows


def _turns(row: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["role"], each["content"]) for each in row]


def _check_gsm8k(frame: pl.DataFrame, given: list[dict[str, Any]]) -> None:
    assert frame["result"].sum() == pytest.approx(
        sum(float(row["answer"].rpartition("#### ")[2].replace(",", "")) for row in given)
    )
    first = [("system", "Think."), ("user", given[0]["question"]), ("assistant", given[0]["answer"])]
    assert _turns(frame["messages"][0].to_list()) == first


def _check_alpaca(frame: pl.DataFrame, given: list[dict[str, Any]]) -> None:
    for made, row in zip(frame["messages"].to_list(), given, strict=True):
        asked = row["instruction"] + ("\n\n" + row["input"] if row["input"] else "")
        assert _turns(made) == [("user", asked), ("assistant", row["output"])]


def _check_dpo(frame: pl.DataFrame, given: list[dict[str, Any]]) -> None:
    roles = {"human": "user", "gpt": "assistant", "system": "system"}
    for made, row in zip(frame.to_dicts(), given, strict=True):
        assert _turns(made["prompt"]) == [
            (roles[each["from"]], each["value"]) for each in row["conversations"]
        ]
        assert _turns(made["chosen"]) == [("assistant", row["chosen"]["value"])]
        assert _turns(made["rejected"]) == [("assistant", row["rejected"]["value"])]


def _check_kto(frame: pl.DataFrame, given: list[dict[str, Any]]) -> None:
    for made, row in zip(frame.to_dicts(), given, strict=True):
        assert _turns(made["prompt"] + made["completion"]) == _turns(row["messages"])
        assert made["label"] is row["label"]


def _check_glaive(frame: pl.DataFrame, given: list[dict[str, Any]]) -> None:
    roles = {"human": "user", "gpt": "assistant", "function_call": "assistant", "observation": "tool"}
    for made, row in zip(frame.to_dicts(), given, strict=True):
        assert [each["role"] for each in made["messages"]] == [roles[e["from"]] for e in row["conversations"]]
        for message, turn in zip(made["messages"], row["conversations"], strict=True):
            if turn["from"] == "function_call":
                (call,) = json.loads(message["tool_calls"])
                assert call["function"]["name"] == json.loads(turn["value"])["name"]
            else:
                assert (message["content"], message["tool_calls"]) == (turn["value"], None)
        assert json.loads(made["tools"] or "[]") == json.loads(row["tools"])


_CHECKS = {
    "gsm8k_train.jsonl": _check_gsm8k,
    "alpaca_en_demo.json": _check_alpaca,
    "dpo_en_demo.json": _check_dpo,
    "kto_en_demo.json": _check_kto,
    "glaive_toolcall_en_demo.json": _check_glaive,
}


# --- the examples -----------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", sorted(each.name for each in RECIPES.glob("*.ftr")))
def test_recipes_of_the_examples(tmp_path: Path, recipe: str) -> None:
    root = tmp_path / "project"
    shutil.copytree(RECIPES, root / "recipes")
    outcome = compile_source(
        Source(f"recipes/{recipe}", (root / "recipes" / recipe).read_text(encoding="utf-8")), FileFacts(root)
    )
    if outcome.plan is None:
        pytest.skip("it needs data that is not at hand: " + outcome.problems.in_order()[0].message)
    made = Project(root).run([each for each in outcome.plan.nodes if isinstance(each, DataNode)])
    assert all(each.facts["rejects"] == 0 and sum(each.facts["rows"].values()) for each in made.values())


def test_mixtures_without_what_an_evaluation_has(project: Project) -> None:
    sums = [{"question": f"What is the sum of {each} and two?", "answer": "x"} for each in range(40)]
    days = [
        {"question": f"Which day follows day {each}?", "answer": "y", "topic": "days"} for each in range(40)
    ]
    project.write("sums.jsonl", sums)
    project.write("days.jsonl", days)
    project.write("held.jsonl", [{"question": "what is the sum of 7 and two"}, {"question": "Hm?"}])
    made = project.made(
        'data held = read("held.jsonl")\n'
        'data sums = read("sums.jsonl") | decontaminate held, on = question, ngram = 8\n'
        'data days = read("days.jsonl")\n'
        "data first = mix({ sums: 75%, days: 25% }, rows = 40)\n"
        "data second = interleave({ sums: 50%, days: 50% }, until = all_once)\n"
        "data d = concat(first, second) | as chat(user = question, assistant = answer)\n"
    )
    assert made["sums"].facts["steps"][0]["hits"] == 1
    assert [each["rows"] for each in made["first"].facts["drawn"]] == [30, 10]
    assert made["second"].facts["rows"] == {"": 79}
    assert made["d"].facts["rows"] == {"": 119}
