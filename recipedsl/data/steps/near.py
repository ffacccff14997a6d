"""Rows as bags of n-grams, and the groups of those that are nearly the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.draw import mixed
from recipedsl.data.functions.words import single_spaced
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
    return [_bag(batch, reading) for batch in in_batches(rows.select(*reading.texts, *reading.others))]


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
        others = [_one_zero(pl.col(name), batch.schema[name]) for name in reading.others]
        members = mixed(members ^ mixed(_hashed(batch, others))[owners])
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
        signs = [single_spaced(each).str.strip_chars() for each in signs]
    return _hashed(silent, signs)


def _hashed(rows: pl.DataFrame, values: Iterable[pl.Expr]) -> alike.Hashes:
    """A number for each row, the same where all values are, null among them; the same on every machine."""
    texts = rows.select(pl.concat_str(map(_lengthened, values)).alias(TEXT)).to_series()
    found = [int.from_bytes(blake2b(each.encode(), digest_size=8).digest(), "little") for each in texts]
    return np.array(found, np.uint64)


def _one_zero(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return pl.when(value == 0).then(0.0).otherwise(value) if dtype.is_float() else value  # -0.0 equals 0.0


def _lengthened(value: pl.Expr) -> pl.Expr:
    """A value as text that nothing behind it can be taken for a part of."""
    text = value.cast(pl.String)
    return pl.format("{}:{}", text.str.len_bytes(), text).fill_null("-")


# --- which row stays, and what people see -------------------------------------------------------------


def stays_of(labels: alike.Numbers, keep: str, worth: npt.NDArray[Any] | None) -> alike.Numbers:
    """For each row the row of its group that stays.

    Args:
        labels: for each row the lowest number of a row of its group.
        keep: `first`, `last`, `longest` or `best` (of equal ones the first).
        worth: of the rows, for the last two: the largest stays.
    """
    numbers = np.arange(len(labels))
    ranks = -numbers if keep == "last" else numbers if worth is None else -worth
    order = np.lexsort((numbers, ranks, labels))
    grouped = labels[order]
    begins = np.concatenate([[True], grouped[1:] != grouped[:-1]])[: len(order)]
    best = np.empty(len(labels), np.int64)
    best[grouped[begins]] = order[begins]
    return best[labels]


@dataclass(frozen=True)
class Fallen:
    """The first rows that fell, ascending, and those that they fell to."""

    rows: alike.Numbers
    to: alike.Numbers

    @classmethod
    def of(cls, stays: alike.Numbers) -> Fallen:
        """Those that are shown; `stays` has for each row the row of its group that stays."""
        fell = np.flatnonzero(stays != np.arange(len(stays)))[:_EXAMPLES]
        return cls(fell, stays[fell])

    @property
    def numbers(self) -> alike.Numbers:
        """Of all rows that are needed to show them, ascending."""
        return np.unique(np.concatenate([self.rows, self.to]))


def facts_of(labels: alike.Numbers, examples: list[dict[str, Any]]) -> dict[str, Any]:
    """What people see: groups of two and more, rows that are in them, and the first rows that fell."""
    sizes = np.bincount(labels, minlength=1)
    sizes = sizes[sizes > 1]
    return {"near": {"groups": len(sizes), "rows": int(sizes.sum()), "examples": examples}}


def examples(rows: pl.DataFrame, reading: Reading, fallen: Fallen) -> list[dict[str, Any]]:
    """The first rows that fell, with those that they fell to, and how alike the two are.

    Args:
        rows: those of `fallen.numbers`, with the columns of `reading`.
        reading: how they are compared.
        fallen: which of them fell to which.
    """
    texts = list(_shown(rows, reading))
    sets = alike.together(map(alike.sets_of, bags_of(rows.lazy(), reading)))
    fell, kept = (np.searchsorted(fallen.numbers, each) for each in (fallen.rows, fallen.to))
    shares = sets.likeness(fell, kept).tolist()
    return [
        {"row": row, "fell": texts[one], "to": to, "kept": texts[other], "alike": round(share, 4)}
        for row, to, one, other, share in zip(
            fallen.rows.tolist(), fallen.to.tolist(), fell.tolist(), kept.tolist(), shares, strict=True
        )
    ]


def _shown(rows: pl.DataFrame, reading: Reading) -> Iterator[str]:
    """What rows say, shortened."""
    said = rows.select(said_in(pl.col(name), rows.schema[name]).alias(name) for name in reading.texts)
    for texts in said.rows():
        yield " | ".join("" if each is None else each for each in texts)[:_EXAMPLE_LENGTH]
