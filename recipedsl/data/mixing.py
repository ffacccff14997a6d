"""Rows of several datasets by shares: drawn up to a size, or all in turn.

Both decide first, in whole numbers, which row of which dataset stands where; then the rows are put
there. The rows of a dataset keep their order, and every beginning of the result holds the shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.concat import concatenated
from recipedsl.data.draw import apportioned, scores
from recipedsl.data.problems import mistake
from recipedsl.data.turns import turns, until_all_exhausted, until_all_once, until_first_exhausted
from recipedsl.diagnostics.codes.data_mixtures import TooFewRows
from recipedsl.plan.model import InterleaveSource, MixSource

_ROW = "_recipedsl_row"
_PLACE = "_recipedsl_place"
_UNTIL = {
    "first_exhausted": until_first_exhausted,
    "all_exhausted": until_all_exhausted,
    "all_once": until_all_once,
}

Numbers = npt.NDArray[np.int64]
Drawn = dict[str, str | int]


@dataclass(frozen=True)
class Mixture:
    """Several datasets as one.

    Attributes:
        frame: the rows, in their order.
        rows: how many.
        whole: all rows of all datasets, one dataset after another.
        of: how many these are.
        order: numbers of the mixture's rows in `whole`.
        drawn: for each dataset how many of them came from it, and how many rows it has.
    """

    frame: pl.LazyFrame
    rows: int
    whole: pl.LazyFrame
    of: int
    order: Numbers
    drawn: tuple[Drawn, ...]


def mixture(source: MixSource | InterleaveSource, frames: Sequence[pl.LazyFrame]) -> Mixture:
    """The rows of `frames`, which are those of the source's portions, in the order that it asks for.

    Raises:
        RecipeError: when a dataset is empty or lacks rows, or a column has types without a common one.
    """
    names = [str(each.input) for each in source.portions]
    sizes = [int(each.collect().item()) for each in (frame.select(pl.len()) for frame in frames)]
    _check_not_empty(source, names, sizes)
    if isinstance(source, MixSource):
        counts = _counts(source, names, sizes)
        rows = [
            _chosen(*each, source.seed + place) for place, each in enumerate(zip(counts, sizes, strict=True))
        ]
        order = _spread(counts)
    else:
        order = _UNTIL[source.until]([each.share for each in source.portions], sizes)
        counts = np.bincount(order, minlength=len(sizes)).tolist()
        # A dataset that ran out starts again.
        rows = [np.arange(count) % size for count, size in zip(counts, sizes, strict=True)]
    numbers = np.empty(len(order), np.int64)
    for place, first in enumerate(np.cumsum([0, *sizes[:-1]])):
        numbers[order == place] = first + rows[place]
    placed, whole = _placed(names, frames, rows, order), concatenated(names, frames)
    return Mixture(placed, len(order), whole, sum(sizes), numbers, _told(names, counts, sizes))


def _told(names: Sequence[str], counts: Sequence[int], sizes: Sequence[int]) -> tuple[Drawn, ...]:
    told = zip(names, counts, sizes, strict=True)
    return tuple({"dataset": name, "rows": count, "of": size} for name, count, size in told)


def _check_not_empty(
    source: MixSource | InterleaveSource, names: Sequence[str], sizes: Sequence[int]
) -> None:
    for portion, name, size in zip(source.portions, names, sizes, strict=True):
        if not size:
            message = f"`{name}` has no rows, and {_percent(portion.share)} of the rows come from it"
            raise mistake(TooFewRows, message, helps=f"leave `{name}` out, or see what its steps drop")


def _counts(source: MixSource, names: Sequence[str], sizes: Sequence[int]) -> list[int]:
    """How many rows of each dataset the mixture takes."""
    shares = [each.share for each in source.portions]
    allowed = [_allowed(size, share) for size, share in zip(sizes, shares, strict=True)]
    rows = source.rows or min(allowed)
    if source.fewer:
        rows = min(rows, *allowed)
    counts = apportioned(rows, shares)
    lacking = [place for place, count in enumerate(counts) if count > sizes[place]]
    if lacking and not source.repeat:
        scarcest = min(lacking, key=allowed.__getitem__)
        raise _too_few(
            f"`{names[scarcest]}` has {sizes[scarcest]:,} rows, and {_percent(shares[scarcest])} "
            f"of {rows:,} rows are {counts[scarcest]:,}",
            min(allowed),
        )
    return counts


def _allowed(size: int, share: float) -> int:
    """Rows of a mixture in which a dataset of this size has this share."""
    # 7 rows at 70% allow 10, whatever the last digit of a float.
    return int(size / share * (1 + 1e-12))


def _too_few(message: str, allowed: int) -> Exception:
    helps = f"leave `rows` out, which gives {allowed:,}, or let rows stand several times: `repeat = true`"
    return mistake(TooFewRows, message, helps=helps)


def _percent(share: float) -> str:
    return f"{100 * share:.6g}%"


def _chosen(count: int, size: int, seed: int) -> Numbers:
    """Numbers of `count` rows, in order: all of them as often as they go into it, and a seeded draw."""
    whole, rest = divmod(count, size)
    drawn = np.sort(np.argsort(scores(size, seed))[:rest])
    return np.concatenate([np.tile(np.arange(size), whole), drawn])


def _spread(counts: Sequence[int]) -> Numbers:
    """Turns in which each dataset comes as often as its count says; a small share may have come to none."""
    taken = [place for place, count in enumerate(counts) if count]
    order = turns([counts[each] for each in taken], sum(counts)) if taken else np.zeros(0, np.int64)
    return np.array(taken, np.int64)[order]


def _placed(
    names: Sequence[str], frames: Sequence[pl.LazyFrame], rows: Sequence[Numbers], order: Numbers
) -> pl.LazyFrame:
    """Row `rows[k][j]` of dataset k where it has its turn number j."""
    parts = []
    for place, (frame, numbers) in enumerate(zip(frames, rows, strict=True)):
        asked = pl.LazyFrame({_ROW: numbers, _PLACE: np.flatnonzero(order == place)})
        wanted = asked.with_columns(pl.col(_ROW).cast(pl.get_index_type()))
        parts.append(frame.with_row_index(_ROW).join(wanted, on=_ROW, how="inner").drop(_ROW))
    return concatenated(names, parts).sort(_PLACE).drop(_PLACE)
