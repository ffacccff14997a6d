"""Functions of quality, of lists and of pairs of texts, against plain Python on drawn values."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.expressions import lower
from recipedsl.data.functions.quality import LINE_CLASSES, WORD_CLASSES
from recipedsl.language.expressions import Constant
from tests.data.making import call, column

TEXT, OTHER = column("text"), column("other")

#: Words, signs and scripts in which the rules meet.
PIECES = st.sampled_from(
    [
        *("one", "two", "THE", "the", "of", "Ärger", "naïve", "中文", "ไทย", "İ", "ﬁne", "a_b", "x2", "42"),
        *(
            " ",
            "  ",
            "\t",
            "\n",
            "\n\n",
            "\r\n",
            "\u00a0",
            "\u2028",
            ".",
            "...",
            "…",
            "!",
            "“",
            "”",
            '"',
            "(",
            ")",
        ),
        *("- ", "1. ", "2) ", "# ", "> ", "```", "`", "https://example.org", "😀", "\ufeff", "\x00", "é"),
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60)


def values(function: str, rows: dict[str, list[Any]], *arguments: Any, schema: Any = None) -> list[Any]:
    """What a function gives for rows, by the streaming engine."""
    frame = pl.DataFrame(rows, schema_overrides=schema).lazy()
    expression = lower(call(function, *arguments), frame)
    return frame.select(expression.alias("found")).collect(engine="streaming")["found"].to_list()


def of(function: str, *texts: str | None, more: tuple[Any, ...] = ()) -> list[Any]:
    return values(function, {"text": list(texts)}, TEXT, *more, schema={"text": pl.String})


#: White space of Rust's regular expressions, by which Polars cuts words.
_SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def words_of(text: str) -> list[str]:
    return re.findall(f"[^{_SPACE}]+", text)


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


# --- definitions, in plain Python -----------------------------------------------------------------


def word_length(text: str) -> float:
    return share(sum(map(len, words_of(text))), len(words_of(text)))


def words_with_letters(text: str) -> float:
    return share(sum(any(each.isalpha() for each in word) for word in words_of(text)), len(words_of(text)))


def short_lines(text: str) -> float:
    lines = [line.strip(_EDGES) for line in text.split("\n")]
    lines = [line for line in lines if line]
    return share(sum(len(line) <= 30 and "\n" not in line for line in lines), len(lines))


#: What Rust takes for white space at the ends of a text.
_EDGES = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def top_pair(text: str) -> float:
    words = text.lower().split()
    pairs = list(pairwise(words))
    counts = Counter(pairs)
    best = max(counts.values(), default=0)
    pair = next((each for each in pairs if counts[each] == best), ())
    return min(1.0, share(best * sum(map(len, pair)), sum(map(len, words)))) if best > 1 else 0.0


def repeated_lines(text: str) -> float:
    lines = [("".join(line.split()), line.strip()) for line in text.split("\n")]
    again = [
        letters for place, (letters, line) in enumerate(lines) if line in [each for _, each in lines[:place]]
    ]
    return share(len("".join(again)), len("".join(letters for letters, _ in lines)))


DEFINITIONS: list[tuple[str, tuple[Any, ...], Callable[[str], Any]]] = [
    ("word_length", (), word_length),
    ("share_of_words", ("letters",), words_with_letters),
    ("share_of_lines", ("short",), short_lines),
    ("top_share", (2,), top_pair),
    ("repeated_share", ("lines",), repeated_lines),
    ("count_of", ("[0-9]",), lambda text: sum(each in "0123456789" for each in text)),
]


@pytest.mark.parametrize(
    ("function", "more", "plain"),
    DEFINITIONS,
    ids=[" ".join(map(str, (name, *more))) for name, more, _ in DEFINITIONS],
)
@given(text=TEXTS)
@settings(max_examples=150, deadline=None)
def test_as_defined(function: str, more: tuple[Any, ...], plain: Callable[[str], Any], text: str) -> None:
    assert of(function, text, None, more=more) == [pytest.approx(plain(text)), None]


@given(st.lists(TEXTS | st.none(), max_size=4), st.lists(TEXTS | st.none(), max_size=4), st.integers(1, 4))
@settings(max_examples=200, deadline=None)
def test_overlap_and_similarity_as_defined(texts: list[Any], others: list[Any], size: int) -> None:
    rows = list(zip(texts, others, strict=False))
    if not rows:
        return
    columns = {"text": [each for each, _ in rows], "other": [each for _, each in rows]}
    schema = dict.fromkeys(columns, pl.String)
    one, two = ([_runs(spoken(each or ""), size) for each in columns[name]] for name in columns)
    missing = [None in each for each in rows]
    wanted = [share(len(a & b), len(a)) for a, b in zip(one, two, strict=True)]
    alike = [share(len(a & b), len(a | b)) if a | b else 1.0 for a, b in zip(one, two, strict=True)]
    for function, plain in (("overlap", wanted), ("similarity", alike)):
        told = values(function, columns, TEXT, OTHER, size, schema=schema)
        assert told == [
            None if gone else pytest.approx(each) for gone, each in zip(missing, plain, strict=True)
        ]


#: Scripts that write no spaces between words.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_SPOKEN = regex.compile(rf"(?V1)[{_UNSPACED}]|[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+")


def spoken(text: str) -> list[str]:
    """Words of letters, marks and digits. Folding is Polars' own: tables of Unicode have their versions."""
    (folded,) = pl.Series([text], dtype=pl.String).str.normalize("NFKC").str.to_lowercase()
    return _SPOKEN.findall(folded)


def _runs(words: list[str], size: int) -> set[tuple[str, ...]]:
    if 0 < len(words) < size:
        return {tuple(words)}
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}


# --- lists ----------------------------------------------------------------------------------------

NUMBERS = st.lists(st.integers(-5, 5) | st.none(), max_size=6)
VOTES = st.lists(st.sampled_from("abc") | st.none(), max_size=6)


def _numbers(items: list[int | None]) -> dict[str, Any]:
    there = [each for each in items if each is not None]
    best = sorted(there, reverse=True)
    return {
        "max_of": max(there, default=None),
        "min_of": min(there, default=None),
        "sum_of": sum(there),
        "mean_of": sum(there) / len(there) if there else None,
        "spread_of": max(there) - min(there) if there else None,
        "lead_of": best[0] - best[1] if len(best) > 1 else None,
        "place_of_max": items.index(max(there)) if there else None,
        "place_of_min": items.index(min(there)) if there else None,
    }


@pytest.mark.parametrize("type_", [pl.Int64, pl.Float64])
@given(NUMBERS)
@settings(max_examples=150, deadline=None)
def test_lists_of_numbers_as_defined(type_: Any, items: list[int | None]) -> None:
    for function, wanted in _numbers(items).items():
        found = values(function, {"x": [items, None]}, column("x"), schema={"x": pl.List(type_)})
        assert found == [pytest.approx(wanted), None], function


@given(VOTES)
@settings(max_examples=150, deadline=None)
def test_votes_as_defined(votes: list[str | None]) -> None:
    there = [each for each in votes if each is not None]
    best = max(map(there.count, there), default=0)
    wanted = {
        "agreement": best / len(there) if there else None,
        "most_common": next((each for each in there if there.count(each) == best), None),
        "different": len(set(there)),
    }
    for function, value in wanted.items():
        found = values(function, {"x": [votes, None]}, column("x"), schema={"x": pl.List(pl.String)})
        assert found == [pytest.approx(value) if isinstance(value, float) else value, None], function


def test_votes_may_be_numbers_and_truth_values() -> None:
    assert values("agreement", {"x": [[True, False, True]]}, column("x")) == [pytest.approx(2 / 3)]
    assert values("most_common", {"x": [[3, 1, 1, 3]]}, column("x")) == [3]
    assert not math.isnan(values("lead_of", {"x": [[1.5, 1.5]]}, column("x"))[0])


# --- kinds of words and lines ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "yes", "no"),
    [
        ("letters", "a1 (é) 中", "42 !! 3.14"),
        ("digits", "a1 ٣ x2y", "one – two"),
        ("capitals", "USA A-B Ä!", "Usa aB 12 –"),
        ("links", "https://a.b <http://c> (www.d.e", "ahttp:// http mail@www.x"),
    ],
)
def test_kinds_of_words(kind: str, yes: str, no: str) -> None:
    assert of("share_of_words", yes, no, more=(kind,)) == [1.0, 0.0]
    assert set(WORD_CLASSES) == {"letters", "digits", "capitals", "links"}


@pytest.mark.parametrize(
    ("kind", "yes", "no"),
    [
        ("bullets", "- a\n  * b\n• c\n+ d", "-a\n**bold**\n1. x\n---"),
        ("numbered", "1. a\n 22) b", "1.5 x\n2024. a b\n(1) c"),
        ("headings", "# a\n###### b", "#a\n####### b\na # b"),
        ("quotes", "> a\n>b", "a > b"),
        ("ellipses", "and so on...\nwell…", "...and\nno."),
        ("ended", 'Yes.\n"No?"\nGood!)\n好。\n**Bold.**', "one\ntwo,\nthree:"),
        ("short", "a" * 30 + "\nb", "a" * 31),
    ],
)
def test_kinds_of_lines(kind: str, yes: str, no: str) -> None:
    assert of("share_of_lines", yes, no, more=(kind,)) == [1.0, 0.0]
    assert kind in LINE_CLASSES


def test_stop_words_are_whole_words() -> None:
    assert of("stop_words", "The end of it, and to be", "other bee tofu withal", "THE the") == [
        5 - 1 + 1,
        0,
        1,
    ]
    assert of("stop_words", "c++ is c", more=(Constant(value=("c++", "C", "")),)) == [1]
    assert of("stop_words", "a", None, more=(Constant(value=()),)) == [0, None]


# --- whether a text is whole ----------------------------------------------------------------------

_WELL = [
    *(
        "Done.",
        "Really?! ",
        'He said "no."',
        "(Yes.)",
        "**Bold!**",
        "好的。",
        "ठीक है।",
        "نعم؟",
        "So it goes…",
    ),
    *(
        "Bye 😀",
        "Thumbs 👍🏽",
        "```\nx = 1\n```",
        "Two:\n- one\n- two",
        "1. one\n2. two",
        "| a | b |",
        "$$x$$",
        "\\[x\\]",
    ),
]
_BADLY = [
    "and then the",
    "We need:",
    "one,",
    "",
    "  ",
    "42",
    "```python\nx = 1",
    "see `x",
    "the (first",
    "it's",
]


@pytest.mark.parametrize("text", _WELL)
def test_what_ends_well(text: str) -> None:
    assert of("ends_well", text) == [True]


@pytest.mark.parametrize("text", _BADLY)
def test_what_ends_in_the_middle(text: str) -> None:
    assert of("ends_well", text) == [False]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('f(x) = [a, {b}] “c” «d» "e"', True),
        ("1) one\n2) two :)", True),
        ("see (the first", False),
        ("a [b", False),
        ('he said "no', False),
        ("“open", False),
        ("```python\nprint('(')\n``` and `(` too", True),
        ("```python\nf((((", True),
    ],
)
def test_brackets(text: str, wanted: bool) -> None:
    assert of("brackets_ok", text) == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1. a\n2. b\n\ntext\n\n3. c", True),
        ("1. a\n1. b\n1. c", True),
        ("1. a\n2. b\n1. new\n2. c", True),
        ("1) a\n   1. x\n   2. y\n2) b\n   1. x", True),
        ("4. goes on\n5. b", True),
        ("1. a\n3. c", False),
        ("1. a\n2. b\n2. c", False),
        ("1. a\n   - b\n   1. x\n   3. y", False),
        ("```\n1. a\n3. c\n```", True),
        ("In 1999. That", True),
        ("none", True),
    ],
)
def test_lists_that_count(text: str, wanted: bool) -> None:
    assert of("lists_ok", text) == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("naïve café — “so” 中文 😀\t\r\n", True),
        ("\ufeffmark at the start", True),
        ("mark in\ufeffside", False),
        ("bell \x07", False),
        ("c1 \x85", False),
        ("lost \ufffd", False),
        ("private \ue000", False),
        ("schÃ¶n und grÃ¼n", False),
        ("itâ€™s", False),
        ("", True),
    ],
)
def test_damaged_characters(text: str, wanted: bool) -> None:
    assert of("is_clean", text) == [wanted]


# --- what assistants say of themselves ------------------------------------------------------------

_REFUSALS = [
    "I'm sorry, but I can't assist with that request.",
    "I’m sorry, but I can’t help with that.",
    "Sorry, but I cannot provide instructions for that.",
    "Sorry, can't help you there.",
    "I cannot and will not provide that information.",
    "I am not able to help you write this.",
    "Unfortunately, I am unable to generate images.",
    "I'm unable to assist with booking flights.",
    "I don't have the ability to book flights.",
    "I must respectfully decline this request.",
    "I won't help you with that.",
    "That goes against my guidelines.",
    "As a responsible AI language model, I cannot provide advice on how to do so.",
    "Es tut mir leid, aber dabei kann ich nicht helfen.",
    "Ich kann dir bei dieser Anfrage leider nicht weiterhelfen.",
    "Je suis désolé, mais je ne peux pas vous aider avec cela.",
    "Je ne peux pas fournir ces informations.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "No puedo proporcionar esa información.",
    "Desculpe, mas não posso ajudar com isso.",
    "Mi dispiace, ma non posso aiutarti con questa richiesta.",
    "抱歉，我无法提供这方面的信息。",
    "对不起，我不能帮助你完成这个请求。",
    "很抱歉，我無法回答這個問題。",
]
_NO_REFUSALS = [
    "I can't believe it! It has been so long.",
    "I can't remember the title, but the plot is this.",
    "I couldn't help but laugh.",
    "I can't help feeling that it is late.",
    "I can't help but wonder.",
    "I'm sorry for the confusion. The answer is 4.",
    "I am sorry to hear that the product was late.",
    "Viruses cannot survive without a host, nor provide energy.",
    "We cannot determine if Lily is taller.",
    "You cannot provide a default for this argument.",
    "Unfortunately, the company cannot provide refunds after 30 days.",
    "The importance of sleep cannot be overstated.",
    "Das kann ich gut verstehen, und es ist nicht schwer.",
    "Je ne sais pas si elle vient, mais elle peut aider.",
    "No puedo creer que ya sea lunes.",
    "水不能燃烧。",
    "He said he was unable to attend.",
]


@pytest.mark.parametrize("text", _REFUSALS)
def test_refusals(text: str) -> None:
    assert of("is_refusal", text, f"{text} More.", f"Hello!\n\n{text}", "x" * 300 + text) == [True] * 3 + [
        False
    ]


@pytest.mark.parametrize("text", _NO_REFUSALS)
def test_no_refusals(text: str) -> None:
    assert of("is_refusal", text) == [False]


_BOILERPLATE = [
    "As an AI language model, I can help you.",
    "as an AI I do not sleep",
    "As a large language model, I do not eat.",
    "I'm just an AI, but here is a list.",
    "I am a large language model trained on text.",
    "I was created by OpenAI.",
    "My knowledge cutoff is September 2021.",
    "As of my last update, it was so.",
    "I don't have personal opinions.",
    "I do not have feelings or emotions.",
    "I don't have access to real-time data.",
    "Als KI-Sprachmodell habe ich keine Gefühle.",
    "Als Sprachmodell kann ich nicht sehen.",
    "Ich bin nur ein KI-Modell.",
    "En tant qu'intelligence artificielle, je n'ai pas de corps.",
    "En tant que modèle de langage, je ne dors pas.",
    "Como modelo de lenguaje, no tengo opiniones.",
    "Como uma inteligência artificial, não tenho sentimentos.",
    "Sono un modello linguistico e non ho emozioni.",
    "作为一个人工智能，我没有感情。",
    "我是一个人工智能助手。",
]
_NO_BOILERPLATE = [
    "As an aid to memory, write it down.",
    "She works as an AI engineer in Paris.",
    "I am an AI researcher at a university.",
    "The language model was trained on text.",
    "GPT-2 was created by OpenAI.",
    "I don't have feelings for him.",
    "I don't have access to a car.",
    "Als Lehrer habe ich viel zu tun.",
    "Tecnologías como inteligencia artificial cambian el mundo.",
    "En tant que professeur, je lis.",
    "人工智能改变世界。",
    "The last update of my phone failed.",
]


@pytest.mark.parametrize("text", _BOILERPLATE)
def test_boilerplate(text: str) -> None:
    assert of("is_boilerplate", text, f"Well. {text} So.", text.upper()) == [True] * 3


@pytest.mark.parametrize("text", _NO_BOILERPLATE)
def test_no_boilerplate(text: str) -> None:
    assert of("is_boilerplate", text) == [False]
