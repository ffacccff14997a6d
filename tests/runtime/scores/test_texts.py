"""Scores of text: the last number, equality, patterns, length."""

from __future__ import annotations

from typing import Any

import pytest

from recipedsl.diagnostics import RecipeError
from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.runtime.scores import patterns
from recipedsl.runtime.scores.texts import Exact, Format, Length, Numeric, last_number

NUMBERS: list[tuple[str, float | None]] = [
    ("42", 42),
    ("so 3 + 4 = 7.", 7),
    ("… #### 1,234", 1234),
    ("$5.50.", 5.5),
    ("10,000.25 dollars", 10000.25),
    ("1,234,567", 1234567),
    ("1,23", 23),
    ("(3,5)", 5),
    ("1,234, 5", 5),
    ("-7", -7),
    ("−3 apples", -3),
    ("-$5", -5),
    ("$-5", -5),
    ("7-5", 5),
    ("5%", 5),
    ("12cm", 12),
    (r"\boxed{12}", 12),
    ("1/2", 0.5),
    ("-1/2", -0.5),
    ("3/4.5", 4.5),
    ("on 1/12/2024", 2024),
    ("1/0", None),
    ("1e-3", 0.001),
    (".5", 0.5),
    ("...42", 42),
    ("x1", None),
    ("v1.2.3", None),
    ("", None),
    ("no number", None),
    ("9" * 400, None),
    ("5 or " + "9" * 400, 5),
]


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_last_number(text: str, number: float | None) -> None:
    assert last_number(text) == number


def test_long_texts_of_digits_are_read_quickly() -> None:
    for piece in ("1", "1,", "1,111", "1/", "-", "$", "1.", "1e"):
        last_number(piece * 50_000)


def scores(scorer: Any, answers: list[str], rows: list[dict[str, Any]] | None = None) -> list[float | None]:
    found: list[float | None] = scorer(answers, rows or [{}] * len(answers), [[]] * len(answers))
    return found


def test_numeric_compares_with_text_or_number() -> None:
    rows = [{"e": "so #### 1,000"}, {"e": 7}, {"e": 7.0}, {"e": None}, {"e": "no number"}, {"e": 0}]
    answers = ["it is $1000", "7.0", "8", "1", "1", "0.0"]
    assert scores(Numeric(Column(name="e"), 1e-6), answers, rows) == [1, 1, 0, None, None, 1]


def test_numeric_tolerance_is_relative() -> None:
    scorer = Numeric(Constant(value=200), 0.01)
    assert scores(scorer, ["202", "198", "202.1", "none"]) == [1, 1, 0, 0]


def test_exact_reads_over_white_space_at_the_ends() -> None:
    scorer = Exact(Column(name="e"))
    rows: list[dict[str, Any]] = [{"e": "a b "}, {"e": "a b"}, {"e": 3}, {"e": None}, {"e": 2.0}, {"e": True}]
    assert scores(scorer, ["\n a b", "a  b", "3", "x", "2", "true"], rows) == [1, 0, 1, None, 1, 1]


def test_exact_refuses_a_list() -> None:
    with pytest.raises(RecipeError, match="R653"):
        scores(Exact(Column(name="e")), ["a"], [{"e": ["a"]}])


def test_expected_may_be_computed() -> None:
    expected = Call(function="lower", arguments=(Column(name="e"),))
    assert scores(Exact(expected), ["yes"], [{"e": "YES"}]) == [1]


def test_function_of_the_data_engine_is_refused_before_any_answer() -> None:
    with pytest.raises(RecipeError, match="R654"):
        Exact(Call(function="redact", arguments=(Column(name="e"),)))


def test_format_finds_a_pattern_anywhere() -> None:
    scorer = Format("(?s)```python.*```")
    assert scores(scorer, ["so:\n```python\nx\n```\nend", "x"]) == [1, 0]


def test_format_takes_the_sets_of_rust() -> None:
    assert scores(Format(r"^[\p{L}&&[^a]]+$"), ["bcd", "abc"]) == [1, 0]


def test_broken_pattern() -> None:
    with pytest.raises(RecipeError, match="R659"):
        Format("(unclosed")


def test_pattern_that_blows_up_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.2)
    with pytest.raises(RecipeError, match="R658"):
        scores(Format("(a|aa)+$"), ["a" * 60 + "!"])


def test_length_falls_in_a_straight_line() -> None:
    assert scores(Length(10, 20), ["a" * 10, "a" * 15, "a" * 20, "a" * 99, ""]) == [1, 0.5, 0, 0, 1]
    assert scores(Length(10, 10), ["a" * 10, "a" * 11]) == [1, 0]
