"""Functions that Polars has no expression for: Python over one text after the other, still streamed."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import polars as pl


def each(text: pl.Expr, function: Callable[[str], Any], type_: pl.DataType) -> pl.Expr:
    """A function of one text, for every text; null stays null."""

    def run(texts: pl.Series) -> pl.Series:
        found = [None if text is None else function(text) for text in texts]
        return pl.Series(texts.name, found, dtype=type_)

    return text.map_batches(run, return_dtype=type_, is_elementwise=True)


def parsed(text: pl.Expr, function: Callable[[str], bool | None]) -> pl.Expr:
    """The same for what parses.

    How deeply a text may be nested depends on the stack that is left, so that every batch begins a
    stack of its own: the same text has the same answer wherever it stands.
    """

    def run(texts: pl.Series) -> pl.Series:
        return pl.Series(texts.name, _on_new_stack(texts.to_list(), function), dtype=pl.Boolean)

    return text.map_batches(run, return_dtype=pl.Boolean(), is_elementwise=True)


def both_parsed(text: pl.Expr, other: pl.Expr, function: Callable[[tuple[str, str]], bool | None]) -> pl.Expr:
    """The same for two texts of a row."""

    def run(rows: pl.Series) -> pl.Series:
        pairs = zip(rows.struct.field("text"), rows.struct.field("other"), strict=True)
        given = [None if None in pair else pair for pair in pairs]
        return pl.Series(rows.name, _on_new_stack(given, function), dtype=pl.Boolean)

    pair = pl.struct(text.alias("text"), other.alias("other"))
    return pair.map_batches(run, return_dtype=pl.Boolean(), is_elementwise=True)


def _on_new_stack(given: list[Any], function: Callable[[Any], bool | None]) -> list[bool | None]:
    found: list[bool | None] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            found.extend(None if value is None else function(value) for value in given)
        except BaseException as error:  # handed to the thread that waits
            errors.append(error)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return found
