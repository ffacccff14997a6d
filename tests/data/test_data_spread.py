"""`spread`: clusters of what texts are about, and a choice over all of them."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipedsl.data import clusters
from recipedsl.data.embedding import LENGTH, Embedding, added, products, scaled
from recipedsl.data.ngrams import cut
from recipedsl.diagnostics import RecipeError
from tests.compiling import MODEL, TUNED, compile_text, messages, plan_of
from tests.data.making import Maker, printed_by, step

pl = pytest.importorskip("polars")
pytest.importorskip("wordllama", reason="the extra `embedding` is not installed")

TOPICS = {
    "food": "boil bake fry butter sugar onion garlic pasta soup oven salt flour bread cheese",
    "code": "python function loop array compile pointer segfault sql join table class recursion debug",
    "stars": "moon planet orbit galaxy telescope nebula comet gravity astronaut rocket jupiter eclipse",
}


def rows_of(counts: dict[str, int]) -> list[dict[str, object]]:
    draw = random.Random(3)
    drawn = [
        {"topic": topic, "t": " ".join(draw.sample(TOPICS[topic].split(), 6))}
        for topic, count in counts.items()
        for _ in range(count)
    ]
    draw.shuffle(drawn)
    return [{"id": number, **row} for number, row in enumerate(drawn)]


def points_of(texts: list[str]) -> np.ndarray:
    return Embedding().points(cut(pl.Series(texts, dtype=pl.String)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rare_topics_get_more_than_their_share(maker: Maker, seed: int) -> None:
    made = maker.rows(
        rows_of({"food": 90, "code": 6, "stars": 6}),
        step("spread", by=("t",), settings={"count": 18, "clusters": 9}, seed=seed),
    )
    topics = [row["topic"] for row in made.rows()]
    assert len(topics) == 18
    assert topics.count("code") >= 2  # a draw takes one of each
    assert topics.count("stars") >= 2
    assert made.values("id") == sorted(made.values("id"))
    facts = made.facts["steps"][0]["spread"]
    assert (facts["clusters"], sum(facts["sizes"])) == (9, 102)
    assert [each["kept"] for each in facts["examples"]] == [2, 2, 2]


def test_repetitions_are_the_last_to_be_kept(maker: Maker) -> None:
    texts = ["how do I bake bread", "How do I bake bread?", "what is a black hole", "sort a list in python"]
    made = maker.rows(
        [{"t": text} for text in texts], step("spread", by=("t",), settings={"count": 3, "clusters": 1})
    )
    assert len({text.lower().strip("?") for text in made.values("t")}) == 3


@pytest.mark.parametrize(("settings", "left"), [({"count": 9}, 4), ({"share": 0.5}, 2), ({"share": 1.0}, 4)])
def test_numbers_and_shares(maker: Maker, settings: dict[str, float], left: int) -> None:
    rows = [{"t": each} for each in ("soup", "planet", None, "+")]
    assert len(maker.rows(rows, step("spread", by=("t",), settings=settings)).rows()) == left


def test_no_rows(maker: Maker) -> None:
    none = step("take", settings={"count": 0})
    assert maker.rows([{"t": "x"}], none, step("spread", by=("t",), settings={"count": 3})).rows() == []


def test_messages_without_what_the_system_says(maker: Maker) -> None:
    def talk(system: str, asked: str) -> dict[str, object]:
        said = [{"role": "system", "content": system}, {"role": "user", "content": asked}]
        return {"m": said, "asked": asked}

    rows = [talk("cook", "soup"), talk("code", "soup"), talk("cook", "planet")]
    made = maker.rows(rows, step("spread", by=("m",), settings={"count": 2, "clusters": 1}))
    assert sorted(made.values("asked")) == ["planet", "soup"]


def test_what_is_not_installed_is_told(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recipedsl.data.steps.spread.find_spec", lambda _name: None)
    with pytest.raises(RecipeError, match="`wordllama`, which is not installed") as error:
        maker.rows([{"t": "x"}], step("spread", by=("t",), settings={"count": 3}))
    assert error.value.diagnostics[0].code == "D523"


def test_embeddings_tell_topics_apart() -> None:
    points = points_of(["boil the pasta", "bake some bread", "orbit of the moon", ""])
    (_, found), *_ = products(points, points)
    assert found[0, 1] > found[0, 2]
    assert not points[3].any()


@given(st.integers(0, 1 << 30), st.sampled_from([1, 50, 9999]))
def test_products_are_exact(seed: int, most: int) -> None:
    points = scaled(np.random.default_rng(seed).integers(-most, most + 1, (4, 256)))
    whole = points.astype(np.int64) @ points.astype(np.int64).T
    assert (np.abs(points.astype(np.int64)) ** 2).sum(axis=1).max() < 2**24
    for first, found in products(points, points):
        assert np.array_equal(found.astype(np.int64), whole[first : first + len(found)])


def test_a_text_is_the_sum_of_its_words() -> None:
    """In whatever batch it stands, and however long the others are; words beyond the memory count too."""
    draw = random.Random(5)
    known = " ".join(TOPICS.values()).split()
    texts = [" ".join(draw.choices(known, k=draw.choice([0, 1, 7, 600]))) for _ in range(40)]
    one_by_one = np.concatenate([points_of([each]) for each in texts])
    assert np.array_equal(points_of(texts), one_by_one)
    embedding = Embedding()
    batches = [embedding.points(cut(pl.Series(texts[at : at + 7]))) for at in range(0, 40, 7)]
    assert np.array_equal(np.concatenate(batches), one_by_one)
    alone = {word: embedding._vectors([word])[0].astype(np.int64) for word in known}
    plain = [sum((alone[each] for each in text.split()[:512]), np.zeros(256, np.int64)) for text in texts]
    assert np.array_equal(scaled(np.array(plain)), one_by_one)


@given(st.lists(st.lists(st.integers(0, 4), max_size=6), max_size=9))
def test_vectors_are_added(groups: list[list[int]]) -> None:
    vectors = np.arange(15, dtype=np.int32).reshape(5, 3)
    numbers = np.array([each for group in groups for each in group], np.int64)
    found = added(vectors, numbers, np.array(list(map(len, groups)), np.int64))
    assert found.tolist() == [vectors[group].sum(axis=0).tolist() for group in groups]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=9), st.integers(0, 120))
def test_clusters_give_evenly(sizes: list[int], count: int) -> None:
    given_ = clusters.levelled(np.array(sizes), count)
    assert given_.sum() == min(count, sum(sizes))
    assert (given_ <= sizes).all()
    open_ = [amount for amount, size in zip(given_.tolist(), sizes, strict=True) if amount < size]
    assert not open_ or max(given_) - min(open_) <= 1


def test_the_farthest_point_comes_next() -> None:
    points = np.array([[LENGTH, 0], [LENGTH - 50, 400], [0, LENGTH], [2800, 2800]], np.int16)
    assert clusters.farthest(points, points[0], 3).tolist() == [0, 2, 3]


def run_here(root: Path) -> None:
    """Spreads rows; called in a process of its own."""
    rows = rows_of({"food": 900, "code": 500, "stars": 100})
    made = Maker(root).rows(rows, step("spread", by=("t",), settings={"count": 200}, seed=9))
    print(json.dumps([hashlib.sha256((made.out / "rows.parquet").read_bytes()).hexdigest(), made.facts]))


def test_same_bytes_with_any_number_of_threads(tmp_path: Path) -> None:
    found = [printed_by(__name__, threads, tmp_path / str(threads)) for threads in (1, 2)]
    assert found[0] == found[1]


SPREAD = MODEL + (
    'data chats = read("rows.jsonl") | spread 1 by question | as chat(user = question, assistant = answer)\n'
) + TUNED  # fmt: skip


def test_a_plan_tells_what_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "wordllama" in plan_of(tmp_path, SPREAD).versions
    monkeypatch.setattr("recipedsl.planner.extras.find_spec", lambda _name: None)
    assert messages(compile_text(tmp_path, SPREAD)) == [
        "D523 `spread` needs `wordllama`, which is not installed"
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("spread 5", "T105 `spread` takes `by` and the texts that it compares"),
        ("spread 5 by score", "T106 `spread` compares texts, `score` is of type `float?`"),
    ],
)
def test_what_it_compares_is_checked(tmp_path: Path, written: str, said: str) -> None:
    assert said in messages(compile_text(tmp_path, SPREAD.replace("spread 1 by question", written)))
