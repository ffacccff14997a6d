"""`mix` and `interleave`: exact numbers, the order of rows, and the same rows every time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.turns import turns, until_all_exhausted, until_all_once, until_first_exhausted
from recipedsl.diagnostics import RecipeError
from recipedsl.plan.model import InterleaveSource, MixSource, Portion
from tests.data.making import Input, Made, Maker, data_node, printed_by, step


def portions(shares: Mapping[str, float]) -> tuple[Portion, ...]:
    return tuple(Portion(input=Input(node=name), share=share) for name, share in shares.items())


def numbered(maker: Maker, **sizes: int) -> dict[str, Path]:
    """Datasets of so many rows, each with its name and a number."""
    none = step("take", settings={"count": 0})
    return {
        name: maker.rows(
            [{"of": name, "id": number} for number in range(max(size, 1))], *([] if size else [none])
        ).out
        for name, size in sizes.items()
    }


def mix(maker: Maker, shares: Mapping[str, float], inputs: Mapping[str, Path], **more: Any) -> Made:
    return maker.make(data_node(MixSource(portions=portions(shares), **more)), inputs)


def interleave(maker: Maker, shares: Mapping[str, float], inputs: Mapping[str, Path], until: str) -> Made:
    source = InterleaveSource.model_validate({"portions": portions(shares), "until": until})
    return maker.make(data_node(source), inputs)


def ids(made: Made, name: str) -> list[int]:
    return [row["id"] for row in made.rows() if row["of"] == name]


SHARES = {"a": 0.7, "b": 0.3}


# --- turns ----------------------------------------------------------------------------------------

weights = st.lists(st.integers(1, 30), min_size=1, max_size=6)


def as_shares(parts: Sequence[int]) -> list[float]:
    return [part / sum(parts) for part in parts]


@given(weights, st.integers(0, 300))
def test_every_beginning_holds_the_shares(parts: list[int], count: int) -> None:
    shares, given_ = as_shares(parts), [0] * len(parts)
    order = turns(shares, count).tolist()
    assert len(order) == count
    for passed, place in enumerate(order, start=1):
        given_[place] += 1
        assert all(abs(rows - passed * share) < 1 for rows, share in zip(given_, shares, strict=True))


def test_turns_never_change() -> None:
    assert turns([0.7, 0.3], 10).tolist() == [0, 0, 1, 0, 0, 1, 0, 0, 0, 1]
    assert turns([1 / 3, 2 / 3], 6).tolist() == [1, 1, 0, 1, 1, 0]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 40)), min_size=1, max_size=5))
def test_when_turns_end(drawn: list[tuple[int, int]]) -> None:
    shares, sizes = as_shares([part for part, _ in drawn]), [size for _, size in drawn]
    places = range(len(sizes))
    first = until_first_exhausted(shares, sizes).tolist()
    spent = [place for place in places if first.count(place) == sizes[place]]
    assert spent == [first[-1]]
    assert all(first.count(place) <= sizes[place] for place in places)
    last = until_all_exhausted(shares, sizes).tolist()
    assert all(last.count(place) >= sizes[place] for place in places)
    assert last.count(last[-1]) == sizes[last[-1]]
    once = until_all_once(shares, sizes).tolist()
    assert [once.count(place) for place in places] == sizes
    assert once[: len(first)] == last[: len(first)] == first


# --- mix ------------------------------------------------------------------------------------------


def test_mix_draws_exact_shares(maker: Maker) -> None:
    made = mix(maker, SHARES, numbered(maker, a=100, b=50), rows=61, seed=3)
    assert made.facts["drawn"] == [
        {"dataset": "a", "rows": 43, "of": 100},
        {"dataset": "b", "rows": 18, "of": 50},
    ]
    assert made.facts["rows_in"] == 61
    assert (len(ids(made, "a")), len(ids(made, "b"))) == (43, 18)


def test_mix_without_rows_takes_what_the_scarcest_allows(maker: Maker) -> None:
    made = mix(maker, SHARES, numbered(maker, a=100, b=12), seed=3)
    assert [each["rows"] for each in made.facts["drawn"]] == [28, 12]
    assert ids(made, "b") == list(range(12))
    exact = mix(maker, SHARES, numbered(maker, a=7, b=100))
    assert [each["rows"] for each in exact.facts["drawn"]] == [7, 3]


def test_mix_keeps_the_order_of_each_dataset_and_takes_no_row_twice(maker: Maker) -> None:
    made = mix(maker, SHARES, numbered(maker, a=200, b=100), rows=100, seed=3)
    for name in SHARES:
        assert ids(made, name) == sorted(set(ids(made, name)))
    assert [row["of"] for row in made.rows()][:10] == list("aabaabaaab")


def test_another_seed_draws_other_rows(maker: Maker) -> None:
    inputs = numbered(maker, a=200, b=100)
    drawn = [ids(mix(maker, SHARES, inputs, rows=100, seed=seed), "a") for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_mix_repeats_whole_datasets_before_it_draws_again(maker: Maker) -> None:
    made = mix(maker, SHARES, numbered(maker, a=100, b=12), rows=100, repeat=True, seed=3)
    seen = ids(made, "b")
    assert len(seen) == 30
    assert seen[:24] == [*range(12)] * 2
    assert seen[24:] == sorted(set(seen[24:]))


def test_mix_names_the_dataset_that_lacks_rows(maker: Maker) -> None:
    with pytest.raises(RecipeError) as error:
        mix(maker, SHARES, numbered(maker, a=69, b=12), rows=100)
    problem = error.value.diagnostics[0]
    assert (problem.code, problem.message) == ("D521", "`b` has 12 rows, and 30% of 100 rows are 30")
    assert problem.helps[0].text.startswith(
        "leave `rows` out, which gives 40, or let rows stand several times"
    )


def test_mix_of_rows_that_were_cut_gives_fewer(maker: Maker) -> None:
    made = mix(maker, SHARES, numbered(maker, a=69, b=12), rows=100, fewer=True)
    assert [each["rows"] for each in made.facts["drawn"]] == [28, 12]


def test_a_small_share_of_few_rows_may_be_none(maker: Maker) -> None:
    made = mix(maker, {"a": 0.99, "b": 0.01}, numbered(maker, a=20, b=20), rows=3)
    assert [each["rows"] for each in made.facts["drawn"]] == [3, 0]
    assert ids(made, "b") == []


@pytest.mark.parametrize(
    "more", [{}, {"rows": 10}, {"rows": 10, "repeat": True}, {"rows": 10, "fewer": True}]
)
def test_mix_of_an_empty_dataset(maker: Maker, more: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="`b` has no rows, and 30% of the rows come from it") as error:
        mix(maker, SHARES, numbered(maker, a=10, b=0), **more)
    assert error.value.diagnostics[0].code == "D521"


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 25)), min_size=1, max_size=4),
    st.integers(1, 40),
    st.integers(0, 2**31 - 1),
)
def test_mix_of_anything(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, int]], rows: int, seed: int
) -> None:
    maker = Maker(tmp_path_factory.mktemp("mix"))
    names = [f"d{place}" for place in range(len(drawn))]
    shares = dict(zip(names, as_shares([part for part, _ in drawn]), strict=True))
    inputs = numbered(maker, **{name: size for name, (_, size) in zip(names, drawn, strict=True)})
    made = mix(maker, shares, inputs, rows=rows, repeat=True, seed=seed)
    assert made.facts["rows"] == {"": rows}
    for name, (_, size) in zip(names, drawn, strict=True):
        found = ids(made, name)
        assert abs(len(found) - rows * shares[name]) < 1
        times = [found.count(number) for number in range(size)]
        assert max(times) - min(times) <= 1


# --- interleave -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("first_exhausted", "a0 a1 b0 a2 a3"),
        ("all_exhausted", "a0 a1 b0 a2 a3 b1 a0 a1 a2 b2"),
        ("all_once", "a0 a1 b0 a2 a3 b1 b2"),
    ],
)
def test_interleave(maker: Maker, until: str, expected: str) -> None:
    made = interleave(maker, SHARES, numbered(maker, a=4, b=3), until)
    assert [f"{row['of']}{row['id']}" for row in made.rows()] == expected.split()
    assert made.facts["rows_in"] == len(expected.split())


@pytest.mark.parametrize("until", ["first_exhausted", "all_exhausted", "all_once"])
def test_interleave_of_an_empty_dataset(maker: Maker, until: str) -> None:
    with pytest.raises(RecipeError, match="`b` has no rows"):
        interleave(maker, SHARES, numbered(maker, a=10, b=0), until)


def test_columns_that_one_lacks_are_null(maker: Maker) -> None:
    inputs = {"a": maker.rows([{"id": 1, "x": "one"}] * 2).out, "b": maker.rows([{"id": 0.5}]).out}
    made = interleave(maker, {"a": 0.5, "b": 0.5}, inputs, "all_once")
    assert made.rows() == [{"id": 1.0, "x": "one"}, {"id": 0.5, "x": None}, {"id": 1.0, "x": "one"}]


def test_columns_of_two_types_are_refused(maker: Maker) -> None:
    inputs = {"a": maker.rows([{"id": 1}] * 7).out, "b": maker.rows([{"id": "x"}] * 3).out}
    with pytest.raises(RecipeError, match="column `id` is int in `a` and text in `b`"):
        mix(maker, SHARES, inputs)


# --- the same every time --------------------------------------------------------------------------


def run_here(root: Path) -> None:
    """Makes mixtures of many rows; called in a process of its own."""
    maker = Maker(root)
    inputs = numbered(maker, a=30_000, b=12_000)
    made = [
        mix(maker, SHARES, inputs, rows=30_000, seed=3),
        mix(maker, SHARES, inputs, rows=60_000, seed=3, repeat=True),
        *(
            interleave(maker, SHARES, inputs, until)
            for until in ("first_exhausted", "all_exhausted", "all_once")
        ),
    ]
    print(json.dumps([hashlib.sha256((each.out / "rows.parquet").read_bytes()).hexdigest() for each in made]))


def test_same_bytes_with_any_number_of_threads(tmp_path: Path) -> None:
    found = [printed_by(__name__, threads, tmp_path / str(threads)) for threads in (1, 2)]
    assert found[0] == found[1]
    assert len(set(found[0])) == 5
