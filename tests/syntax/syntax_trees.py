"""Trees and texts drawn at random, shaped like the nodes, so that every form comes up."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from recipedsl.source import Source
from recipedsl.syntax import tree
from recipedsl.syntax.scan import RESERVED

CASES = Path(__file__).parents[1] / "cases"
RECIPES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((CASES / "recipes").glob("*.ftr"))}

_WORD = st.text(string.ascii_letters + "_", min_size=1, max_size=6).filter(lambda word: word not in RESERVED)
# `True` and its like are names by their letters, and read as constants with a problem.
_PLAIN = _WORD.filter(lambda word: word not in {"True", "False", "None", "null"})
names = st.builds(tree.Name, _PLAIN) | st.builds(
    lambda word: tree.Name(word, quoted=True),
    st.sampled_from(("Chosen Answer", "in", "größe", "type", "a.b")),
)
numbers = st.sampled_from("0 1 2k 2Ki 1.5M 80GB 3h 10s 250ms 5% 2e-4 1_000 1e6".split()).map(tree.Number)
texts = st.sampled_from(
    (("", '""'), ("a b", '"a b"'), ("#", '"#"'), ('"\n\\', r'"\"\n\\"'), ("é", r'"\u{e9}"'))
).map(lambda pair: tree.Text(*pair))
constants = st.sampled_from((tree.Flag(True), tree.Flag(False), tree.Nothing()))


def tuples(
    strategy: st.SearchStrategy[Any], most: int = 3, least: int = 0
) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def operators(words: str) -> st.SearchStrategy[tree.Name]:
    return st.sampled_from(words.split(",")).map(tree.Name)


def _binary(
    words: str, left: st.SearchStrategy[Any], right: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    return st.builds(tree.Binary, operators(words), left, right)


def _expressions(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One more level: each operand as tight as the grammar wants it."""
    groups = st.builds(tree.Group, inner)
    nested = st.builds(
        lambda source, steps: tree.Nested(tree.Pipeline(source, steps)), inner, tuples(steps_of(inner), 2, 1)
    )
    lists = st.builds(tree.ListOf, tuples(inner))
    maps = st.builds(tree.MapOf, tuples(st.builds(tree.MapEntry, names | texts | numbers, inner)))
    atoms = names | numbers | texts | constants | groups | nested | lists | maps
    calls = st.builds(tree.Call, names, tuples(arguments_of(inner)))
    postfix = calls | st.builds(tree.Member, atoms, names) | st.builds(tree.Index, names, inner) | atoms
    factors = postfix | st.builds(tree.Unary, st.just(tree.Name("-")), postfix)
    products = factors | _binary("*,/,%", factors, factors)
    sums = products | _binary("+,-", products, products)
    ranges = st.builds(tree.Range, sums, st.none() | sums) | st.builds(tree.Range, st.none(), sums)
    comparisons = _binary("==,!=,<,<=,>,>=,in,not in", sums | ranges, sums | ranges)
    negations = st.builds(tree.Unary, st.just(tree.Name("not")), comparisons | sums)
    conjunctions = _binary("and", negations | comparisons | sums, negations | comparisons)
    return (
        sums
        | ranges
        | comparisons
        | negations
        | conjunctions
        | _binary("or", conjunctions | sums, conjunctions)
    )


def arguments_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tree.Argument]:
    return st.builds(tree.Argument, st.none() | names, values)


def steps_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    arguments = arguments_of(values)
    steps = st.builds(tree.Step, names, tuples(arguments), st.just(()) | tuples(arguments, 2, 1))
    return steps | expects_of(values)


def expects_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tree.Expect]:
    return st.builds(tree.Expect, values, st.none() | texts)


expressions = st.recursive(names | numbers | texts | constants, _expressions, max_leaves=8)
pipelines = st.builds(tree.Pipeline, expressions, tuples(steps_of(expressions)))


def _types(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    records = st.builds(tree.RecordType, tuples(st.builds(tree.TypeField, names, inner)))
    refined = st.builds(
        tree.RefinedType, st.builds(tree.NamedType, names, st.none()) | records, _within, st.just(True)
    )
    return records | refined | st.builds(tree.NamedType, names, inner)


_within = st.none() | st.builds(tree.Range, numbers, numbers)
_choices = st.builds(tree.ChoiceType, tuples(texts))
types = st.recursive(st.builds(tree.NamedType, names, st.none()) | _choices, _types, max_leaves=5)

# `data name { … }` is read as a dataset, `if name { … }` as a statement, with a problem.
_kinds = _PLAIN.filter(lambda word: word not in {"data", "if", "while"}).map(tree.Name)
_docs = st.just(()) | st.just(("what it is", "and why"))
_attributes = st.builds(tree.Attribute, names, expressions)
_blocks = st.builds(tree.Block, tuples(_attributes | expects_of(expressions)))
_things = st.builds(
    lambda kind, name, method, block, doc: tree.Thing(kind, name, method if name else None, block, doc),
    _kinds,
    st.none() | names,
    st.none() | names,
    _blocks,
    _docs,
)
_data = st.builds(tree.Data, _kinds, names, st.none() | types, pipelines, _docs)
_simple = (
    st.builds(tree.Import, names, texts, _docs)
    | st.builds(tree.TypeDeclaration, names, types, _docs)
    | st.builds(tree.Param, names, types, st.none() | expressions, _docs)
    | st.builds(tree.Let, names, expressions, _docs)
)
_rounds = st.builds(tree.Rounds, numbers, tuples(_data | _things, 2), _docs)
items = _simple | _data | _things | _rounds
files = st.builds(
    lambda edition, parts: tree.File(edition, parts, Source("drawn.ftr", "")),
    st.none() | numbers,
    tuples(items),
)

_SIGNS = '{ } ( ) [ ] = : , .. == \' " % && // | \\ ` """'.split()
_WORDS = ["name ", "2k", "expect ", "else ", "not ", "in ", "ö", "True", '"x"', "type ", "param ", "ftr 1\n"]
_BEGINNINGS = ["stage a: sft {", "data b = ", "let c = ", "rounds 2 {", "  | ", "# c\n", "## d\n"]
_BLANKS = ["\n", "  ", "\r\n", "\t", "\u00a0", "\0"]
_SOUP = [*_SIGNS, *_WORDS, *_BEGINNINGS, *_BLANKS]
soups = st.lists(st.sampled_from(_SOUP), max_size=40).map("".join)
cut_recipes = st.builds(
    lambda text, start, length: text[start : start + length],
    st.sampled_from(list(RECIPES.values())),
    st.integers(0, 3000),
    st.integers(0, 3000),
)

# Lines as users of other languages write them, in any order, at any indentation.
_FOREIGN_LINES = [
    "stage tuned:", "run:", "method: sft", "from: base", '"epochs": 2', "- base", "stage a: sft", "[run]",
    "seed = 1", "data rows = b", "where x > 3", "take 2 k per topic,", "| where x is not null", "|", "b |",
    "if x > 3:", "def f(x):", "else", 'stage "b c" {', "}", "{", "stage c = sft {", "data d: read(1)", "+ 2",
    "let a =", "models = a, b", "a = lora { r = 1", "x = 1,000", "y = 10 %", "read \"a\"", "(a) => b",
    "<<<<<<< ours", "=======", ">>>>>>> theirs", "/* a", "*/", "f\"{a}\"", "r'b'", "a-b = 1", "a?: int,",
    "x -> y |> z", "expect a, \"b\"", "take 1, by = c", "param p = 1", "[1 2", "]", "rounds 2 {", "x between 1 and 2",
]  # fmt: skip
mistaken = st.lists(
    st.tuples(st.sampled_from(("", "  ", "    ")), st.sampled_from(_FOREIGN_LINES)), max_size=12
).map(lambda lines: "".join(f"{indent}{line}\n" for indent, line in lines))
any_text = st.text(max_size=200) | soups | cut_recipes
