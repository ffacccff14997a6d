"""Words and spaces, told by bytes as the patterns `\\S+` and `\\s+` tell them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recipedsl.data.expressions import lower
from recipedsl.data.flow import FELL, Context
from recipedsl.data.functions import words
from recipedsl.data.functions.words import single_spaced, word_counts
from recipedsl.data.steps.columns import derive
from recipedsl.plan.model import StepSpec
from recipedsl.runtime.scores.rows import evaluate
from tests.data.making import ORIGIN, call, column

#: All spaces of Unicode, what looks like one and is none, and signs whose bytes are those of spaces in part.
_SIGNS = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000"
    "\x1c\x1f\x00\x08\x0e\u200b\u2060\ufeff\u180e\u00c2\u00e1\u2080\u205e\u3001\u16a0\u1681aé漢😀"
)
WORDS = call("words", column("text"))

texts = st.lists(st.none() | st.text(st.sampled_from(_SIGNS) | st.characters(codec="utf-8")), max_size=20)


@settings(deadline=None)  # the first of them loads Arrow
@given(texts)
@example(["", None, " ", "", "a", "\u00c2", "\u00c2\x85", "é\xa0", "\u3000"])
def test_words_are_what_the_pattern_finds(given: list[str | None]) -> None:
    frame = pl.DataFrame({"text": pl.Series(given, dtype=pl.String)})
    text = pl.col("text")
    found = frame.select(counted=word_counts(text), matched=text.str.count_matches(r"\S+").cast(pl.Int64))
    assert found["counted"].to_list() == found["matched"].to_list()


@settings(deadline=None)
@given(texts)
def test_words_of_one_row_and_of_many(given: list[str | None]) -> None:
    frame = pl.DataFrame({"text": pl.Series(given, dtype=pl.String)})
    rows = [evaluate(WORDS, {"text": each}) for each in given]
    assert frame.select(word_counts(pl.col("text"))).to_series().to_list() == rows


@pytest.mark.parametrize("at_once", [1, 7, 64])
def test_texts_beyond_a_part(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_AT_ONCE", at_once)
    given = ["", "one", "two words", "", " and three\u3000words ", "\xa0", "x " * 100, ""]
    frame = pl.DataFrame({"text": given}).slice(1)
    assert frame.select(word_counts(pl.col("text"))).to_series().to_list() == [1, 2, 0, 3, 0, 100, 0]


@settings(deadline=None)
@given(texts)
def test_single_spaces_are_what_the_pattern_leaves(given: list[str | None]) -> None:
    frame = pl.DataFrame({"text": pl.Series(given, dtype=pl.String)})
    text = pl.col("text")
    found = frame.select(left=single_spaced(text), replaced=text.str.replace_all(r"\s+", " "))
    assert found["left"].to_list() == found["replaced"].to_list()


def test_only_the_rows_that_are_asked_for() -> None:
    frame = pl.LazyFrame({"text": ["a b", "c", None], "wanted": [True, False, True]})
    counts = lower(WORDS, frame, pl.col("wanted"))
    assert frame.select(counts).collect().to_series().to_list() == [2, None, None]


def test_rows_that_fell_are_not_asked() -> None:
    frame = pl.LazyFrame({"text": ["a b", "c", "d e f"], FELL: pl.Series([None, 0, None], dtype=pl.Int32)})
    step = StepSpec(keyword="derive", text="", origin=ORIGIN, expressions={"count": WORDS})
    assert derive(frame, step, Context(Path(), {})).collect()["count"].to_list() == [2, None, 3]
