"""Near duplicates: the exact search against all pairs, and the step on rows."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.steps import alike, near
from recipedsl.diagnostics import RecipeError
from tests.data.making import Maker, step

LONG = "the quick brown fox jumps over the lazy dog and runs far away into the deep dark forest by the river "
WORDS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=14).map(" ".join)


def grams(text: str, size: int) -> frozenset[tuple[str, ...]]:
    words = text.lower().split()
    return frozenset(tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1)))


def expected(texts: list[str], size: int, threshold: float) -> list[int]:
    """Lowest number of each text's group, by comparing all pairs."""
    sets = [grams(each, size) for each in texts]
    labels = list(range(len(texts)))
    for left, right in itertools.combinations(range(len(texts)), 2):
        shared = len(sets[left] & sets[right])
        if shared / len(sets[left] | sets[right]) >= threshold - 1e-9:
            low, high = sorted((labels[left], labels[right]))
            labels = [low if each == high else each for each in labels]
    return labels


def found(texts: list[str], size: int, threshold: float) -> list[int]:
    reading = near.Reading(("t",), (), size, True)
    bags = near.bags_of(pl.LazyFrame({"t": pl.Series(texts, dtype=pl.String)}), reading)
    return alike.grouped(bags, threshold).tolist()


@given(
    st.lists(WORDS, max_size=25), st.integers(1, 4), st.sampled_from([0.1, 0.3, 0.5, 0.8, 0.85, 0.99, 1.0])
)
@settings(deadline=None)
def test_groups_are_those_of_all_pairs(texts: list[str], size: int, threshold: float) -> None:
    assert found(texts, size, threshold) == expected(texts, size, threshold)


def edited(count: int, seed: int) -> list[str]:
    """Texts of which half are others with a few words changed."""
    draw = random.Random(seed)
    words = [f"w{number}" for number in range(300)]
    texts = [" ".join(draw.choices(words, k=draw.randint(3, 60))) for _ in range(count // 2)]
    for text in list(texts):
        changed = text.split()
        for _ in range(draw.randint(0, 3)):
            changed[draw.randrange(len(changed))] = draw.choice(words)
        texts.append(" ".join(changed))
    draw.shuffle(texts)
    return texts


@pytest.mark.parametrize("threshold", [0.4, 0.7, 0.85])
def test_no_pair_is_missed_in_larger_sets(threshold: float, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = edited(400, 3)
    whole = expected(texts, 3, threshold)
    assert found(texts, 3, threshold) == whole
    # A part at a time, whatever the size of the parts.
    monkeypatch.setattr(alike, "_PAIRS_AT_ONCE", 7)
    monkeypatch.setattr(alike, "_COMPARED_AT_ONCE", 50)
    monkeypatch.setattr(alike, "SETS_AT_ONCE", 16)
    assert found(texts, 3, threshold) == whole


@pytest.mark.parametrize("threshold", [0.3, 0.6])
def test_words_that_stand_in_many_rows_miss_no_pair(threshold: float) -> None:
    """Beyond 64 sets rarity is told in steps, and of single words most stand in more."""
    draw = random.Random(5)
    texts = [" ".join(draw.choices([f"w{each}" for each in range(40)], k=12)) for _ in range(400)]
    assert found(texts, 1, threshold) == expected(texts, 1, threshold)


def test_rarity_has_the_order_of_counts_and_tells_one_from_two() -> None:
    rarity = alike.rarity_of(np.array([0, 1, 2, 63, 64, 65, 128, 10_000, 10**9]))
    assert rarity.tolist() == [0, 1, 2, 63, 64, 64, 76, 151, 255]


@given(st.lists(WORDS, min_size=1, max_size=15), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_another_order_of_rows_gives_the_same_groups(texts: list[str], draw: random.Random) -> None:
    order = list(range(len(texts)))
    draw.shuffle(order)

    def groups(labels: list[int], rows: list[int]) -> set[frozenset[int]]:
        return {frozenset(r for r, lab in zip(rows, labels, strict=True) if lab == each) for each in labels}

    mixed = found([texts[number] for number in order], 2, 0.5)
    assert groups(found(texts, 2, 0.5), list(range(len(texts)))) == groups(mixed, order)


ROWS = [
    {"id": 0, "t": LONG + "one"},
    {"id": 1, "t": LONG.upper() + "one more"},
    {"id": 2, "t": "Yes."},
    {"id": 3, "t": "No."},
    {"id": 4, "t": "yes"},
    {"id": 5, "t": None},
    {"id": 6, "t": ""},
    {"id": 7, "t": None},
    {"id": 8, "t": "+"},
    {"id": 9, "t": "-"},
]


@pytest.mark.parametrize(
    ("given_", "ids"),
    [
        ({}, [0, 2, 3, 5, 6, 8, 9]),
        ({"keep": "last"}, [1, 3, 4, 6, 7, 8, 9]),
        ({"keep": "longest"}, [1, 2, 3, 5, 6, 8, 9]),
        ({"normalise": False}, [0, 1, 2, 3, 4, 5, 6, 8, 9]),
    ],
)
def test_dedup_near(maker: Maker, given_: dict[str, Any], ids: list[int]) -> None:
    made = maker.rows(ROWS, step("dedup", "t", settings={"near": 0.85, **given_}))
    assert made.values("id") == ids


def test_the_facts_tell_groups_and_what_fell_to_what(maker: Maker) -> None:
    facts = maker.rows(ROWS, step("dedup", "t", settings={"near": 0.85})).facts["steps"][0]
    assert facts["rows"] == 7
    assert (facts["near"]["rows"], facts["near"]["groups"]) == (6, 3)
    first = facts["near"]["examples"][0]
    assert (first["row"], first["to"], first["kept"]) == (1, 0, LONG + "one")
    assert 0.85 <= first["alike"] < 1
    assert len(facts["near"]["examples"]) == 3


def test_a_row_may_fall_to_one_over_a_third(maker: Maker) -> None:
    rows = [{"t": "a b c d"}, {"t": "c d e f"}, {"t": "b c d e"}]
    made = maker.rows(rows, step("dedup", "t", settings={"near": 0.6, "ngram": 1}))
    assert made.values("t") == ["a b c d"]
    assert made.facts["steps"][0]["near"]["examples"][0]["alike"] == pytest.approx(1 / 3, abs=1e-3)


def test_other_columns_have_to_be_equal_and_texts_of_columns_are_told_apart(maker: Maker) -> None:
    rows = [{"t": LONG, "n": 1}, {"t": LONG + "x", "n": 2}, {"t": LONG + "y", "n": 1}]
    assert maker.rows(rows, step("dedup", settings={"near": 0.8})).values("t") == [LONG, LONG + "x"]
    swapped = [{"a": LONG, "b": "short"}, {"a": "short", "b": LONG}]
    assert len(maker.rows(swapped, step("dedup", settings={"near": 0.1})).rows()) == 2


def test_conversations_and_writing_without_spaces(maker: Maker) -> None:
    said = [[{"from": "human", "value": LONG + end}] for end in ("x", "y")]
    assert (
        len(maker.rows([{"m": each} for each in said], step("dedup", "m", settings={"near": 0.8})).rows())
        == 1
    )
    rows = [{"t": "我们今天去公园散步然后回家吃饭看书睡觉" + end} for end in ("了", "吧")]
    assert len(maker.rows(rows, step("dedup", "t", settings={"near": 0.8})).rows()) == 1


def test_columns_without_text_are_refused(maker: Maker) -> None:
    with pytest.raises(RecipeError, match="compares texts"):
        maker.rows([{"n": 1}], step("dedup", "n", settings={"near": 0.8}))


_PROGRAM = """
import sys
from pathlib import Path
from tests.data.making import Maker, step
from tests.data.test_data_near import edited
maker = Maker(Path(sys.argv[1]))
rows = [{"id": n, "t": text + " a@b.org"} for n, text in enumerate(edited(3000, 5))]
maker.rows(rows, step("redact", "t"), step("dedup", "t", settings={"near": 0.7}))
"""


def test_the_same_bytes_on_any_number_of_threads(tmp_path: Path) -> None:
    digests = set()
    for threads in ("1", "2"):
        environment = {**os.environ, "POLARS_MAX_THREADS": threads}
        command = [sys.executable, "-c", _PROGRAM, str(tmp_path / threads)]
        subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[2])
        digests.add(hashlib.sha256((tmp_path / threads / "out" / "1" / "rows.parquet").read_bytes()).digest())
    assert len(digests) == 1
