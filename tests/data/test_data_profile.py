"""Profiles and funnels of real frames, against counts made another way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipedsl.data.engine import make_data
from recipedsl.data.profiles.funnel import make_funnel
from recipedsl.data.profiles.kept import keep, kept
from recipedsl.data.profiles.model import Column, Made, Profile
from recipedsl.data.profiles.numbers import numbers_of
from recipedsl.data.profiles.profile import profile_of
from recipedsl.data.profiles.rows import some_rows
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.language.shapes import Shape
from recipedsl.plan.model import DataNode, Input, RowsSource, StepSpec
from tests.data.making import ORIGIN, call, column, constant, step, where


def profiled(rows: list[dict[str, Any]], shape: Shape = Shape.ROWS) -> Profile:
    return profile_of(pl.LazyFrame(rows, infer_schema_length=None), shape)


def of(profile: Profile, name: str) -> Column:
    return next(each for each in profile.columns if each.name == name)


# --- numbers ------------------------------------------------------------------------------------------


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=200))
def test_a_histogram_counts_every_number_once(values: list[int]) -> None:
    found = numbers_of(pl.Series(values, dtype=pl.Int64))
    assert found is not None
    assert sum(found.histogram.counts) + found.histogram.above == len(values)
    assert found.histogram.edges[0] <= min(values)
    assert list(found.histogram.edges) == sorted(set(found.histogram.edges))
    assert (found.min, found.max, found.count) == (min(values), max(values), len(values))
    assert found.p50 == np.percentile(values, 50, method="lower")


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=100))
def test_a_histogram_of_floats_counts_every_number_once(values: list[float]) -> None:
    found = numbers_of(pl.Series(values, dtype=pl.Float64))
    assert found is not None
    assert sum(found.histogram.counts) + found.histogram.above == len(values)
    assert len(found.histogram.counts) <= 40


def test_a_long_tail_does_not_squeeze_the_others() -> None:
    found = numbers_of(pl.Series([*range(100), 1_000_000]))
    assert found is not None
    assert found.histogram.above == 1
    assert len([each for each in found.histogram.counts if each]) >= 10


def test_what_is_no_number_is_told() -> None:
    found = numbers_of(pl.Series([1.0, float("nan"), float("inf"), None]))
    assert found is not None
    assert (found.count, found.odd) == (1, 2)
    assert numbers_of(pl.Series([None, None], dtype=pl.Int64)) is None


# --- columns ------------------------------------------------------------------------------------------


def test_columns_of_every_kind() -> None:
    rows = [
        {"text": "one two three", "level": "easy", "score": 0.5, "ok": True, "tags": ["a", "b"]},
        {"text": "  ", "level": "hard", "score": None, "ok": False, "tags": []},
        {"text": None, "level": "easy", "score": 2.5, "ok": True, "tags": None},
        {"text": "one two three", "level": "easy", "score": 0.5, "ok": True, "tags": ["a", "b"]},
    ]
    found = profiled(rows)
    text = of(found, "text")
    assert (text.kind, text.nulls, text.blank, text.distinct) == ("text", 1, 1, 2)
    assert text.words is not None
    assert text.words.max == 3
    assert [(each.value, each.rows) for each in of(found, "level").top] == [("easy", 3), ("hard", 1)]
    assert [(each.value, each.rows) for each in of(found, "ok").top] == [("true", 3), ("false", 1)]
    numbers, items = of(found, "score").numbers, of(found, "tags").items
    assert numbers is not None
    assert items is not None
    assert (numbers.min, numbers.max, numbers.count) == (0.5, 2.5, 3)
    assert (items.max, items.count) == (2, 3)
    assert found.duplicates.rows == 1


def test_texts_that_repeat_but_for_case_and_space() -> None:
    rows = [
        {"id": str(n), "question": q}
        for n, q in enumerate(["What is it now?", "what  is it now?", "Something else here"])
    ]
    found = profiled(rows)
    assert found.duplicates.by == ("question",)
    assert (found.duplicates.rows, found.duplicates.texts) == (0, 1)


def test_a_frequent_text_among_many_is_told() -> None:
    rows = [{"answer": f"the answer is {n}"} for n in range(50)] + [{"answer": "I cannot say that"}] * 5
    top = of(profiled(rows), "answer").top
    assert [(each.value, each.rows) for each in top] == [("I cannot say that", 5)]


def test_conversations() -> None:
    def row(*turns: tuple[str, str]) -> dict[str, Any]:
        return {"messages": [{"role": role, "content": content} for role, content in turns]}

    rows = [
        row(("system", "short"), ("user", "hello"), ("assistant", "hello there")),
        row(("user", "hi"), ("assistant", "yes")),
    ]
    found = of(profiled(rows, Shape.CHAT), "messages")
    conversation = found.conversation
    assert conversation is not None
    assert conversation.turns is not None
    assert (conversation.turns.min, conversation.turns.max, conversation.with_system) == (2, 3, 1)
    roles = {each.role: (each.messages, each.characters) for each in conversation.roles}
    assert {name: count for name, (count, _) in roles.items()} == {"system": 1, "user": 2, "assistant": 2}
    assert roles["assistant"][1] is not None
    assert roles["assistant"][1].max == 11
    assert found.characters is not None
    assert found.characters.max == 21


def test_calls_of_tools_are_counted() -> None:
    called = {"role": "assistant", "content": "", "tool_calls": [{"name": "search"}]}
    plain = {"role": "assistant", "content": "no", "tool_calls": None}
    found = of(profiled([{"messages": [called]}, {"messages": [plain]}], Shape.CHAT), "messages")
    assert found.conversation is not None
    assert found.conversation.with_calls == 1


def test_sides_of_preferences() -> None:
    def said(text: str) -> list[dict[str, str]]:
        return [{"role": "assistant", "content": text}]

    rows = [
        {"prompt": said("p"), "chosen": said("long answer"), "rejected": said("no")},
        {"prompt": said("p"), "chosen": said("no"), "rejected": said("no")},
    ]
    found = profiled(rows, Shape.PREFERENCE).sides
    assert found is not None
    assert (found.rows, found.longer, found.equal) == (2, 1, 1)


def test_no_rows_at_all() -> None:
    found = profile_of(pl.LazyFrame(schema={"text": pl.String, "n": pl.Int64}))
    assert (found.rows, of(found, "text").characters, found.duplicates.rows) == (0, None, 0)


def test_a_profile_is_read_as_it_was_kept(tmp_path: Path) -> None:
    made = profiled([{"text": "one two three", "score": 0.5}])
    keep(tmp_path, "key", made)
    assert kept(tmp_path, "key", Profile) == made
    (tmp_path / "key.json").write_text("{")
    assert kept(tmp_path, "key", Profile) is None


# --- rows ---------------------------------------------------------------------------------------------


def test_rows_first_and_drawn() -> None:
    frame = pl.LazyFrame({"n": range(100)})
    assert [row["n"] for _, row in some_rows(frame, 3).rows] == [0, 1, 2]
    drawn = some_rows(frame, 3, seed=1)
    assert drawn == some_rows(frame, 3, seed=1)
    assert drawn != some_rows(frame, 3, seed=2)
    assert [number - 1 for number, _ in drawn.rows] == [row["n"] for _, row in drawn.rows]
    assert some_rows(frame.filter(pl.col("n") > 97), 5).of == 2


# --- funnels ------------------------------------------------------------------------------------------

ROWS = tuple(
    {"id": n, "question": f"question {n % 8}", "answer": "x" * n, "topic": "ab"[n % 2], "text": None}
    for n in range(20)
)


def funnel(tmp_path: Path, *steps: StepSpec, parts: tuple[str, ...] = ()) -> Made:
    node = node_of(*steps, parts=parts)
    (tmp_path / "work").mkdir()
    return make_funnel(node, {}, tmp_path / "work", ReadPolicy(tmp_path), None)


def node_of(*steps: StepSpec, parts: tuple[str, ...] = ()) -> DataNode:
    return DataNode(
        name="d",
        source=RowsSource(rows=ROWS, row={}),
        steps=steps,
        row={},
        parts=parts,
        origin=ORIGIN,
        fingerprint="0",
    )


LONG = call("greater", call("chars", column("answer")), 3)
STEPS = (
    where(call("and", LONG, call("equal", column("topic"), "a")), 'where chars(answer) > 3 and topic == "a"'),
    step("drop", "text"),
    step("dedup", "question", text="dedup question"),
    step("select", "question", "answer", "topic"),
    step("dedup", text="dedup"),
    step(
        "as",
        settings={"shape": "chat"},
        expressions={"user": column("question"), "assistant": column("answer")},
    ),
    step("split", settings={"parts": {"train": 0.5, "held": 0.5}}, by=("topic",)),
)


def test_a_funnel_counts_as_the_engine_does(tmp_path: Path) -> None:
    parts = ("train", "held")
    (tmp_path / "out").mkdir()
    facts = make_data(node_of(*STEPS, parts=parts), {}, tmp_path / "out", ReadPolicy(tmp_path))
    found = funnel(tmp_path, *STEPS, parts=parts).funnel
    assert [each.after for each in found.steps] == [each["rows"] for each in facts["steps"]]
    assert found.rows == facts["rows_in"]
    assert found.parts == facts["rows"]
    assert found.by == ("question", "answer")
    assert found.complete
    assert found.result_size == found.size - sum(each.size for each in found.steps)


def test_a_where_tells_which_part_was_false_and_by_which_values(tmp_path: Path) -> None:
    (made,) = funnel(tmp_path, STEPS[0]).funnel.steps
    assert made.fell == 12
    assert sum(made.reasons.values()) == 4 + 10
    assert len(made.examples) == 3
    for example in made.examples:
        row = ROWS[example.row - 1]
        if row["topic"] == "b":
            assert example.values["topic"] == "b"
        if len(str(row["answer"])) <= 3:
            assert example.values["chars(answer)"] == str(len(str(row["answer"])))
        assert example.reason


def test_a_repeated_row_stands_beside_the_one_that_stays(tmp_path: Path) -> None:
    (made,) = funnel(tmp_path, STEPS[2]).funnel.steps
    assert (made.before, made.after) == (20, 8)
    for example in made.examples:
        assert example.kept["question"] == example.values["question"]
        assert (example.row - 1) % 8 == example.kept_row - 1


def test_what_cannot_be_shaped_tells_why(tmp_path: Path) -> None:
    shaping = step("as", settings={"shape": "text"}, expressions={"text": column("note")})
    derive = step(
        "derive",
        expressions={"note": call("if", call("greater", column("id"), 4), column("answer"), constant(None))},
    )
    made = funnel(tmp_path, derive, shaping).funnel.steps[1]
    assert (made.fell, made.reasons) == (5, {"the text is null": 5})
    assert [each.reason for each in made.examples] == ["the text is null"] * 3
    assert [each.row for each in made.examples] == [1, 2, 3]


def test_a_gate_that_fails_is_passed_by(tmp_path: Path) -> None:
    gate = step(
        "expect", expressions={"condition": call("greater", call("count"), 100)}, text="expect count() > 100"
    )
    made = funnel(tmp_path, gate, STEPS[2])
    assert made.funnel.steps[0].problem
    assert made.funnel.steps[1].after == 8
    assert [each.code for each, _ in made.problems]
    assert not made.funnel.complete


def test_a_step_that_cannot_be_carried_out_ends_the_funnel(tmp_path: Path) -> None:
    shaping = step("as", settings={"shape": "text"}, expressions={"text": column("text")})
    made = funnel(tmp_path, STEPS[2], shaping, STEPS[1])
    assert len(made.funnel.steps) == 2
    assert made.funnel.steps[1].problem
    assert made.problems


def test_rows_are_numbered_anew_behind_a_repetition(tmp_path: Path) -> None:
    twice = step("repeat", settings={"times": 2})
    found = funnel(tmp_path, twice, step("take", settings={"count": 30})).funnel.steps
    assert [(each.before, each.after, each.fell) for each in found] == [(20, 40, 0), (40, 30, 10)]


@pytest.mark.parametrize("keyword", ["take", "sample"])
def test_three_rows_of_any_fall(tmp_path: Path, keyword: str) -> None:
    chosen = step(keyword, settings={"count": 2}, by=("topic",), seed=3)
    (made,) = funnel(tmp_path, chosen).funnel.steps
    assert made.fell == 16
    assert len(made.examples) == 3
    assert all(each.values["topic"] in ("a", "b") for each in made.examples)


WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu"


def test_nearly_the_same_and_contaminated_rows_tell_what_they_are_like(tmp_path: Path) -> None:
    texts = [WORDS, f"{WORDS} nu", "nothing of the kind is said in this row at all", f"so {WORDS} it is"]
    source = RowsSource(rows=tuple({"text": each} for each in texts), row={})
    held = tmp_path / "held"
    held.mkdir()
    pl.DataFrame({"text": [f"so {WORDS} it is"]}).write_parquet(held / "rows.parquet")
    steps = (
        step("decontaminate", input=Input(node="held"), settings={"on": ["text"], "ngram": 13}),
        step("dedup", "text", settings={"near": 0.6}),
    )
    node = DataNode(name="d", source=source, steps=steps, row={}, origin=ORIGIN, fingerprint="0")
    (tmp_path / "work").mkdir()
    made = make_funnel(node, {"held": held}, tmp_path / "work", ReadPolicy(tmp_path), None)
    hit, alike = made.funnel.steps
    assert (hit.fell, alike.fell) == (1, 1)
    assert "alpha" in hit.examples[0].reason
    assert hit.examples[0].kept["held"] == f"so {WORDS} it is"
    (near,) = alike.examples
    assert (near.row, near.kept_row) == (2, 1)
    assert near.reason.endswith("% of their n-grams in common")
    assert near.kept["text"] == WORDS
