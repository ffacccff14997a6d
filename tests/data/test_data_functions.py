"""Every function of the catalogue: its page, its lowering, its values, and what null gives."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from recipedsl.data.expressions import lower
from recipedsl.data.functions import FUNCTIONS as LOWERINGS
from recipedsl.data.functions.numbers import hash_of
from recipedsl.data.functions.text import has_group
from recipedsl.language.expressions import Call, Constant
from recipedsl.language.functions.catalogue import FUNCTIONS
from tests.data.making import call, column

# The last row of every column is null.
ROWS = pl.DataFrame(
    {
        "text": ["One two two two", "", "a\nb\n", None],
        "number": [3, -4, 0, None],
        "share": [0.5, 2.5, -0.25, None],
        "truth": [True, False, True, None],
        "tags": [["x", "y"], [], ["y", None], None],
        "checks": [[True, False], [], [True, None], None],
        "when": [date(2024, 5, 31), date(1999, 12, 1), date(2000, 1, 1), None],
        "said": [
            "Sorry, I cannot help with that.\n```python\nx = 1\n```",
            "1. one\n3. three (and\n- item two",
            "As an AI language model I see Ã¼ble\n```sql\nselec\n",
            None,
        ],
        "other": ["I cannot say that", "", "as an ai", None],
        "scores": [[1.0, 4.0, None, 4.0], [], [2.0], None],
        "votes": [["b", "a", "a", None], [], [None], None],
        "any": ['{"a": 1}', '{"a": ["x"]}', "plain", None],
        "messages": [
            [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}],
            [],
            [{"role": "system", "content": "s"}],
            None,
        ],
    },
    schema_overrides={"when": pl.Date, "scores": pl.List(pl.Float64), "votes": pl.List(pl.String)},
)
TEXT, NUMBER, SHARE, TRUTH, TAGS = map(column, ("text", "number", "share", "truth", "tags"))
CHECKS, WHEN, MESSAGES = map(column, ("checks", "when", "messages"))
SAID, OTHER, SCORES, VOTES = map(column, ("said", "other", "scores", "votes"))

CASES: list[tuple[Call, list[Any]]] = [
    (call("equal", NUMBER, 3), [True, False, False, None]),
    (call("not_equal", NUMBER, 3), [False, True, True, None]),
    (call("less", NUMBER, 0), [False, True, False, None]),
    (call("less_equal", NUMBER, 0), [False, True, True, None]),
    (call("greater", NUMBER, 0), [True, False, False, None]),
    (call("greater_equal", WHEN, Constant(value="2000-01-01", type="date")), [True, False, True, None]),
    (call("and", TRUTH, call("greater", NUMBER, 0)), [True, False, False, None]),
    (call("or", TRUTH, call("greater", NUMBER, 0)), [True, False, True, None]),
    (call("not", TRUTH), [False, True, False, None]),
    (call("in", NUMBER, Constant(value=(3, 0, None))), [True, False, True, None]),
    (call("in", "x", TAGS), [True, False, False, None]),
    (call("not_in", NUMBER, Constant(value=(3, 0))), [False, True, False, None]),
    (call("between", NUMBER, -4, 0), [False, True, True, None]),
    (call("between", NUMBER, 0, None), [True, False, True, None]),
    (call("between", NUMBER, None, None), [True, True, True, None]),
    (call("add", TEXT, "!"), ["One two two two!", "!", "a\nb\n!", None]),
    (call("add", NUMBER, SHARE), [3.5, -1.5, -0.25, None]),
    (call("subtract", call("chars", TEXT), 5), [10, -5, -1, None]),
    (call("multiply", NUMBER, 2), [6, -8, 0, None]),
    (call("divide", 6, NUMBER), [2.0, -1.5, None, None]),
    (call("modulo", 7, NUMBER), [1, -1, None, None]),
    (call("negate", SHARE), [-0.5, -2.5, 0.25, None]),
    (call("is_null", TEXT), [False, False, False, True]),
    (call("is_not_null", TEXT), [True, True, True, False]),
    (call("coalesce", NUMBER, 7), [3, -4, 0, 7]),
    (call("if", TRUTH, "yes", TEXT), ["yes", "", "yes", None]),
    (call("if", TRUTH, "yes", "no"), ["yes", "no", "yes", "no"]),
    (call("chars", TEXT), [15, 0, 4, None]),
    (call("words", TEXT), [4, 0, 2, None]),
    (call("lines", TEXT), [1, 0, 2, None]),
    (call("bytes", call("add", TEXT, "é")), [17, 2, 6, None]),
    (call("lower", TEXT), ["one two two two", "", "a\nb\n", None]),
    (call("upper", TEXT), ["ONE TWO TWO TWO", "", "A\nB\n", None]),
    (call("trim", TEXT), ["One two two two", "", "a\nb", None]),
    (call("contains", TEXT, "two"), [True, False, False, None]),
    (call("contains_any", TEXT, Constant(value=("one", "zzz"))), [False, False, False, None]),
    (
        call("contains_any", TEXT, Constant(value=("one", "zzz")), True),
        [True, False, False, None],
    ),
    (call("starts_with", TEXT, "One"), [True, False, False, None]),
    (call("ends_with", TEXT, "two"), [True, False, False, None]),
    (call("matches", TEXT, r"(?i)ONE\s"), [True, False, False, None]),
    (call("replace", TEXT, r"(t)wo", "$1"), ["One t t t", "", "a\nb\n", None]),
    (call("extract", TEXT, r"(\w+) two"), ["One", None, None, None]),
    (call("extract", TEXT, r"\w+ two", 0), ["One two", None, None, None]),
    (call("extract", TEXT, r"\w+ two"), ["One two", None, None, None]),
    (call("split", TEXT, "\n"), [["One two two two"], [""], ["a", "b", ""], None]),
    (call("slice_text", TEXT, 4, 3), ["two", "", "", None]),
    (call("slice_text", TEXT, -3), ["two", "", "\nb\n", None]),
    (call("repeats", TEXT, 1), [0.5, 0.0, 0.0, None]),
    (call("repeats", TEXT, 2), [1 / 3, 0.0, 0.0, None]),
    (call("repeats", call("replace", TEXT, " ", "\n"), 3, True), [0.5, 0.0, 0.0, None]),
    (call("share_of", TEXT, "letters"), [0.8, 0.0, 0.5, None]),
    (call("share_of", TEXT, "two"), [0.6, 0.0, 0.0, None]),
    (call("join", TAGS, "+"), ["x+y", "", "y", None]),
    (call("text", NUMBER), ["3", "-4", "0", None]),
    (call("ratio", SHARE, NUMBER), [0.5 / 3, 2.5 / -4, 0.0, None]),
    (call("round", SHARE), [1.0, 3.0, 0.0, None]),
    (call("abs", NUMBER), [3, 4, 0, None]),
    (call("floor", SHARE), [0, 2, -1, None]),
    (call("min", NUMBER, SHARE, 1), [0.5, -4.0, -0.25, 1.0]),
    (call("max", NUMBER, SHARE), [3.0, 2.5, 0.0, None]),
    (call("hash", NUMBER), [hash_of("3"), hash_of("-4"), hash_of("0"), None]),
    (call("number", call("add", " ", call("text", SHARE))), [0.5, 2.5, -0.25, None]),
    (call("number", TEXT), [None, None, None, None]),
    (call("year", WHEN), [2024, 1999, 2000, None]),
    (call("month", call("text", WHEN)), [5, 12, 1, None]),
    (call("length", TAGS), [2, 0, 2, None]),
    (call("first", TAGS), ["x", None, "y", None]),
    (call("last", TAGS), ["y", None, None, None]),
    (call("any", CHECKS), [True, False, True, None]),
    (call("all", CHECKS), [False, True, False, None]),
    (call("turns", MESSAGES), [2, 0, 1, None]),
    (call("role", MESSAGES, -1), ["assistant", None, "system", None]),
    (call("content", MESSAGES, 1), ["ho", None, None, None]),
    (call("item", TAGS, index=0), ["x", None, "y", None]),
    (call("item", TAGS, index=-2), ["x", None, "y", None]),
    (call("item", TAGS, index=2), [None, None, None, None]),
    (call("field", call("item", MESSAGES, index=-1), name="content"), ["ho", None, "s", None]),
    (call("field", column("any"), name="a"), ["1", '["x"]', None, None]),
    (call("item", call("field", column("any"), name="a"), index=0), [None, "x", None, None]),
    (call("round", SHARE, -1), [0.0, 0.0, 0.0, None]),
    (call("json_ok", TEXT), [False, False, False, None]),
    (call("code_ok", call("replace", TEXT, "(?s).*(One|a).*", "x = 1"), "python"), [True, False, True, None]),
    (call("code_ok", SAID, OTHER), [None, None, None, None]),
    (call("code_blocks", SAID), [["x = 1\n"], [], ["selec\n\n"], None]),
    (call("code_blocks", SAID, "PY"), [["x = 1\n"], [], [], None]),
    (call("blocks_ok", SAID), [True, True, False, None]),
    (call("blocks_ok", SAID, "python"), [True, True, True, None]),
    (call("fences_ok", SAID), [True, True, False, None]),
    (call("lang", SAID), ["en", "en", "en", None]),
    (call("lang", SAID, 1.0), [None, None, None, None]),
    (call("lang_score", TEXT), [0.98, None, 0.12, None]),
    (call("count_of", TEXT, "two?"), [3, 0, 0, None]),
    (call("share_of_words", TEXT, "letters"), [1.0, 0.0, 1.0, None]),
    (call("share_of_words", TEXT, "^[Ot]"), [1.0, 0.0, 0.0, None]),
    (call("share_of_lines", SAID, "numbered"), [0.0, 2 / 3, 0.0, None]),
    (call("share_of_lines", SAID, "one|two"), [0.0, 2 / 3, 0.0, None]),
    (call("word_length", TEXT), [3.0, 0.0, 1.0, None]),
    (call("stop_words", OTHER), [1, 0, 0, None]),
    (call("stop_words", OTHER, Constant(value=("I", "say", "as", "a"))), [2, 0, 1, None]),
    (call("top_share", TEXT, 2), [1.0, 0.0, 0.0, None]),
    (call("top_share", TEXT, 1), [0.75, 0.0, 0.0, None]),
    (call("repeated_share", call("replace", TEXT, " ", "\n")), [0.5, 0.0, 0.0, None]),
    (call("repeated_share", TEXT, "paragraphs"), [0.0, 0.0, 0.0, None]),
    (call("repeated_share", TEXT, "words", 1), [0.5, 0.0, 0.0, None]),
    (call("ends_well", SAID), [True, True, False, None]),
    (call("brackets_ok", SAID), [True, False, True, None]),
    (call("lists_ok", SAID), [True, False, True, None]),
    (call("is_clean", SAID), [True, True, False, None]),
    (call("is_refusal", SAID), [True, False, False, None]),
    (call("is_boilerplate", SAID), [False, False, True, None]),
    (call("overlap", OTHER, SAID), [0.75, 0.0, 1.0, None]),
    (call("similarity", OTHER, OTHER, 2), [1.0, 1.0, 1.0, None]),
    (call("item_at", TAGS, call("subtract", call("length", TAGS), 1)), ["y", None, None, None]),
    (call("max_of", SCORES), [4.0, None, 2.0, None]),
    (call("min_of", SCORES), [1.0, None, 2.0, None]),
    (call("sum_of", SCORES), [9.0, 0.0, 2.0, None]),
    (call("mean_of", SCORES), [3.0, None, 2.0, None]),
    (call("spread_of", SCORES), [3.0, None, 0.0, None]),
    (call("lead_of", SCORES), [0.0, None, None, None]),
    (call("place_of_max", SCORES), [1, None, 0, None]),
    (call("place_of_min", SCORES), [0, None, 0, None]),
    (call("agreement", VOTES), [2 / 3, None, None, None]),
    (call("most_common", VOTES), ["a", None, None, None]),
    (call("different", VOTES), [2, 0, 0, None]),
]

AGGREGATES: list[tuple[Call, Any]] = [
    (call("count"), 4),
    (call("share", TRUTH), 0.5),
    (call("mean", NUMBER), -1 / 3),
    (call("total", NUMBER), -1),
    (call("minimum", SHARE), -0.25),
    (call("maximum", SHARE), 2.5),
    (call("median", SHARE), 0.5),
    (call("distinct", TRUTH), 2),
]


def test_every_function_has_a_lowering_and_a_case() -> None:
    keywords = [each.keyword for each in FUNCTIONS]
    assert len(set(keywords)) == len(keywords) >= 60
    # `tokens` needs a tokenizer and is lowered elsewhere.
    assert set(keywords) - {"tokens"} == set(LOWERINGS)
    assert set(keywords) - {"tokens"} == {case.function for case, _ in (*CASES, *AGGREGATES)}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.keyword)
def test_page_has_its_headings(function: Any) -> None:
    page = function.page()
    assert function.title().endswith((".", ";")) or ":" in function.title()
    assert "\nNull: " in page
    assert "\nExample: `" in page


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=lambda each: getattr(each, "function", ""))
@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_values(expression: Call, wanted: list[Any], engine: Any) -> None:
    found = (
        ROWS.lazy().select(lower(expression, ROWS.lazy()).alias("x")).collect(engine=engine)["x"].to_list()
    )
    assert found == [pytest.approx(each) if isinstance(each, float) else each for each in wanted]


@pytest.mark.parametrize(("expression", "wanted"), AGGREGATES, ids=lambda each: getattr(each, "function", ""))
def test_aggregates(expression: Call, wanted: Any) -> None:
    found = ROWS.lazy().select(lower(expression, ROWS.lazy()).alias("x")).collect().item()
    assert found == pytest.approx(wanted)


def test_aggregates_of_no_rows() -> None:
    empty = ROWS.head(0).lazy()
    wanted = {"count": 0, "share": 0.0, "total": 0, "distinct": 0}
    for expression, _ in AGGREGATES:
        found = empty.select(lower(expression, empty).alias("x")).collect().item()
        assert found == wanted.get(expression.function)


def test_json_ok_is_strict() -> None:
    texts = ['{"a": [1, null]}', "NaN", "{'a': 1}", '{"a": 1} x', "[" * 100_000]
    frame = pl.DataFrame({"text": texts})
    assert frame.select(lower(call("json_ok", TEXT), frame.lazy())).to_series().to_list() == [
        True,
        *[False] * 4,
    ]


def test_hash_never_changes() -> None:
    # Literals on purpose: splits that were made with it must come out the same for ever.
    assert (hash_of(""), hash_of("recipe")) == (7252660547403494068, 7286309202372295297)


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("a(b)", True),
        (r"a\(b\)", False),
        ("[(]", False),
        ("(?:a)", False),
        ("(?P<x>a)", True),
        ("(?i)a", False),
    ],
)
def test_groups_of_patterns(pattern: str, wanted: bool) -> None:
    assert has_group(pattern) is wanted
