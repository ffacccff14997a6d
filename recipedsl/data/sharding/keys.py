"""What each step decides by: the row alone, a few columns of all rows, or all rows together.

A step that decides by columns is carried out by the engine itself, over those columns and the number of
each row; which rows stay, and in which order, are the numbers that come out.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from recipedsl.data.reading.parquet import json_series
from recipedsl.language.expressions import columns_of
from recipedsl.plan.model import StepSpec

#: Number of a row among all rows, in what is decided by.
NUMBER = "_recipedsl_shard_row"


@dataclass(frozen=True)
class Keys:
    """What a decision over all rows needs to know of each.

    Attributes:
        columns: that it reads.
        apart: columns such that rows which differ in any of them have nothing to do with each other, so
            that they may be decided by different workers; none where one worker has to see all keys.
    """

    columns: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()


Reach = Callable[[StepSpec, pl.Schema], Keys | None]


def _row(_step: StepSpec, _schema: pl.Schema) -> None:
    """Looks at one row at a time.

    `join` and `decontaminate` look at one beside those of another dataset, which every worker reads.
    """


def _dedup(step: StepSpec, schema: pl.Schema) -> Keys:
    named = step.columns or tuple(schema.names())
    # The longest row is that with most characters over all its columns.
    told = (name for each in step.expressions.values() for name in columns_of(each))
    columns = tuple(dict.fromkeys((*named, *told)))
    columns = tuple(schema.names()) if step.settings.get("keep") == "longest" else columns
    return Keys(columns, () if is_near(step) else named)


def _take(step: StepSpec, schema: pl.Schema) -> Keys:
    plain = not any(schema[name].is_nested() for name in step.by)
    return Keys(step.by, step.by if plain else ())


def _by(step: StepSpec, _schema: pl.Schema) -> Keys:
    """Draws by the number of the row or by what all rows say, so that those of all rows have to be seen."""
    together = step.settings.get("group")
    return Keys(tuple(dict.fromkeys([*step.by, *([together] if together else [])])))


def _expressions(step: StepSpec, _schema: pl.Schema) -> Keys:
    read = (name for each in step.expressions.values() for name in columns_of(each))
    return Keys(tuple(dict.fromkeys(read)))


#: By keyword; one that is not here is carried out over all rows by one worker.
REACH: dict[str, Reach] = {
    "where": _row,
    "derive": _row,
    "select": _row,
    "drop": _row,
    "rename": _row,
    "explode": _row,
    "redact": _row,
    "join": _row,
    "as": _row,
    "decontaminate": _row,
    "dedup": _dedup,
    "take": _take,
    "sample": _by,
    "split": _by,
    "spread": _by,
    "shuffle": _by,
    "repeat": _by,
    "sort": _expressions,
    "expect": _expressions,
}


#: Writes a list of rows beside the rows, in which those of a step stand together.
_LISTS = frozenset({"decontaminate"})


def is_apart(step: StepSpec) -> bool:
    """Whether a step looks at one row at a time."""
    return REACH.get(step.keyword) is _row


def is_near(step: StepSpec) -> bool:
    """Whether a step looks for near duplicates, see `likeness`."""
    return step.keyword == "dedup" and step.settings.get("near") is not None


def stretches(steps: Iterable[StepSpec]) -> Iterator[tuple[StepSpec, ...]]:
    """The steps in their order, those together that rows are taken through in one go."""
    for alone, group in groupby(steps, lambda step: not is_apart(step) or step.keyword in _LISTS):
        these = tuple(group)
        yield from [(step,) for step in these] if alone else [these]


def explicit(step: StepSpec, schema: pl.Schema) -> StepSpec:
    """The step such that a column beside the rows' own changes nothing: `dedup` means all columns."""
    if step.keyword == "dedup" and not step.columns:
        return step.model_copy(update={"columns": tuple(schema.names())})
    return step


def buckets(rows: pl.DataFrame, columns: Sequence[str], count: int) -> pl.Series:
    """Number below `count` for each row; rows that agree in the columns have the same.

    Texts that differ in case and white space alone have the same, too: they may count as equal. The hash
    is CRC-32, which is the same on every machine; that of Polars depends on the processor.
    """
    texts = rows.select(
        pl.concat_str(
            [_coarse(name, rows.schema[name]) for name in columns], separator="\x1f", ignore_nulls=True
        )
    ).to_series()
    return pl.Series([zlib.crc32(text.encode()) % count for text in texts], dtype=pl.Int64)


def _coarse(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_nested():
        column = column.map_batches(json_series, return_dtype=pl.String(), is_elementwise=True)
    elif dtype.is_float():
        column = pl.when(column == 0).then(0.0).otherwise(column)  # -0.0 equals 0.0
    return column.cast(pl.String).str.to_lowercase().str.replace_all(r"\s+", "")
