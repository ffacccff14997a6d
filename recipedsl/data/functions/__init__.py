"""Functions of expressions as Polars expressions, by keyword."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from recipedsl.data.functions import (
    aggregates,
    code,
    conversations,
    languages,
    lists,
    numbers,
    operators,
    pairs,
    parts,
    quality,
    text,
)

#: What a function of the catalogue becomes. Arguments are expressions, or plain values where the
#: catalogue says that they are constant; settings come by name.
FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {
    **operators.FUNCTIONS,
    **parts.FUNCTIONS,
    **text.FUNCTIONS,
    **numbers.FUNCTIONS,
    **lists.FUNCTIONS,
    **conversations.FUNCTIONS,
    **code.FUNCTIONS,
    **languages.FUNCTIONS,
    **quality.FUNCTIONS,
    **pairs.FUNCTIONS,
    **aggregates.FUNCTIONS,
}
