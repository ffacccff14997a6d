"""The texts of rows: which columns hold them, and what they say when case and white space do not count."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from recipedsl.data.functions.words import folded
from recipedsl.data.steps.texts import said_in, spoken_fields
from recipedsl.language.shapes import SHAPE_COLUMNS, Shape

#: Texts with fewer words than this are names and labels: they repeat in any dataset.
_WORDS_OF_PROSE = 3
#: Rows that tell prose from labels.
_ASKED = 1_000


def speaks(dtype: pl.DataType) -> bool:
    """Whether a column holds texts or messages; lists of labels do not."""
    return dtype == pl.String or bool(spoken_fields(dtype))


def texts_of(frame: pl.LazyFrame, shape: Shape) -> tuple[str, ...]:
    """The columns that say what a row is about: those of its shape, else those that hold prose."""
    schema = frame.collect_schema()
    shaped = tuple(name for name in SHAPE_COLUMNS[shape] if name in schema and speaks(schema[name]))
    return shaped or prose_of(frame)


def prose_of(frame: pl.LazyFrame) -> tuple[str, ...]:
    """The columns of messages, and those of texts whose median has some words."""
    schema = frame.collect_schema()
    speaking = [name for name, dtype in schema.items() if speaks(dtype)]
    if not speaking:
        return ()
    words = [said_in(pl.col(name), schema[name]).str.count_matches(r"\S+").alias(name) for name in speaking]
    middle = frame.head(_ASKED).select(words).select(pl.all().median()).collect().row(0)
    told = dict(zip(speaking, middle, strict=True))
    return tuple(
        name
        for name in speaking
        if schema[name] != pl.String or (told[name] is not None and told[name] >= _WORDS_OF_PROSE)
    )


def measured(value: pl.Expr, dtype: pl.DataType, measure: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """A measure of each text, summed over all that is said in a row: Int64, null where the column is null.

    Args:
        value: a column of texts, messages, or one message.
        dtype: its type.
        measure: of one text, such as its characters.
    """
    if dtype == pl.String:
        return measure(value).cast(pl.Int64)
    if isinstance(dtype, pl.Struct):
        return _of_message(value, dtype, measure)
    sizes = value.list.eval(_of_message(pl.element(), dtype, measure)).list.sum()
    return pl.when(value.is_not_null()).then(sizes)


def _of_message(message: pl.Expr, dtype: pl.DataType, measure: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    sizes = [measure(message.struct.field(name)).cast(pl.Int64).fill_null(0) for name in spoken_fields(dtype)]
    return pl.sum_horizontal(sizes)


def characters(text: pl.Expr) -> pl.Expr:
    """Code points."""
    return text.str.len_chars()


def words(text: pl.Expr) -> pl.Expr:
    """Runs without white space."""
    return text.str.count_matches(r"\S+")


def normalised(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """All that is said, without what case and white space tell apart; as `dedup` compares it."""
    return folded(said_in(value, dtype))
