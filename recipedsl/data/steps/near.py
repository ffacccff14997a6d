"""Rows as sets of n-grams, and the groups of those that are nearly the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from recipedsl.data.draw import mixed
from recipedsl.data.ngrams import UNSPACED
from recipedsl.data.problems import mistake
from recipedsl.data.steps import alike
from recipedsl.data.steps.texts import said_in, speaks
from recipedsl.diagnostics.codes.data_run import ImpossibleArgument
from recipedsl.plan.model import StepSpec

WORDS_OF_A_GRAM = 5

#: A run of letters that are written without spaces would be a sentence: each is a word of its own.
_WORD = rf"[{UNSPACED}]|[\w&&[^{UNSPACED}]]+"
_EXAMPLES = 3
_EXAMPLE_LENGTH = 200  # characters of each text


@dataclass(frozen=True)
class Reading:
    """How rows become sets.

    Attributes:
        texts: names of columns whose n-grams count.
        others: names of columns that have to be equal.
        size: words in an n-gram.
        normalise: whether case and white space count for nothing.
    """

    texts: tuple[str, ...]
    others: tuple[str, ...]
    size: int
    normalise: bool


def reading_of(names: list[str], step: StepSpec, schema: pl.Schema) -> Reading:
    """How the named columns of a step become sets.

    Raises:
        RecipeError: when none of them holds text.
    """
    texts = tuple(name for name in names if speaks(schema[name]))
    if not texts:
        raise mistake(ImpossibleArgument, f"`{step.text}` compares texts, and no column of it holds any")
    return Reading(
        texts,
        tuple(name for name in names if name not in texts),
        int(step.settings.get("ngram") or WORDS_OF_A_GRAM),
        bool(step.settings.get("normalise", True)),
    )


def sets_of(table: pl.DataFrame, reading: Reading) -> alike.Sets:
    """The n-grams of each row, those of different columns told apart.

    Args:
        table: the columns of `reading`: texts as they are, others as text or single values.
    """
    return alike.together([_sets(part, reading) for part in table.iter_slices(alike.SETS_AT_ONCE)])


def _sets(part: pl.DataFrame, reading: Reading) -> alike.Sets:
    owners, grams = [], []
    # Rows of which another column differs share no n-gram: its value is mixed into each.
    others = part.select(pl.struct(reading.others).hash()) if reading.others else None
    key = others.to_series().to_numpy() if others is not None else np.zeros(len(part), np.uint64)
    for number, name in enumerate(reading.texts):
        of, hashes = _grams(_words(part[name], reading), reading.size)
        owners.append(of)
        grams.append(mixed(hashes ^ mixed(key + np.uint64(number + 1))[of]))
    return alike.set_of(np.concatenate(owners), np.concatenate(grams), len(part))


def _words(texts: pl.Series, reading: Reading) -> pl.Series:
    """The words of each text as a list of hashes; never empty."""
    said = said_in(pl.col(texts.name), texts.dtype)
    if reading.normalise:
        said = said.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    found = said.str.extract_all(_WORD)
    # A text of signs alone is one word, and no text at all is like no text at all.
    whole = pl.concat_list(said.fill_null("\0 no text"))
    words = pl.when(found.list.len().fill_null(0) > 0).then(found).otherwise(whole)
    hashed = words.list.eval(pl.element().hash())
    return texts.to_frame().select(hashed).to_series()


def _grams(words: pl.Series, size: int) -> tuple[alike.Numbers, alike.Hashes]:
    """Hash of each run of `size` words, with the row that it is of; a shorter text is one run."""
    counts = words.list.len().to_numpy().astype(np.int64)
    flat = words.explode(empty_as_null=False).to_numpy().astype(np.uint64)
    runs = np.maximum(counts - size + 1, 1)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])[:-1]
    owners = np.repeat(np.arange(len(counts)), runs)
    first = np.repeat(np.concatenate([np.zeros(1, np.int64), np.cumsum(runs)])[:-1], runs)
    places = starts[owners] + np.arange(len(owners)) - first
    lengths = np.minimum(counts, size)[owners]
    hashes = lengths.astype(np.uint64)
    for offset in range(min(size, int(counts.max(initial=0)))):
        longer = offset < lengths
        grown = mixed(hashes ^ flat[np.minimum(places + offset, len(flat) - 1)])
        hashes = np.where(longer, grown, hashes)
    return owners, hashes


def facts_of(
    table: pl.DataFrame, reading: Reading, sets: alike.Sets, groups: alike.Groups, stays: alike.Numbers
) -> Mapping[str, Any]:
    """What people see: pairs, groups of two and more, and the first rows that fell with what they fell to.

    Args:
        stays: for each row the row of its group that stays.
    """
    fell = np.flatnonzero(stays != np.arange(len(stays)))
    sizes = np.bincount(groups.labels, minlength=1)
    return {
        "near": {
            "pairs": groups.links,
            "groups": int((sizes > 1).sum()),
            "examples": list(_examples(table, reading, sets, fell[:_EXAMPLES], stays)),
        }
    }


def _examples(
    table: pl.DataFrame, reading: Reading, sets: alike.Sets, fell: alike.Numbers, stays: alike.Numbers
) -> Iterator[dict[str, Any]]:
    likeness = sets.likeness(fell, stays[fell])
    for row, share in zip(fell.tolist(), likeness.tolist(), strict=True):
        kept = int(stays[row])
        texts = [_shown(table, reading, number) for number in (row, kept)]
        yield {"row": row, "fell": texts[0], "to": kept, "kept": texts[1], "alike": round(share, 4)}


def _shown(table: pl.DataFrame, reading: Reading, row: int) -> str:
    said = [said_in(pl.col(name), table.schema[name]).alias(name) for name in reading.texts]
    texts = table.slice(row, 1).select(said).row(0)
    return " | ".join("" if each is None else each for each in texts)[:_EXAMPLE_LENGTH]
