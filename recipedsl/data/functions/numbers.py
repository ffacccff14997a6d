"""Lowering of functions of numbers and dates."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

import polars as pl

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def ratio(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole == 0).then(pl.when(part.is_not_null()).then(0.0)).otherwise(part / whole)


def rounded(number: pl.Expr, digits: int = 0) -> pl.Expr:
    exact = number.cast(pl.Float64)
    if digits >= 0:
        return exact.round(digits, mode="half_away_from_zero")
    return (exact / 10.0**-digits).round(0, mode="half_away_from_zero") * 10.0**-digits


def floor(number: pl.Expr) -> pl.Expr:
    return number.floor().cast(pl.Int64)


def stable_hash(value: pl.Expr) -> pl.Expr:
    """Own hash: Polars' is not kept stable across its versions."""
    return value.cast(pl.String).map_batches(_hash_series, return_dtype=pl.Int64, is_elementwise=True)


def _hash_series(texts: pl.Series) -> pl.Series:
    found = [None if text is None else hash_of(text) for text in texts]
    return pl.Series(texts.name, found, dtype=pl.Int64)


def hash_of(text: str) -> int:
    """First eight bytes of BLAKE2b, big-endian, without the sign bit: 0 to 2^63 - 1."""
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") & 0x7FFF_FFFF_FFFF_FFFF


def number(text: pl.Expr) -> pl.Expr:
    """Polars alone would take `inf` and `nan` too."""
    trimmed = text.cast(pl.String).str.strip_chars()
    return pl.when(trimmed.str.contains(_NUMBER)).then(trimmed).cast(pl.Float64, strict=False)


def _date(value: pl.Expr) -> pl.Expr:
    """A date, or the date that a text begins with: written out, both look the same."""
    return value.cast(pl.String).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {
    "ratio": ratio,
    "round": rounded,
    "abs": lambda number: number.abs(),
    "floor": floor,
    "min": pl.min_horizontal,
    "max": pl.max_horizontal,
    "hash": stable_hash,
    "number": number,
    "year": lambda date: _date(date).dt.year().cast(pl.Int64),
    "month": lambda date: _date(date).dt.month().cast(pl.Int64),
}
