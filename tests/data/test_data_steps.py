"""Every step of a pipeline, on rows small enough to see."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipedsl.data.draw import apportioned, portion, scores
from recipedsl.data.steps import STEPS
from recipedsl.diagnostics import RecipeError
from recipedsl.plan.model import RowsSource
from tests.data.making import Input, Maker, call, column, data_node, row_type, step, where

ROWS = [{"id": number, "kind": "abc"[number % 3], "score": number / 10} for number in range(30)]
IDS = list(range(30))


def test_the_steps() -> None:
    assert len(STEPS) == 19


def test_where_counts_null_as_false_and_says_what_fell(maker: Maker) -> None:
    rows = [{"a": 1}, {"a": None}, {"a": 3}, {"a": 4}]
    made = maker.rows(
        rows,
        where(call("greater", column("a"), 1), "where a > 1"),
        where(call("less", column("a"), 4), "where a < 4"),
    )
    assert made.values("a") == [3]
    assert [(each["text"], each["rows"]) for each in made.facts["steps"]] == [
        ("where a > 1", 2),
        ("where a < 4", 1),
    ]


def test_derive_sees_the_rows_as_they_were(maker: Maker) -> None:
    swap = step("derive", expressions={"a": column("b"), "b": column("a")})
    assert maker.rows([{"a": 1, "b": 2}], swap).rows() == [{"a": 2, "b": 1}]
    chain = step("derive", expressions={"c": call("add", column("a"), 1), "d": call("add", column("c"), 1)})
    assert maker.rows([{"a": 1}], chain).rows() == [{"a": 1, "c": 2, "d": 3}]


def test_columns(maker: Maker) -> None:
    row = [{"a": 1, "b": 2, "c": 3}]
    assert maker.rows(row, step("select", "c", "a")).frame().columns == ["c", "a"]
    assert maker.rows(row, step("drop", "b")).frame().columns == ["a", "c"]
    renamed = maker.rows(row, step("rename", settings={"names": {"a": "b", "b": "a"}}))
    assert renamed.rows() == [{"b": 1, "a": 2, "c": 3}]


def test_a_step_behind_a_where_sees_no_fallen_row(maker: Maker) -> None:
    big = where(call("greater_equal", column("id"), 10))
    for each in (step("take", settings={"count": 2}), step("select", "id")):
        assert maker.rows(ROWS, big, each).values("id")[:2] == [10, 11]


def test_explode(maker: Maker) -> None:
    rows = [
        {"id": 1, "tags": ["x", "y"]},
        {"id": 2, "tags": []},
        {"id": 3, "tags": None},
        {"id": 4, "tags": ["z"]},
    ]
    made = maker.rows(rows, step("explode", "tags"))
    assert made.rows() == [{"id": 1, "tags": "x"}, {"id": 1, "tags": "y"}, {"id": 4, "tags": "z"}]
    assert made.facts["steps"][0]["rows"] == 3


DUPLICATES = [
    {"id": 0, "text": "A  b", "note": ""},
    {"id": 1, "text": "c", "note": ""},
    {"id": 2, "text": "a b ", "note": "long"},
    {"id": 3, "text": "a b ", "note": ""},
    {"id": 4, "text": None, "note": ""},
    {"id": 5, "text": None, "note": "n"},
]


@pytest.mark.parametrize(
    ("settings", "ids"),
    [
        ({"normalise": False}, [0, 1, 2, 4]),
        ({"normalise": True}, [0, 1, 4]),
        ({"normalise": True, "keep": "last"}, [1, 3, 5]),
        ({"normalise": True, "keep": "longest"}, [1, 2, 5]),
    ],
)
def test_dedup(maker: Maker, settings: dict[str, Any], ids: list[int]) -> None:
    made = maker.rows(DUPLICATES, step("dedup", "text", settings=settings))
    assert made.values("id") == ids
    assert made.facts["steps"][0]["rows"] == len(ids)


@pytest.mark.parametrize("near", [None, 1])
def test_dedup_keeps_the_best(maker: Maker, near: float | None) -> None:
    scores = [2, None, 3.5, 3.5, -1, float("nan"), None, None, 2**60]
    texts = ["a", "a", "a", "a", "b", "b", "c", "c", "b"]
    rows = [{"id": each, "text": texts[each], "score": scores[each]} for each in range(9)]
    settings = {"keep": "best", "normalise": True, **({"near": near} if near else {})}
    by_score = step("dedup", "text", settings=settings, expressions={"best": column("score")})
    # The first of equal ones; one without a number stays only where all are without.
    assert maker.rows(rows, by_score).values("id") == [2, 6, 8]


def test_dedup_of_whole_rows_with_conversations(maker: Maker) -> None:
    said = [{"role": "user", "content": "Hi"}]
    rows = [{"m": said, "n": 1}, {"m": said, "n": 1}, {"m": [], "n": 1}, {"m": said, "n": 2}]
    assert maker.rows(rows, step("dedup")).rows() == [rows[0], rows[2], rows[3]]
    louder = [{"m": said}, {"m": [{"role": "user", "content": "HI "}]}]
    assert len(maker.rows(louder, step("dedup", "m")).rows()) == 2


def test_take(maker: Maker) -> None:
    assert maker.rows(ROWS, step("take", settings={"count": 4})).values("id") == [0, 1, 2, 3]
    assert maker.rows(ROWS, step("take", settings={"count": 99})).values("id") == IDS
    by = maker.rows(ROWS, step("take", settings={"count": 2}, by=("kind",)))
    assert by.values("id") == [0, 1, 2, 3, 4, 5]


def test_take_of_a_share(maker: Maker) -> None:
    assert maker.rows(ROWS, step("take", settings={"share": 0.5})).values("id") == IDS[: len(IDS) // 2]
    assert maker.rows(ROWS, step("take", settings={"share": 1.0})).values("id") == IDS
    by = maker.rows(ROWS, step("take", settings={"share": 0.5}, by=("kind",))).values("id")
    kinds: dict[str, list[int]] = {}
    for row in ROWS:
        kinds.setdefault(row["kind"], []).append(row["id"])
    assert by == sorted(id_ for ids in kinds.values() for id_ in ids[: portion(len(ids), 0.5)])


def test_take_of_shuffled_rows_keeps_their_order(maker: Maker) -> None:
    shuffled = maker.rows(ROWS, step("shuffle", seed=1)).values("id")
    taken = maker.rows(ROWS, step("shuffle", seed=1), step("take", settings={"count": 5})).values("id")
    assert taken == shuffled[:5]


def test_sample(maker: Maker) -> None:
    def ids(seed: int, by: tuple[str, ...] = (), **settings: Any) -> list[int]:
        return maker.rows(ROWS, step("sample", settings=settings, seed=seed, by=by)).values("id")

    tenth = ids(1, share=0.1)
    assert len(tenth) == 3
    assert tenth == sorted(tenth) == ids(1, share=0.1)
    assert tenth != ids(2, share=0.1)
    assert set(tenth) < set(ids(1, share=0.5))
    assert len(ids(1, count=7)) == 7
    by_kind = Counter(number % 3 for number in ids(1, by=("kind",), share=0.4))
    assert by_kind == {0: 4, 1: 4, 2: 4}
    assert ids(1, share=1.0) == IDS
    assert ids(1, share=0.0) == []


def test_sample_of_more_than_there_is_keeps_all(maker: Maker) -> None:
    for by in ((), ("kind",)):
        assert maker.rows(ROWS, step("sample", settings={"count": 31}, by=by, seed=3)).values("id") == IDS


def test_repeat(maker: Maker) -> None:
    made = maker.rows(ROWS, step("repeat", settings={"times": 3}))
    assert made.values("id") == IDS * 3
    assert made.facts["steps"][0]["rows"] == 90


def test_shuffle(maker: Maker) -> None:
    one = maker.rows(ROWS, step("shuffle", seed=1)).values("id")
    assert one == maker.rows(ROWS, step("shuffle", seed=1)).values("id")
    assert one not in (IDS, maker.rows(ROWS, step("shuffle", seed=2)).values("id"))
    assert sorted(one) == IDS


def test_sort(maker: Maker) -> None:
    rows = [{"a": 2, "b": 1}, {"a": None, "b": 2}, {"a": 1, "b": 3}, {"a": 2, "b": 4}]
    up = step("sort", expressions={"key0": column("a")})
    assert maker.rows(rows, up).values("b") == [3, 1, 4, 2]
    down = step("sort", expressions={"key0": column("a")}, settings={"descending": [True]})
    assert maker.rows(rows, down).values("b") == [1, 4, 3, 2]
    two = step(
        "sort", expressions={"key0": column("a"), "key1": column("b")}, settings={"descending": [False, True]}
    )
    assert maker.rows(rows, two).values("b") == [3, 4, 1, 2]


# --- split --------------------------------------------------------------------------------------


def split(parts: dict[str, float], *, by: tuple[str, ...] = (), seed: int = 5, **settings: Any) -> Any:
    return step("split", settings={"parts": parts, **settings}, by=by, seed=seed)


def test_split_is_disjoint_exact_and_seeded(maker: Maker) -> None:
    parts = {"train": 0.8, "held": 0.1, "test": 0.1}
    made = maker.rows(ROWS, split(parts), parts=list(parts))
    found = {part: made.values("id", part) for part in parts}
    assert {part: len(ids) for part, ids in found.items()} == {"train": 24, "held": 3, "test": 3}
    assert sorted(chain.from_iterable(found.values())) == IDS
    assert all(ids == sorted(ids) for ids in found.values())
    assert made.facts["rows"] == {"train": 24, "held": 3, "test": 3}
    assert made.facts["steps"][-1]["rows"] == 30
    again = maker.rows(ROWS, split(parts), parts=list(parts))
    assert again.values("id", "held") == found["held"]
    assert not any(name.startswith("_") for name in made.frame("held").columns)


def test_split_by_numbers_of_rows(maker: Maker) -> None:
    parts = {"train": 0.9, "held": 0.0, "test": 0.1}
    made = maker.rows(ROWS, split(parts, counts={"held": 7}, rest="train"), parts=list(parts))
    assert made.facts["rows"] == {"train": 20, "held": 7, "test": 3}
    with pytest.raises(RecipeError, match="take more than the 30 rows"):
        maker.rows(ROWS, split(parts, counts={"held": 28}, rest="train"), parts=list(parts))


def test_split_is_stratified(maker: Maker) -> None:
    parts = {"train": 0.7, "held": 0.3}
    made = maker.rows(ROWS, split(parts, by=("kind",)), parts=list(parts))
    assert Counter(made.values("kind", "held")) == {"a": 3, "b": 3, "c": 3}


def test_split_keeps_groups_together(maker: Maker) -> None:
    rows: list[dict[str, Any]] = [{"id": number, "key": number // 3} for number in range(60)]
    rows += [{"id": 60 + number, "key": None} for number in range(20)]
    parts = {"train": 0.75, "held": 0.25}
    made = maker.rows(rows, split(parts, group="key"), parts=list(parts))
    train, held = (set(made.values("key", part)) - {None} for part in parts)
    assert not train & held
    assert abs(made.facts["rows"]["held"] - 20) <= 2
    assert None in made.values("key", "train")
    assert None in made.values("key", "held")


def test_split_of_no_rows(maker: Maker) -> None:
    none = where(call("less", column("id"), 0))
    for extra in ({}, {"by": ("kind",)}, {"group": "kind"}):
        made = maker.rows(ROWS, none, split({"a": 0.5, "b": 0.5}, **extra), parts=["a", "b"])
        assert made.facts["rows"] == {"a": 0, "b": 0}


@given(st.integers(0, 1000), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_apportioned(total: int, weights: list[int]) -> None:
    shares = [weight / sum(weights) for weight in weights]
    counts = apportioned(total, shares)
    assert sum(counts) == total
    assert all(abs(count - total * share) < 1 for count, share in zip(counts, shares, strict=True))


def test_portions_are_free_of_float_noise() -> None:
    assert apportioned(30, [0.1, 0.9]) == [3, 27]
    assert [portion(30, 0.1), portion(15, 0.1), portion(14, 0.1)] == [3, 2, 1]


def test_scores_never_change() -> None:
    assert len(set(scores(10_000, 3))) == 10_000
    assert scores(2, 17).tolist() == [3676530691901710540, 18097497187473122809]


# --- join ---------------------------------------------------------------------------------------


def joined(maker: Maker, left: list[dict[str, Any]], right: list[dict[str, Any]], **settings: Any) -> Any:
    other = maker.rows(right)
    again = step("join", settings={"on": ["id"], **settings}, input=Input(node="other"), text="join other")
    source = RowsSource(rows=tuple(left), row=row_type(left).to_json())
    return maker.make(data_node(source, again), {"other": other.out})


def test_join(maker: Maker) -> None:
    left = [{"id": 3}, {"id": 1}, {"id": None}, {"id": 9}, {"id": 1}]
    right = [{"id": 1, "x": "one"}, {"id": None, "x": "null"}, {"id": 3, "x": "three"}]
    inner = joined(maker, left, right)
    assert inner.rows() == [{"id": 3, "x": "three"}, {"id": 1, "x": "one"}, {"id": 1, "x": "one"}]
    assert inner.facts["steps"][0]["rows"] == 3
    assert joined(maker, left, right, kind="left").values("x") == ["three", "one", None, None, "one"]


def test_join_shows_the_key_that_stands_twice(maker: Maker) -> None:
    with pytest.raises(RecipeError, match="2 rows for the key id = 7") as error:
        joined(maker, [{"id": 1}], [{"id": 7, "x": 1}, {"id": 1, "x": 1}, {"id": 7, "x": 2}])
    assert error.value.diagnostics[0].code == "D510"


def test_join_of_shared_columns(maker: Maker) -> None:
    with pytest.raises(RecipeError, match="`x`") as error:
        joined(maker, [{"id": 1, "x": 1}], [{"id": 1, "x": 1}])
    assert error.value.diagnostics[0].code == "D511"


def test_join_of_other_key_types(maker: Maker) -> None:
    with pytest.raises(RecipeError) as error:
        joined(maker, [{"id": 1}], [{"id": "1", "x": 1}])
    assert error.value.diagnostics[0].code == "D507"


# --- expect -------------------------------------------------------------------------------------


def gate(condition: Any, message: str = "", text: str = "count() > 5") -> Any:
    return step("expect", expressions={"condition": condition}, message=message, text=text)


def test_gate_that_holds(maker: Maker) -> None:
    share = call("share", call("equal", column("kind"), "a"))
    made = maker.rows(ROWS, gate(call("and", call("greater", call("count"), 5), call("less", share, 0.5))))
    assert made.values("id") == IDS
    values = made.facts["steps"][0]["values"]
    assert values == {"count()": 30, 'share(kind == "a")': pytest.approx(1 / 3)}


def test_gate_that_fails_shows_its_values(maker: Maker) -> None:
    few = where(call("less", column("id"), 3))
    with pytest.raises(RecipeError) as error:
        maker.rows(ROWS, few, gate(call("greater", call("count"), 5), "too few rows"))
    problem = error.value.diagnostics[0]
    assert (problem.code, problem.message) == ("D512", "too few rows")
    assert problem.notes == ("expected: count() > 5", "count() is 3")
    assert not (maker.root / "out" / "1" / ".work").exists()


def test_gate_on_null_fails(maker: Maker) -> None:
    none = where(call("less", column("id"), 0))
    with pytest.raises(RecipeError, match="does not hold"):
        maker.rows(ROWS, none, gate(call("greater", call("mean", column("score")), 0.1)))


def test_what_polars_refuses_is_a_diagnostic(maker: Maker) -> None:
    bad = where(call("matches", column("kind"), "("), 'where matches(kind, "(")')
    with pytest.raises(RecipeError, match="where matches") as error:
        maker.rows(ROWS, bad)
    assert error.value.diagnostics[0].code == "D516"
