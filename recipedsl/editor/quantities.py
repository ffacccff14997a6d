"""What a number with a unit comes to, in words: `2Ki` is 2,048, `3h` is 10,800 seconds."""

from __future__ import annotations

from decimal import Decimal

from recipedsl.language.values import Unit
from recipedsl.semantics.values import Sort, Value, number_value

_MEASURES = {Unit.DURATION: " seconds", Unit.BYTES: " bytes"}


def resolved(written: str) -> str:
    """The number that a text with a suffix means; empty where the text says it already."""
    value = number_value(written)
    if value is None or value.sort is not Sort.NUMBER:
        return ""
    plain = plain_number(value)
    return "" if plain.replace(",", "") == written.replace("_", "") else plain


def _decimals(number: float) -> str:
    """A fraction without an exponent, where its zeros can still be counted."""
    return f"{Decimal(repr(number)):f}" if abs(number) >= _SMALLEST else f"{number:g}"


#: Numbers below are read more easily with an exponent.
_SMALLEST = 1e-7


def plain_number(value: Value) -> str:
    """A number in base units: `2,048`, `0.05`, `10,800 seconds`."""
    number = value.data
    if value.unit is Unit.SHARE:
        return f"{number:g}"
    shown = f"{number:,}" if isinstance(number, int) or float(number).is_integer() else _decimals(number)
    return shown.removesuffix(".0") + _MEASURES.get(value.unit, "")
