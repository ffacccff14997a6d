"""Lowering of functions of quality. What Polars has no expression for is Python over each text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import reduce

import polars as pl

from recipedsl.data.functions.fences import parts, prose
from recipedsl.data.functions.phrases import BEGINNING, BOILERPLATE, REFUSAL
from recipedsl.data.functions.rowwise import each
from recipedsl.data.functions.words import word_counts
from recipedsl.language.functions.quality import LINE_CLASSES, STOP_WORDS, WORD_CLASSES


def _share(part: pl.Expr, whole: pl.Expr, given: pl.Expr) -> pl.Expr:
    """A part of a whole; 0 where the whole is 0, null where what is given is."""
    share = part.cast(pl.Float64) / whole.cast(pl.Float64)
    return pl.when(whole > 0).then(share).when(given.is_not_null()).then(0.0)


# --- repetition -----------------------------------------------------------------------------------


def top_share(text: pl.Expr, size: int = 2) -> pl.Expr:
    return each(text, lambda text: _top_share(text.lower().split(), size), pl.Float64())


def _top_share(words: list[str], size: int) -> float:
    """Characters of the most common run at all its places, over those of all words."""
    runs = Counter(zip(*(words[start:] for start in range(size)), strict=False))
    run, count = max(runs.items(), key=lambda each: each[1], default=((), 0))
    if count < 2:
        return 0.0
    return min(1.0, sum(map(len, run)) * count / sum(map(len, words)))


_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")


def repeated_share(text: pl.Expr, pieces: str = "lines", size: int = 5) -> pl.Expr:
    if pieces == "words":
        return each(text, lambda text: _repeated_runs(text.lower().split(), size), pl.Float64())
    if pieces == "paragraphs":
        return each(text, lambda text: _repeated(_PARAGRAPHS.split(text)), pl.Float64())
    return each(text, lambda text: _repeated(text.split("\n")), pl.Float64())


def _repeated(pieces: list[str]) -> float:
    """Share of the characters of pieces that lie in those that stood before."""
    before: set[str] = set()
    again = whole = 0
    for piece in pieces:
        letters = "".join(piece.split())
        whole += len(letters)
        again += len(letters) if piece.strip() in before else 0
        before.add(piece.strip())
    return again / whole if whole else 0.0


def _repeated_runs(words: list[str], size: int) -> float:
    """The same for runs of words; one that stood before is jumped over."""
    before: set[tuple[str, ...]] = set()
    again = place = 0
    while place <= len(words) - size:
        run = tuple(words[place : place + size])
        if run in before:
            again += sum(map(len, run))
            place += size
        else:
            before.add(run)
            place += 1
    return again / sum(map(len, words)) if again else 0.0


# --- what a text is made of -----------------------------------------------------------------------


def count_of(text: pl.Expr, pattern: str) -> pl.Expr:
    return text.str.count_matches(pattern).cast(pl.Int64)


def share_of_words(text: pl.Expr, kind: str) -> pl.Expr:
    return _share_of_items(text, text.str.extract_all(r"\S+"), WORD_CLASSES.get(kind, kind))


def share_of_lines(text: pl.Expr, kind: str) -> pl.Expr:
    line = pl.element().str.strip_chars()
    lines = text.str.split("\n").list.eval(line.filter(line != ""))
    return _share_of_items(text, lines, LINE_CLASSES.get(kind, kind))


def _share_of_items(text: pl.Expr, items: pl.Expr, pattern: str) -> pl.Expr:
    found = items.list.eval(pl.element().str.contains(pattern)).list.sum()
    return _share(found, items.list.len(), text)


def word_length(text: pl.Expr) -> pl.Expr:
    return _share(text.str.count_matches(r"\S"), word_counts(text), text)


def stop_words(text: pl.Expr, words: Sequence[str] = STOP_WORDS) -> pl.Expr:
    """Each word has a search of its own, with no letter or digit beside it."""
    different = sorted({word.lower() for word in words if word})
    if not different:
        return pl.when(text.is_not_null()).then(pl.lit(0, pl.Int64))
    found = (text.str.contains(rf"(?i)\b{re.escape(word)}\b").cast(pl.Int64) for word in different)
    return reduce(lambda left, right: left + right, found)


# --- whether a text is whole ----------------------------------------------------------------------

_AFTER = r"[\"'”’»›)\]}*_~`」』）】\x{FE0F}\x{1F3FB}-\x{1F3FF}]*"
_ENDS = (
    rf"[.!?…。！？．｡؟।॥։\p{{Extended_Pictographic}}]{_AFTER}$",
    r"(?:^|\n)[ \t]*(?:`{3,}|~{3,})$",
    r"(?:^|\n)[ \t]*(?:[-*+•]|\p{Nd}{1,3}[.)])[ \t]+[^\n]*$",
    r"(?:^|\n)[ \t]*\|[^\n]*\|$",
    r"\$\$$",
    r"\\\]$",
)


def ends_well(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars_end().str.contains("|".join(_ENDS))


_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("«", "»"))


def brackets_ok(text: pl.Expr) -> pl.Expr:
    said = prose(text)
    closed = (
        said.str.count_matches(opening, literal=True) <= said.str.count_matches(closing, literal=True)
        for opening, closing in _BRACKETS
    )
    even = said.str.count_matches('"', literal=True) % 2 == 0
    return reduce(lambda left, right: left & right, closed, even)


_ITEM = re.compile(r"^([ \t]*)(\d{1,3})[.)][ \t]", re.MULTILINE)


def lists_ok(text: pl.Expr) -> pl.Expr:
    return each(text, _lists_ok, pl.Boolean())


def _lists_ok(text: str) -> bool:
    """An item says what may follow at its indentation, and ends the lists that are further in."""
    last: dict[int, int] = {}
    for indent, number in _numbers(text):
        if indent in last and number not in (last[indent] + 1, 0, 1):
            return False
        last = {place: of for place, of in last.items() if place < indent} | {indent: number}
    return True


def _numbers(text: str) -> Iterator[tuple[int, int]]:
    """Indentation and number of each numbered item outside of code."""
    if _ITEM.search(text) is None:
        return
    for line in parts(text):
        item = _ITEM.match(line) if isinstance(line, str) else None
        if item is not None:
            yield len(item[1].expandtabs(4)), int(item[2])


_DAMAGED = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x{9F}\x{FFFD}\p{Co}]|(?s:.)\x{FEFF}"


def is_clean(text: pl.Expr) -> pl.Expr:
    return text.str.contains(_DAMAGED).not_() & each(text, _well_read, pl.Boolean())


def _well_read(text: str) -> bool:
    """Whether nothing looks as if it had been read in the wrong encoding; ASCII is the same in most."""
    if text.isascii():
        return True
    from ftfy.badness import is_bad

    return not is_bad(text)


def is_refusal(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars_start().str.slice(0, BEGINNING).str.contains(REFUSAL)


def is_boilerplate(text: pl.Expr) -> pl.Expr:
    return text.str.contains(BOILERPLATE)


FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {
    "top_share": top_share,
    "repeated_share": repeated_share,
    "count_of": count_of,
    "share_of_words": share_of_words,
    "share_of_lines": share_of_lines,
    "word_length": word_length,
    "stop_words": stop_words,
    "ends_well": ends_well,
    "brackets_ok": brackets_ok,
    "lists_ok": lists_ok,
    "is_clean": is_clean,
    "is_refusal": is_refusal,
    "is_boilerplate": is_boilerplate,
}
