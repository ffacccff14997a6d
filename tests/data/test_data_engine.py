"""Data nodes as a whole: sources, parts, facts, and the same bytes every time."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recipedsl.data import keyed
from recipedsl.data.engine import make_data
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.diagnostics import RecipeError
from recipedsl.language.types import INT, Field, RowType
from recipedsl.plan.model import DataNode, RowsSource
from tests.data.making import (
    ConcatSource,
    Input,
    Made,
    Maker,
    NodeSource,
    call,
    column,
    data_node,
    json_lines,
    printed_by,
    shape,
    step,
    where,
)


def concat(maker: Maker, **inputs: Made) -> Made:
    source = ConcatSource(inputs=tuple(Input(node=name) for name in inputs))
    return maker.make(data_node(source), {name: made.out for name, made in inputs.items()})


def test_facts(maker: Maker) -> None:
    maker.write("a.jsonl", json_lines([{"id": number} for number in range(200)]) + "bad\n")
    even = where(call("equal", call("modulo", column("id"), 2), 0), text="where id % 2 == 0")
    made = maker.file("a.jsonl", even, step("take", settings={"count": 10}, text="take 10"))
    assert made.facts == {
        "rows_in": 200,
        "rejects": 1,
        "rejected": ["a.jsonl:201: not JSON: expecting value at character 1"],
        "unseen_columns": {},
        "widened": {},
        "files": ["a.jsonl"],
        "steps": [
            {"keyword": "where", "text": "where id % 2 == 0", "rows": 100},
            {"keyword": "take", "text": "take 10", "rows": 10},
        ],
        "rows": {"": 10},
        "columns": {"id": {"kind": "int", "nullable": True}},
    }
    assert json.loads(json.dumps(made.facts)) == made.facts
    assert sorted(each.name for each in made.out.iterdir()) == ["rejects.jsonl", "rows.parquet"]


def test_no_rejects_no_file(maker: Maker) -> None:
    maker.write("a.jsonl", json_lines([{"id": number} for number in range(25_000)]))
    made = maker.file("a.jsonl")
    assert [each.name for each in made.out.iterdir()] == ["rows.parquet"]


def test_columns_keep_what_was_planned(maker: Maker) -> None:
    row = {"level": {"kind": "choice", "choices": ["a", "b"]}, "id": {"kind": "int"}}
    source = RowsSource(rows=({"level": "a", "id": 1},), row=row)
    assert maker.make(data_node(source).model_copy(update={"row": row})).facts["columns"] == row


def test_parts_are_read_by_name(maker: Maker) -> None:
    halves = step("split", settings={"parts": {"train": 0.5, "held": 0.5}, "group": None}, seed=1)
    split = maker.rows([{"id": number} for number in range(10)], halves, parts=("train", "held"))
    assert split.facts["rows"] == {"train": 5, "held": 5}
    assert sorted(each.name for each in split.out.iterdir()) == ["held.parquet", "train.parquet"]
    source = NodeSource(input=Input(node="split", part="held"))
    read = maker.make(data_node(source), {"split": split.out})
    assert read.values("id") == split.values("id", "held")
    assert read.facts["rows_in"] == 5


def test_part_that_no_row_falls_into(maker: Maker) -> None:
    parts = step("split", settings={"parts": {"train": 1.0, "held": 0.0}, "group": None}, seed=1)
    made = maker.rows([{"id": 1}], parts, parts=("train", "held"))
    assert made.facts["rows"] == {"train": 1, "held": 0}
    assert made.frame("held").schema == {"id": pl.Int64}


def test_rows_of_a_recipe(maker: Maker) -> None:
    source = RowsSource(rows=({"a": 1, "tags": ("x", "y"), "r": {"n": (1,)}}, {"a": 2.5, "b": None}))
    made = maker.make(data_node(source))
    assert made.rows() == [
        {"a": 1.0, "tags": ["x", "y"], "r": {"n": [1]}, "b": None},
        {"a": 2.5, "tags": None, "r": None, "b": None},
    ]


def test_rows_of_a_recipe_of_another_type(maker: Maker) -> None:
    source = RowsSource(rows=({"a": 1}, {"a": "x"}), row={"a": {"kind": "int"}})
    with pytest.raises(RecipeError, match="row 2 of `rows`: `a` must be int, not text"):
        maker.make(data_node(source))


def test_concat_makes_one_schema(maker: Maker) -> None:
    first = maker.rows([{"id": 1, "score": 1, "talk": [{"role": "user", "content": "a"}]}])
    second = maker.rows([{"score": 0.5, "id": 2, "talk": [{"role": "tool", "content": "b", "name": "f"}]}])
    third = maker.rows([{"id": 3, "extra": ["x"]}])
    made = concat(maker, first=first, second=second, third=third)
    assert made.rows() == [
        {"id": 1, "score": 1.0, "talk": [{"role": "user", "content": "a", "name": None}], "extra": None},
        {"id": 2, "score": 0.5, "talk": [{"role": "tool", "content": "b", "name": "f"}], "extra": None},
        {"id": 3, "score": None, "talk": None, "extra": ["x"]},
    ]
    assert made.facts["rows_in"] == 3


def test_concat_of_one_dataset_twice(maker: Maker) -> None:
    first = maker.rows([{"id": 1}, {"id": 2}])
    source = ConcatSource(inputs=(Input(node="first"), Input(node="first")))
    assert maker.make(data_node(source), {"first": first.out}).values("id") == [1, 2, 1, 2]


def test_concat_refuses_to_cast(maker: Maker) -> None:
    numbers, texts = maker.rows([{"a": 1}]), maker.rows([{"a": "x"}])
    with pytest.raises(RecipeError, match="column `a` is int in `numbers` and text in `texts`") as error:
        concat(maker, numbers=numbers, texts=texts)
    assert error.value.diagnostics[0].code == "D507"


def test_concat_of_a_column_of_nulls(maker: Maker) -> None:
    """A column that was null in every row is kept as text, and goes with everything all the same."""
    empty = maker.rows([{"id": 1, "a": None, "m": None}])
    full = maker.rows([{"id": 2, "a": 7, "m": [{"role": "user", "content": "x"}]}])
    for order in ({"empty": empty, "full": full}, {"full": full, "empty": empty}):
        made = concat(maker, **order)
        assert sorted(made.values("a"), key=str) == [7, None]
        assert made.frame().schema["m"] == full.frame().schema["m"]


def test_unshaped_rows_count_where_they_fell(maker: Maker) -> None:
    rows: list[dict[str, Any]] = [
        {"id": number, "q": "q", "a": "a" if number % 2 else None} for number in range(20)
    ]
    made = maker.rows(
        rows,
        where(call("less", column("id"), 10)),
        shape("chat", user="q", assistant="a"),
        where(call("greater", column("id"), 2)),
    )
    assert [each["rows"] for each in made.facts["steps"]] == [10, 5, 4]
    assert made.facts["steps"][1]["unshaped"] == {"the assistant is null": 5}
    assert "unshaped" not in made.facts["steps"][2]


def test_nothing_is_left_behind_by_a_failure(maker: Maker) -> None:
    maker.write("a.jsonl", "bad\n")
    with pytest.raises(RecipeError):
        maker.file("a.jsonl", row=RowType((Field("id", INT),)))
    assert not list(maker.root.glob("out/*/.work"))


CALLS = [
    [{"from": "human", "value": "a"}, {"from": who, "value": "{}"}] for who in ("gpt", "function_call", "odd")
]


LATE = call("greater", column("id"), 8)
MASK = step("redact", "q", "talk")
ENOUGH = step(
    "expect",
    expressions={
        "condition": call(
            "and",
            call("greater", call("count"), 20),
            call(
                "greater",
                call("mean", call("divide", column("id"), 7)),
                call("share", call("is_null", column("q"))),
            ),
        )
    },
)


@pytest.mark.parametrize(
    ("steps", "by_keys"),
    [
        ((step("dedup", "id"), where(call("greater", column("id"), 5)), shape("prompt", prompt="q")), True),
        ((step("dedup"), step("take", settings={"count": 4}, by=("id",)), step("drop", "q")), True),
        (
            (step("sort", expressions={"key0": column("q")}), step("select", "q"), step("shuffle", seed=2)),
            True,
        ),
        (
            (step("sample", settings={"count": 9}, seed=3), step("rename", settings={"names": {"q": "r"}})),
            True,
        ),
        # Which fields messages have is seen in the rows that are left, and so these are held.
        ((step("take", settings={"count": 20}), shape("chat", messages="talk")), False),
        ((shape("chat", messages="talk"), step("dedup", "id")), True),
        ((step("repeat", settings={"times": 2}), step("shuffle", seed=1)), True),
        ((step("repeat", settings={"times": 3}), step("dedup", "id", settings={"keep": "last"})), True),
        ((where(LATE), step("shuffle", seed=1), shape("chat", messages="talk")), True),
        ((MASK, where(LATE), MASK, shape("chat", messages="talk"), step("dedup")), True),
        (
            (where(LATE), ENOUGH, step("repeat", settings={"times": 2}), shape("prompt", prompt="q"), ENOUGH),
            True,
        ),
    ],
)
def test_large_sources_go_by_their_keys(
    maker: Maker, steps: Any, by_keys: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes and facts are those of rows held in memory."""
    rows = [
        {
            "id": number % 17,
            "q": None if number % 7 == 3 else f"q@b{number % 23}.de",
            "talk": CALLS[number % 3],
        }
        for number in range(90)
    ]
    maker.write("a.jsonl", json_lines(rows))
    written, real = list[dict[str, int]](), keyed.Keyed._write
    monkeypatch.setattr(keyed.Keyed, "_write", lambda *given: written.append(real(*given)) or written[-1])
    made = []
    for large in (1 << 60, 0):
        monkeypatch.setattr(keyed, "LARGE", large)
        made.append(maker.file("a.jsonl", *steps))
    held, other = made
    assert held.facts == other.facts
    assert _digests(held.out) == _digests(other.out)
    assert bool(written) == by_keys


# --- the same every time ------------------------------------------------------------------------

_TOPICS = ("sums", "dates", "words", "none")


def _project(root: Path) -> None:
    """Rows in two files, with a table and an array beside them."""
    draw = random.Random(5)
    rows = [
        {
            "id": number,
            "topic": draw.choice(_TOPICS),
            "question": f"What is {draw.randint(0, 4000)} times two?",
            "answer": "word " * draw.randint(1, 30) if draw.random() > 0.02 else None,
            "score": draw.random(),
        }
        for number in range(12_000)
    ]
    (root / "data").mkdir(parents=True)
    (root / "data" / "b.jsonl").write_text(json_lines(rows[:7000]) + "bad\n")
    (root / "data" / "a.json").write_text(json.dumps(rows[7000:]))


def _node() -> DataNode:
    source = {"kind": "read", "path": "data/*"}
    by_topic = {"by": ("topic",)}
    return data_node(
        source,
        step("derive", expressions={"size": call("chars", column("answer"))}),
        where(call("greater", column("score"), 0.1)),
        step("dedup", "question", settings={"keep": "longest", "normalise": True}),
        step("sort", expressions={"key0": column("topic")}, settings={"descending": [True]}),
        step("sample", settings={"share": 0.7}, seed=3, **by_topic),
        step("shuffle", seed=4),
        step("take", settings={"count": 900}, **by_topic),
        shape("chat", user="question", assistant="answer"),
        step("split", settings={"parts": {"train": 0.9, "held": 0.1}, "group": None}, seed=5, **by_topic),
        parts=("train", "held"),
    )


def _digests(out: Path) -> dict[str, str]:
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in sorted(out.iterdir())}


def run_here(root: Path, out: Path) -> None:
    """Makes the node; called in a process of its own."""
    facts = make_data(_node(), {}, out, ReadPolicy(root))
    print(json.dumps({"facts": facts, "files": _digests(out)}))


def test_same_bytes_with_any_number_of_threads(tmp_path: Path) -> None:
    _project(tmp_path)
    one = printed_by(__name__, 1, tmp_path, tmp_path / "one")
    two = printed_by(__name__, 2, tmp_path, tmp_path / "two")
    assert one == two
    assert set(one["files"]) == {"train.parquet", "held.parquet", "rejects.jsonl"}
    assert one["facts"]["rows"]["train"] > 2000


def test_other_seed_other_rows(tmp_path: Path) -> None:
    _project(tmp_path)
    node = _node()
    make_data(node, {}, tmp_path / "one", ReadPolicy(tmp_path))
    other = tuple(each.model_copy(update={"seed": each.seed + 1}) for each in node.steps)
    make_data(node.model_copy(update={"steps": other}), {}, tmp_path / "two", ReadPolicy(tmp_path))
    ids = [set(pl.read_parquet(tmp_path / name / "train.parquet")["id"]) for name in ("one", "two")]
    assert ids[0] != ids[1]


def test_order_of_a_glob_is_by_name_whatever_was_written_first(maker: Maker) -> None:
    names = [f"{number:02}" for number in range(20)]
    for place, order in enumerate((names, names[::-1])):
        for name in order:
            maker.write(f"{place}/{name}.jsonl", json_lines([{"id": name}]))
    assert maker.file("0/*.jsonl").values("id") == maker.file("1/*.jsonl").values("id") == names
