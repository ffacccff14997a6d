"""Rows as bags of n-grams, and the groups of those that are nearly the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from recipedsl.data.draw import mixed
from recipedsl.data.ngrams import cut, runs_of
from recipedsl.data.problems import mistake
from recipedsl.data.steps import alike
from recipedsl.data.steps.texts import ROW, TEXT, in_batches, passages, said_in, speaks
from recipedsl.diagnostics.codes.data_run import ImpossibleArgument
from recipedsl.plan.model import StepSpec

WORDS_OF_A_GRAM = 5

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


def bags_of(rows: pl.LazyFrame, reading: Reading) -> list[alike.Bag]:
    """The n-grams of each row, those of different columns told apart.

    Args:
        rows: settled, with the columns of `reading`: texts as they are, others as single values.
    """
    return [_bag(batch, reading) for batch in in_batches(rows)]


def _bag(batch: pl.DataFrame, reading: Reading) -> alike.Bag:
    grams = [_grams(batch, name, reading) for name in reading.texts]
    owners = np.concatenate([of for of, _ in grams])
    hashes = [_told_apart(found, number) for number, (_, found) in enumerate(grams)]
    silent = np.flatnonzero(np.bincount(owners, minlength=len(batch)) == 0)
    owners = np.concatenate([owners, silent])
    members = np.concatenate([*hashes, _whole(batch[silent], reading)])
    if len(silent) or len(grams) > 1:
        order = np.argsort(owners, kind="stable")
        owners, members = owners[order], members[order]
    if reading.others:
        # Rows of which another column differs share no n-gram: its value is mixed into each.
        key = batch.select(pl.struct(reading.others).hash()).to_series().to_numpy()
        members = mixed(members ^ mixed(key)[owners])
    return alike.Bag(members, np.bincount(owners, minlength=len(batch)))


def _grams(batch: pl.DataFrame, name: str, reading: Reading) -> tuple[alike.Numbers, alike.Hashes]:
    said = passages(batch, name)
    runs = runs_of(cut(said[TEXT], folded=reading.normalise), reading.size)
    return said[ROW].to_numpy().astype(np.int64)[runs.texts], runs.hashes


def _told_apart(hashes: alike.Hashes, number: int) -> alike.Hashes:
    """The same n-gram is another one in another column."""
    return mixed(hashes + np.uint64(number)) if number else hashes


def _whole(silent: pl.DataFrame, reading: Reading) -> alike.Hashes:
    """A member for each row without a word: its signs, or that there is no text at all."""
    signs = [said_in(pl.col(name), silent.schema[name]) for name in reading.texts]
    if reading.normalise:
        signs = [each.str.replace_all(r"\s+", " ").str.strip_chars() for each in signs]
    named = [each.alias(str(number)) for number, each in enumerate(signs)]
    return silent.select(pl.struct(named).hash()).to_series().to_numpy()


def facts_of(
    rows: pl.LazyFrame, reading: Reading, found: alike.Found, stays: alike.Numbers
) -> Mapping[str, Any]:
    """What people see: pairs, groups of two and more, and the first rows that fell with what they fell to.

    Args:
        rows: settled, with the columns of `reading`.
        stays: for each row the row of its group that stays.
    """
    fell = np.flatnonzero(stays != np.arange(len(stays)))
    sizes = np.bincount(found.groups.labels, minlength=1)
    return {
        "near": {
            "pairs": found.groups.links,
            "groups": int((sizes > 1).sum()),
            "examples": list(_examples(rows, reading, found, fell[:_EXAMPLES], stays)),
        }
    }


def _examples(
    rows: pl.LazyFrame, reading: Reading, found: alike.Found, fell: alike.Numbers, stays: alike.Numbers
) -> Iterator[dict[str, Any]]:
    texts = _shown(rows, reading, sorted({*fell.tolist(), *stays[fell].tolist()}))
    for row, share in zip(fell.tolist(), found.likeness(fell, stays[fell]).tolist(), strict=True):
        kept = int(stays[row])
        yield {"row": row, "fell": texts[row], "to": kept, "kept": texts[kept], "alike": round(share, 4)}


def _shown(rows: pl.LazyFrame, reading: Reading, numbers: list[int]) -> dict[int, str]:
    """What some rows say, shortened."""
    schema = rows.collect_schema()
    said = [said_in(pl.col(name), schema[name]).alias(name) for name in reading.texts]
    chosen = rows.select(said).with_row_index(ROW).filter(pl.col(ROW).is_in(numbers)).collect()
    return {
        row: " | ".join("" if each is None else each for each in texts)[:_EXAMPLE_LENGTH]
        for row, *texts in chosen.rows()
    }
