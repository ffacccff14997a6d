"""Lowering of functions of conversations."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl


def _part(messages: pl.Expr, index: int, name: str) -> pl.Expr:
    return messages.list.get(index, null_on_oob=True).struct.field(name)


FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {
    "turns": lambda messages: messages.list.len().cast(pl.Int64),
    "role": lambda messages, index: _part(messages, index, "role"),
    "content": lambda messages, index: _part(messages, index, "content"),
}
