"""Lowering of `record.part` and `list[index]`.

A value of unknown type is kept as text: a text as it is, anything else as JSON. Its parts are taken
from that JSON and kept the same way.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import polars as pl

from recipedsl.data.reading.values import to_json_text


def field(value: pl.Expr, name: str) -> pl.Expr:
    return value.struct.field(name)


def item(value: pl.Expr, index: int) -> pl.Expr:
    return value.list.get(index, null_on_oob=True)


def field_of_json(value: pl.Expr, name: str) -> pl.Expr:
    return _picked(value, lambda whole: whole.get(name) if isinstance(whole, dict) else None)


def item_of_json(value: pl.Expr, index: int) -> pl.Expr:
    def pick(whole: Any) -> Any:
        inside = isinstance(whole, list) and -len(whole) <= index < len(whole)
        return whole[index] if inside else None

    return _picked(value, pick)


def _picked(value: pl.Expr, pick: Callable[[Any], Any]) -> pl.Expr:
    def run(texts: pl.Series) -> pl.Series:
        found = [None if text is None else _kept(pick(_read(text))) for text in texts]
        return pl.Series(texts.name, found, dtype=pl.String)

    return value.map_batches(run, return_dtype=pl.String(), is_elementwise=True)


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # a plain text, which has no parts


def _kept(part: Any) -> str | None:
    return part if part is None or isinstance(part, str) else to_json_text(part)


FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {"field": field, "item": item}

#: The same for values that are kept as text.
OF_JSON: dict[str, Callable[..., pl.Expr]] = {"field": field_of_json, "item": item_of_json}
