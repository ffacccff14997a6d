"""Lowering of functions of text. Counts are Int64: Polars' own are unsigned and differences wrap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import polars as pl

from recipedsl.data.functions.words import word_counts
from recipedsl.language.functions.text import CLASSES


def chars(text: pl.Expr) -> pl.Expr:
    return text.str.len_chars().cast(pl.Int64)


def lines(text: pl.Expr) -> pl.Expr:
    feeds = text.str.count_matches("\n", literal=True).cast(pl.Int64)
    return feeds + ((text != "") & text.str.ends_with("\n").not_()).cast(pl.Int64)


def size(text: pl.Expr) -> pl.Expr:
    return text.str.len_bytes().cast(pl.Int64)


def contains(text: pl.Expr, part: pl.Expr) -> pl.Expr:
    return text.str.contains(part, literal=True)


def contains_any(text: pl.Expr, parts: Sequence[str], ignore_case: bool = False) -> pl.Expr:
    return text.str.contains_any(list(parts), ascii_case_insensitive=ignore_case)


def matches(text: pl.Expr, pattern: str) -> pl.Expr:
    return text.str.contains(pattern)


def replace(text: pl.Expr, pattern: str, new: str) -> pl.Expr:
    return text.str.replace_all(pattern, new)


def extract(text: pl.Expr, pattern: str, group: int | None = None) -> pl.Expr:
    if group is None:
        group = 1 if has_group(pattern) else 0
    return text.str.extract(pattern, group)


def has_group(pattern: str) -> bool:
    """Whether a pattern captures: an open parenthesis that is no escape, no class member and no `(?:`."""
    depth, index = 0, 0
    while index < len(pattern):
        letter = pattern[index]
        if letter == "\\":
            index += 1
        elif letter == "[":
            depth += 1
        elif letter == "]" and depth:
            depth -= 1
        elif letter == "(" and not depth and _captures(pattern[index + 1 : index + 4]):
            return True
        index += 1
    return False


def _captures(after: str) -> bool:
    named = after.startswith("?P<") or (after.startswith("?<") and after[2:3] not in ("=", "!"))
    return named or not after.startswith("?")


def split(text: pl.Expr, separator: str) -> pl.Expr:
    return text.str.split(separator)


def slice_text(text: pl.Expr, start: pl.Expr, length: pl.Expr | None = None) -> pl.Expr:
    return text.str.slice(start, length)


def repeats(text: pl.Expr, size: int = 3, lines: bool = False) -> pl.Expr:
    found = _full_lines(text) if lines else _runs_of_words(text, size)
    total = found.list.len().cast(pl.Float64)
    distinct = found.list.n_unique().cast(pl.Float64)
    return pl.when(total > 0).then((total - distinct) / total).when(text.is_not_null()).then(0.0)


def _runs_of_words(text: pl.Expr, length: int) -> pl.Expr:
    """List of all runs of `length` words; a space cannot stand inside a word, so joining is safe."""
    runs = reduce(
        lambda left, right: left + " " + right, (pl.element().shift(-offset) for offset in range(length))
    )
    return text.str.extract_all(r"\S+").list.eval(runs.drop_nulls())


def _full_lines(text: pl.Expr) -> pl.Expr:
    stripped = pl.element().str.strip_chars()
    return text.str.split("\n").list.eval(stripped.filter(stripped != ""))


def share_of(text: pl.Expr, class_: str) -> pl.Expr:
    length = text.str.len_chars().cast(pl.Float64)
    if class_ in CLASSES:
        found = text.str.count_matches(CLASSES[class_]).cast(pl.Float64)
    else:
        found = length - text.str.replace_all(class_, "").str.len_chars().cast(pl.Float64)
    return pl.when(length > 0).then(found / length).when(text.is_not_null()).then(0.0)


def join(items: pl.Expr, separator: str = "") -> pl.Expr:
    return items.list.join(separator, ignore_nulls=True)


def as_text(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.String)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "chars": chars,
    "words": word_counts,
    "lines": lines,
    "bytes": size,
    "lower": lambda text: text.str.to_lowercase(),
    "upper": lambda text: text.str.to_uppercase(),
    "trim": lambda text: text.str.strip_chars(),
    "contains": contains,
    "contains_any": contains_any,
    "starts_with": lambda text, prefix: text.str.starts_with(prefix),
    "ends_with": lambda text, suffix: text.str.ends_with(suffix),
    "matches": matches,
    "replace": replace,
    "extract": extract,
    "split": split,
    "slice_text": slice_text,
    "repeats": repeats,
    "share_of": share_of,
    "join": join,
    "text": as_text,
}
