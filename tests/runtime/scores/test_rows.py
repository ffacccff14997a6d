"""Expressions over one row have the meaning that their pages give."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from recipedsl.data.expressions import lower
from recipedsl.diagnostics import Bug, RecipeError
from recipedsl.language import catalogue
from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.runtime.scores import patterns, rows
from recipedsl.runtime.scores.rows import evaluate

ROW: dict[str, Any] = {"t": "Ab c", "n": 7, "x": -2.5, "none": None, "yes": True, "list": ["a", None, "b"]}
MESSAGES = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]


def use(name: str, *arguments: Any, **settings: Any) -> Call:
    """A call; texts that begin with `@` are columns."""
    parts = [
        each
        if isinstance(each, Call)
        else Column(name=each[1:])
        if isinstance(each, str) and each.startswith("@")
        else Constant(value=each)
        for each in arguments
    ]
    return Call(function=name, arguments=tuple(parts), settings=settings)


def call(name: str, *arguments: Any, **settings: Any) -> Any:
    """The value of a call for the row."""
    return evaluate(use(name, *arguments, **settings), {**ROW, "m": MESSAGES})


CASES: list[tuple[str, tuple[Any, ...], Any]] = [
    ("lower", ("@t",), "ab c"),
    ("upper", ("@t",), "AB C"),
    ("trim", (" a \n",), "a"),
    ("chars", ("é!",), 2),
    ("bytes", ("é!",), 3),
    ("words", (" a  b\n",), 2),
    ("lines", ("a\nb\n",), 2),
    ("lines", ("a\nb",), 2),
    ("lines", ("",), 0),
    ("add", ("@t", "!"), "Ab c!"),
    ("add", ("@n", 1), 8),
    ("subtract", ("@n", 1), 6),
    ("multiply", ("@x", 2), -5.0),
    ("divide", ("@n", 2), 3.5),
    ("divide", ("@n", 0), None),
    ("modulo", (-7, 3), 2),
    ("modulo", ("@n", 0), None),
    ("negate", ("@x",), 2.5),
    ("abs", ("@x",), 2.5),
    ("floor", ("@x",), -3),
    ("round", (2.5,), 3.0),
    ("round", (-0.125, 2), -0.13),
    ("ratio", (1, 0), 0.0),
    ("min", (3, "@none", 1), 1),
    ("max", ("@none",), None),
    ("number", (" 2e3 ",), 2000.0),
    ("number", ("1_000",), None),
    ("number", ("nan",), None),
    ("equal", ("@t", "Ab c"), True),
    ("equal", ("@none", 1), None),
    ("not_equal", (1, 2), True),
    ("less", (1, 2), True),
    ("between", (5, 1, None), True),
    ("between", ("@none", 1, None), None),
    ("and", ("@none", False), False),
    ("and", ("@none", True), None),
    ("or", ("@none", True), True),
    ("or", ("@none", False), None),
    ("not", ("@yes",), False),
    ("is_null", ("@none",), True),
    ("is_not_null", ("@none",), False),
    ("coalesce", ("@none", "@t"), "Ab c"),
    ("in", ("a", "@list"), True),
    ("in", ("z", "@list"), False),
    ("not_in", ("z", ("a", "b")), True),
    ("contains", ("@t", "b c"), True),
    ("contains_any", ("@t", ("x", "Ab")), True),
    ("starts_with", ("@t", "Ab"), True),
    ("ends_with", ("@t", "c"), True),
    ("matches", ("@t", "(?i)AB"), True),
    ("replace", ("a1b2", r"([a-z])(\d)", "$2${1}$$"), "1a$2b$"),
    ("extract", ("x #### 42", "#### (.+)"), "42"),
    ("extract", ("x 42", r"\d+"), "42"),
    ("extract", ("x", r"\d+"), None),
    ("extract", ("a1", r"([a-z])(\d)", 2), "1"),
    ("split", ("a,b", ","), ["a", "b"]),
    ("slice_text", ("abcdef", 1, 2), "bc"),
    ("slice_text", ("abcdef", -2), "ef"),
    ("join", ("@list", "-"), "a-b"),
    ("text", ("@yes",), "true"),
    ("length", ("@list",), 3),
    ("first", ("@list",), "a"),
    ("last", ((),), None),
    ("role", ("@m", -1), "assistant"),
    ("content", ("@m", 5), None),
    ("turns", ("@m",), 2),
    ("json_ok", ('{"a": 1}',), True),
    ("json_ok", ("NaN",), False),
    ("any", ((True, None),), True),
    ("lower", ("@none",), None),
]


@pytest.mark.parametrize(("name", "arguments", "value"), CASES)
def test_function(name: str, arguments: tuple[Any, ...], value: Any) -> None:
    assert call(name, *arguments) == value


@pytest.mark.parametrize(("name", "arguments", "value"), CASES[:-1])  # the last has a column of null alone
def test_function_means_the_same_in_the_data_engine(
    name: str, arguments: tuple[Any, ...], value: Any
) -> None:
    frame = pl.LazyFrame([{**ROW, "m": MESSAGES}])
    found = frame.select(lower(use(name, *arguments), frame).alias("value")).collect()
    assert found["value"].to_list()[0] == value


def test_settings_are_passed() -> None:
    assert call("contains_any", "@t", ("AB",), ignore_case=True)


def test_if_evaluates_only_the_side_that_it_gives() -> None:
    failing = Call(function="lower", arguments=(Column(name="n"),))
    assert call("if", "@yes", 1, failing) == 1
    assert call("if", "@none", failing, 2) == 2


def test_functions_are_those_of_the_catalogue() -> None:
    assert not [name for name in (*rows.FUNCTIONS, *rows._LAZY) if catalogue.function(name) is None]


def test_wrong_values_are_the_row_s_fault() -> None:
    with pytest.raises(RecipeError, match="R653"):
        call("lower", "@n")


def test_unknown_function_names_itself() -> None:
    with pytest.raises(RecipeError, match="`repeats` is not available"):
        call("repeats", "@t")


def test_missing_column_is_a_bug() -> None:
    with pytest.raises(Bug):
        call("lower", "@absent")


def test_pattern_of_the_recipe_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.2)
    with pytest.raises(RecipeError, match="R658"):
        call("replace", "a" * 60 + "!", "(a|aa)+$", "")
