"""`decontaminate`: exact hits, against a plain comparison of every pair of texts."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.diagnostics import RecipeError
from tests.data.making import Input, Made, Maker, call, column, printed_by, step, where


def against(on: str | Sequence[str] = "text", **more: Any) -> Any:
    named = [on] if isinstance(on, str) else list(on)
    return step("decontaminate", settings={"on": named, "ngram": 3, **more}, input=Input(node="held"))


def rows_of(texts: Sequence[Any], name: str = "text") -> list[dict[str, Any]]:
    return [{"id": number, name: text} for number, text in enumerate(texts)]


def kept(maker: Maker, texts: Sequence[Any], held: Sequence[Any], **more: Any) -> list[int]:
    return decontaminated(maker, texts, held, **more).values("id")


def decontaminated(maker: Maker, texts: Sequence[Any], held: Sequence[Any], **more: Any) -> Made:
    inputs = {"held": maker.rows(rows_of(held)).out}
    return maker.rows(rows_of(texts), against(**more), inputs=inputs)


def test_an_ngram_in_common_drops_a_row(maker: Maker) -> None:
    texts = ["so one two three end", "one two four three", "three two one", None, ""]
    made = decontaminated(maker, texts, ["Zero. One, two -\n THREE!"])
    assert made.values("id") == [1, 2, 3, 4]
    (facts,) = made.facts["steps"]
    assert (facts["rows"], facts["hits"]) == (4, 1)
    assert facts["examples"] == [
        {
            "reason": '`text` has words of `held`: "one two three"',
            "row": "so one two three end",
            "other": "Zero. One, two -\n THREE!",
        }
    ]


@pytest.mark.parametrize(
    ("text", "held", "falls"),
    [
        ("Yes.", "yes", True),
        ("yes", "yes it is so", False),
        ("two words", "these two words", False),
        ("two words", "Two-Words?", True),
        ("don't stop now", "“don’t” stop", True),
        ("ＡＢ cd ef", "ab cd ef", True),
        ("天气很好", "今天气很差", True),
        ("天气很好", "天气不好", False),
        ("snake_case_name", "snake case name", True),
        ("!!!", "???", False),
        ("", "", False),
        ("a b c d", "a b x c d", False),
    ],
)
def test_what_counts_as_the_same(maker: Maker, text: str, held: str, falls: bool) -> None:
    assert kept(maker, [text], [held]) == ([] if falls else [0])


def test_thirteen_words_when_nothing_is_said(maker: Maker) -> None:
    words = [f"w{number}" for number in range(20)]
    text = " ".join(words)
    assert kept(maker, [text], [" ".join(words[:13])], ngram=13) == []
    assert kept(maker, [text], [" ".join([*words[:12], "x"])], ngram=13) == [0]


def test_a_share_of_the_shorter_text(maker: Maker) -> None:
    held = ["a b c d e f g h i j"]
    texts = ["a b c d e f x y z 1 2 3", "a b c d e x y z 1 2 3 4", "a b c x e f g y", "a b c q w"]
    assert kept(maker, texts, held, share=0.6) == [1]
    assert kept(maker, texts, held) == []


def test_a_share_is_of_one_other_text(maker: Maker) -> None:
    text = "a b c d e f g h"
    assert kept(maker, [text], ["a b c d 1 2 3 4", "e f g h 5 6 7 8"], share=0.6) == [0]
    assert kept(maker, [text], ["a b c d 1 e f g"], share=0.6) == []


def test_texts_of_messages_but_those_of_the_system(maker: Maker) -> None:
    def talk(system: str, asked: str) -> list[dict[str, str]]:
        return [{"role": "system", "content": system}, {"role": "user", "content": asked}]

    texts = [talk("you are very careful", "one two"), talk("x", "so one two three"), None]
    assert kept(maker, texts, [talk("you are very careful", "one two three")]) == [0, 2]
    lists = [["one two", "three"], ["x", "one two three"], []]
    assert kept(maker, lists, [["one two three"]]) == [0, 2]


def test_two_columns(maker: Maker) -> None:
    held = [{"q": "one two three", "a": "x y z"}]
    rows = [
        {"q": "one two three", "a": ""},
        {"q": "x y z", "a": ""},
        {"q": "", "a": "so x y z"},
        {"q": "one two three", "a": "x y z"},
    ]
    made = maker.rows(rows, against(["q", "a"]), inputs={"held": maker.rows(held).out})
    assert made.rows() == [rows[1]]
    assert made.facts["steps"][0]["hits"] == 3
    assert [each["row"] for each in made.facts["steps"][0]["examples"]] == [
        "one two three",
        "so x y z",
        "one two three",
    ]


def test_rows_that_fell_before_do_not_count(maker: Maker) -> None:
    inputs = {"held": maker.rows(rows_of(["one two three"])).out}
    second = where(call("greater", column("id"), 0))
    made = maker.rows(rows_of(["one two three", "one two three", "x"]), second, against(), inputs=inputs)
    assert [each["rows"] for each in made.facts["steps"]] == [2, 1]
    assert made.facts["steps"][1]["hits"] == 1


@pytest.mark.parametrize("share", [None, 0.5])
@pytest.mark.parametrize("held", [[], [""], [None, "!"]])
def test_nothing_to_find(maker: Maker, held: list[str | None], share: float | None) -> None:
    none = step("take", settings={"count": 0})
    other = maker.rows(rows_of(held)) if any(held) or held else maker.rows(rows_of(["x"]), none)
    made = maker.rows(rows_of(["a b c d", "x"]), against(share=share), inputs={"held": other.out})
    assert made.values("id") == [0, 1]
    assert made.facts["steps"][0] == {
        "keyword": "decontaminate",
        "text": "decontaminate",
        "rows": 2,
        "hits": 0,
    }


def test_no_rows(maker: Maker) -> None:
    none = step("take", settings={"count": 0})
    made = maker.rows(
        rows_of(["x"]), none, against(share=0.5), inputs={"held": maker.rows(rows_of(["x"])).out}
    )
    assert made.values("id") == []


def test_a_column_without_texts(maker: Maker) -> None:
    with pytest.raises(RecipeError, match="column `id` of `held` holds no texts, it is of type int") as error:
        maker.rows(rows_of(["x"]), against("id"), inputs={"held": maker.rows(rows_of(["x"])).out})
    assert error.value.diagnostics[0].code == "D522"


# --- against a plain comparison -------------------------------------------------------------------


def pieces(text: str, size: int) -> list[tuple[int, tuple[str, ...]]]:
    words = re.findall(r"\w+", text.lower())
    if len(words) < size:
        return [(0, tuple(words))] if words else []
    return [(place, tuple(words[place : place + size])) for place in range(len(words) - size + 1)]


def is_alike(one: str, two: str, size: int, share: float | None) -> bool:
    """By the definition: pieces in common, and how much of the shorter text they cover."""
    first, second = sorted((text for text in (one, two)), key=lambda text: len(text.split()))
    common = {piece for _, piece in pieces(first, size)} & {piece for _, piece in pieces(second, size)}
    if not common or share is None:
        return bool(common)
    covered = {
        place + step for place, piece in pieces(first, size) if piece in common for step in range(len(piece))
    }
    return len(covered) >= share * len(first.split()) - 1e-9


def expected(texts: Sequence[str], held: Sequence[str], size: int, share: float | None) -> list[int]:
    return [
        number
        for number, text in enumerate(texts)
        if not any(is_alike(text, other, size, share) for other in held)
    ]


few_words = st.lists(st.sampled_from("abc"), max_size=12).map(" ".join)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(few_words, min_size=1, max_size=8),
    st.lists(few_words, min_size=1, max_size=5),
    st.integers(1, 6),
    st.sampled_from([None, 0.3, 0.5, 0.8, 1.0]),
)
def test_like_a_plain_comparison(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[str],
    held: list[str],
    size: int,
    share: float | None,
) -> None:
    maker = Maker(tmp_path_factory.mktemp("grams"))
    assert kept(maker, texts, held, ngram=size, share=share) == expected(texts, held, size, share)


def run_here(root: Path) -> None:
    """Decontaminates more rows than a batch holds; called in a process of its own."""
    draw, maker = random.Random(4), Maker(root)
    texts = [" ".join(draw.choice("abcdefgh") for _ in range(draw.randint(0, 30))) for _ in range(45_000)]
    found = []
    for share in (None, 0.4):
        made = decontaminated(maker, texts, texts[:40], ngram=8, share=share)
        digest = hashlib.sha256((made.out / "rows.parquet").read_bytes()).hexdigest()
        found.append([digest, made.facts])
    print(json.dumps(found))


def test_same_bytes_with_any_number_of_threads(tmp_path: Path) -> None:
    found = [printed_by(__name__, threads, tmp_path / str(threads)) for threads in (1, 2)]
    assert found[0] == found[1]
    hits = [facts["steps"][0]["hits"] for _, facts in found[0]]
    assert 0 < hits[1] < hits[0] < 45_000


def test_columns_of_the_other_that_are_called_otherwise(maker: Maker) -> None:
    held = maker.rows([{"problem": "one two three", "solution": ["x", "y z v"]}])
    rows = [{"id": 0, "text": "so one two three"}, {"id": 1, "text": "x y z"}, {"id": 2, "text": "y z v"}]
    made = maker.rows(rows, against(against=["problem", "solution"]), inputs={"held": held.out})
    assert made.values("id") == [1]


def test_all_hits_are_listed(maker: Maker) -> None:
    made = decontaminated(maker, ["one two three"] * 5 + ["x"], ["zero", "One two. Three"])
    listed = [json.loads(line) for line in (made.out / "hits.jsonl").read_text().splitlines()]
    assert [each["step"] for each in listed] == [1] * 5
    assert {each["other"] for each in listed} == {"One two. Three"}
    assert listed[0]["reason"] == '`text` has words of `held`: "one two three"'
    assert len(made.facts["steps"][0]["examples"]) == 3


def test_lists_of_texts_are_cut_alike_by_both_steps(maker: Maker) -> None:
    rows = [{"id": number, "t": each} for number, each in enumerate((["A b", "c"], ["a-b", "C"], ["c", "d"]))]
    assert maker.rows(rows, step("dedup", "t", settings={"near": 0.9})).values("id") == [0, 2]
