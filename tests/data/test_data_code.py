"""Functions of code: what parses in which language, on texts that are right, wrong and hostile."""

from __future__ import annotations

import json
import sys
import time
import warnings

import polars as pl
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.expressions import lower
from recipedsl.data.functions.code import parses
from recipedsl.data.functions.fences import Block, blocks, parts
from recipedsl.language.functions.code import CODE_LANGUAGES, CODE_NAMES, LONGEST_CODE, longest_code
from tests.data.making import call, column

TEXT = column("text")

RIGHT: dict[str, list[str]] = {
    "python": ["def f(x):\n    return x + 1\n", "match a:\n    case 1: pass", "'\\d'", "return 1"],
    "javascript": ["const f = async (x) => { await x?.y; };", "let a = <div>{b}</div>;"],
    "typescript": ["interface A { x: number }\nconst f = (a: A): string => `${a.x}`;"],
    "tsx": ["const a = <T x={1}/>;"],
    "java": ["class A { int f(int x) { return x + 1; } }"],
    "c": ["int main(void) { return 0; }"],
    "cpp": ["template <typename T> auto f(T x) { return x + 1; }"],
    "csharp": ["class A { int F(int x) => x + 1; }"],
    "go": ["package main\n\nfunc main() { x := 1; _ = x }\n"],
    "rust": ['fn main() { let x: u8 = 1; println!("{x}"); }'],
    "ruby": ["def f(x)\n  x + 1\nend"],
    "php": ["<?php echo 1; ?>", "$x = [1, 2]; echo $x[0];"],
    "bash": ['for f in *; do echo "$f"; done'],
    "html": ["<p>one</p>"],
    "css": ["a { color: red }"],
    "json": ['{"a": [1, null]}'],
    "yaml": ["a: 1\nb: [x, *y]\n", "- 1\n- 2"],
    "toml": ["[a]\nb = 1"],
    "xml": ["<a b='1'><c/></a>"],
    "sql": [
        "SELECT a, COUNT(*) FROM t GROUP BY a;",
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1)",
        "(select 1)",
    ],
    "mysql": ["SELECT `a` FROM t LIMIT 1, 2"],
    "postgres": ["SELECT a::int FROM t WHERE a ~ 'x'"],
    "sqlite": ["SELECT date('now')", "PRAGMA foreign_keys = ON"],
    "tsql": ["SELECT TOP 3 [a] FROM t"],
}
WRONG: dict[str, list[str]] = {
    "python": ["def f(x)\n  return", "print 'x'", "x = (", "# nothing but this", "a\0b"],
    "javascript": ["const = 1", "function f( {", "// nothing but this"],
    "typescript": ["let a: = 1"],
    "tsx": ["const a = <T"],
    "java": ["class A { int f( }"],
    "c": ["int main( { return 0 }"],
    "cpp": ["template <typename"],
    "csharp": ["class { }}"],
    "go": ["func main( {"],
    "rust": ["fn main() { let x = ; }"],
    "ruby": ["def f(x"],
    "php": ["<?php echo 'a", "$x = ;"],
    "bash": ["if true; then echo"],
    "html": ["only words", "<p"],
    "css": ["a { color red; ; : }}"],
    "json": ["{'a': 1}", "NaN"],
    "yaml": ["only words", "a: [1", "a: b: c"],
    "toml": ["a = ", "# nothing but this", "a = 1\na = 2"],
    "xml": ["<a>", "words", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    "sql": ["SELEC * FROM t", "hello world", "select a from", "select 'a", "-- nothing but this", "a; b"],
    "postgres": ["SELECT `a` FROM t"],
}


@pytest.mark.parametrize(
    ("language", "code"), [(language, code) for language, all_ in RIGHT.items() for code in all_]
)
def test_what_is_right_parses(language: str, code: str) -> None:
    assert parses(code, language) is True


@pytest.mark.parametrize(
    ("language", "code"), [(language, code) for language, all_ in WRONG.items() for code in all_]
)
def test_what_is_wrong_does_not(language: str, code: str) -> None:
    assert parses(code, language) is False


@pytest.mark.parametrize("language", CODE_LANGUAGES)
def test_every_language_reads_and_a_blank_text_is_none(language: str) -> None:
    assert parses(" \n\t", language) is False
    assert parses("x" * (LONGEST_CODE + 1), language) is None
    assert parses("{ ( [", language) is False or language in ("bash", "ruby")


def test_names_mean_one_language_and_dialects_are_those_of_sqlglot() -> None:
    assert len(CODE_NAMES) == sum(1 + len(others) for others in CODE_LANGUAGES.values())
    for language in list(CODE_LANGUAGES)[list(CODE_LANGUAGES).index("sql") + 1 :]:
        assert sqlglot.Dialect.get(language) is not None, language


def test_a_statement_that_is_not_read_is_not_judged() -> None:
    assert parses("CALL f(1)", "sql") is None
    assert parses("SELECT 1; EXPLAIN anything goes", "sql") is None


@pytest.mark.parametrize("language", ["python", "json", "yaml", "toml", "xml", "sql", "javascript", "bash"])
def test_hostile_code_ends_soon_and_harmlessly(language: str) -> None:
    """Nested deeply, as long chains, as one sign: an answer, no crash, no endless time."""
    many = LONGEST_CODE // 4
    hostile = [
        *("(" * many, "[" * many, "{" * many, "-" * many + "1", "a." * (many // 2), "#" * many),
        *("select " + "(" * 5000 + "1" + ")" * 5000, "a" + "+a" * (many // 2), "<a>" * (many // 3)),
        *("not " * (many // 4), "- " * (many // 2), "'" * many, "a = " * (many // 4), "\x00é" * 1000),
    ]
    started = time.process_time()
    for code in hostile:
        assert parses(code, language) in (True, False, None)
    # Some 0.2 s each at most, and four times the length sixteen times that; exponential would be for ever.
    assert time.process_time() - started < 20


def test_nothing_is_ever_run(tmp_path: object) -> None:
    assert parses("import sys\nsys.recipedsl_ran = True\nraise SystemExit", "python") is True
    assert not hasattr(sys, "recipedsl_ran")
    assert "recipedsl_no_such_module" not in sys.modules
    assert parses("import recipedsl_no_such_module", "python") is True


def test_warnings_are_neither_shown_nor_obeyed() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert parses("x = '\\d' is 'y'", "python") is True
    assert seen == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parses("x = '\\d'", "python") is True


def test_a_language_from_a_column_goes_by_its_names() -> None:
    frame = pl.DataFrame(
        {
            "text": ["x = 1", "x = 1", "let x = 1", "{}", "select 1", None, "x"],
            "kind": ["Python", "cobol", " JS ", "json", "PostgreSQL", "python", None],
        }
    )
    found = frame.select(lower(call("code_ok", TEXT, column("kind")), frame.lazy())).to_series().to_list()
    assert found == [True, None, True, True, True, None, None]


def test_json_ok_says_what_code_ok_says_of_json() -> None:
    texts = ["{}", "[1,]", "", "3", "NaN", '"a"', None, "[" * 50_000]
    frame = pl.DataFrame({"text": texts})
    strict, code = (
        frame.select(lower(each, frame.lazy())).to_series().to_list()
        for each in (call("json_ok", TEXT), call("code_ok", TEXT, "json"))
    )
    assert strict == code


# --- fences ---------------------------------------------------------------------------------------

FENCED = """Try this:

1. first
   ```Python
   def f():
       return 1
   ```
~~~ {.js title="a"}
```
let x = 1
~~~
````markdown
```sql
select
```
````
```
plain
```
"""


def test_fences_are_those_of_markdown() -> None:
    found = blocks(FENCED)
    assert [(each.name, each.code, each.closed) for each in found] == [
        ("python", "def f():\n    return 1\n", True),
        ("js", "```\nlet x = 1\n", True),
        ("markdown", "```sql\nselect\n```\n", True),
        ("", "plain\n", True),
    ]


def test_a_fence_with_a_word_does_not_close_and_windows_line_ends_count() -> None:
    (block,) = blocks("```js\r\na\r\n```python\r\nb\r\n")
    assert (block.code, block.closed) == ("a\n```python\nb\n\n", False)


def test_blocks_are_judged_each_in_its_language() -> None:
    texts = ["```python\nx = 1\n```\n```js\nlet = \n```", "```cobol\n(((\n```", "none", "```python\nx =\n"]
    frame = pl.DataFrame({"text": texts})

    def judged(*arguments: str) -> list[bool | None]:
        return frame.select(lower(call("blocks_ok", TEXT, *arguments), frame.lazy())).to_series().to_list()

    assert judged() == [False, True, True, False]
    assert judged("python") == [True, True, True, False]
    assert judged("javascript") == [False, True, True, True]


_LINES = st.lists(
    st.sampled_from(["```", "```py", "  ```", "````", "~~~", "~~~ js", "a", "", "x `y`", "``", "    deep"])
)


@given(_LINES)
@settings(max_examples=300, deadline=None)
def test_fences_lose_no_line(lines: list[str]) -> None:
    """Blocks and other lines together are the text again, and only the last block may stay open."""
    again: list[str] = []
    found = list(parts("\n".join(lines)))
    for part in found:
        if isinstance(part, Block):
            again += ["fence", *(line.strip() for line in part.lines), *(["fence"] if part.closed else [])]
        else:
            again.append(part.strip())
    signs = ["fence" if line not in again and line.strip()[:3] in ("```", "~~~") else line for line in again]
    assert len(signs) == len("\n".join(lines).split("\n"))
    assert all(part.closed for part in found[:-1] if isinstance(part, Block))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
@settings(max_examples=50, deadline=None)
def test_what_python_writes_parses(value: object) -> None:
    assert parses(json.dumps(value), "json") is True
    assert parses(f"x = {value!r}", "python") is True


@pytest.mark.parametrize(
    ("language", "piece"),
    [
        ("bash", "a|"),
        ("csharp", "a<"),
        ("css", "a:"),
        ("html", "<!--"),
        ("java", "a<"),
        ("ruby", "%w("),
        ("yaml", "{"),
    ],
)
def test_a_hostile_text_is_not_parsed_for_long(language: str, piece: str) -> None:
    """Each of these takes 4 to 19 seconds at 50,000 characters."""
    longest = longest_code(language)
    start = time.process_time()
    assert parses(piece * (longest // len(piece)), language) is False
    assert parses(piece * (longest + 1), language) is None
    assert time.process_time() - start < 2.5
    assert longest < longest_code("python") == LONGEST_CODE
