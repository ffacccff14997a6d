"""Values that are known before anything runs: constants, with the unit that they were written in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from recipedsl.language.values import SUFFIXES, Unit


class Sort(StrEnum):
    """What a constant is."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"
    NOTHING = "none"
    LIST = "list"
    MAP = "map"
    SECRET = "secret"
    UNKNOWN = "unknown"  # a problem was reported; nothing more is said about it


@dataclass(frozen=True, slots=True)
class Value:
    """A constant.

    Attributes:
        sort: what it is.
        data: int, float, str, bool, None, tuple of Values, or dict of Values; numbers in base units
            (seconds, bytes, fractions).
        unit: what a number measures.
        written: the text in the recipe, for messages.
    """

    sort: Sort
    data: Any
    unit: Unit = Unit.NONE
    written: str = ""

    @property
    def plain(self) -> Any:
        """The value without wrappers: lists and dicts of plain values."""
        if self.sort is Sort.LIST:
            return [each.plain for each in self.data]
        if self.sort is Sort.MAP:
            return {key: each.plain for key, each in self.data.items()}
        return self.data

    def describe(self) -> str:
        """What it is, for "found …": `the text "2"`, `the duration 3h`."""
        if self.sort is Sort.NUMBER:
            return f"the {_MEASURES[self.unit]} {self.written or self.data}"
        if self.sort is Sort.TEXT:
            return f'the text "{self.data}"'
        return _NOUNS.get(self.sort, "nothing")


_MEASURES = {Unit.NONE: "number", Unit.SHARE: "share", Unit.DURATION: "duration", Unit.BYTES: "size"}
_NOUNS = {
    Sort.FLAG: "true or false",
    Sort.NOTHING: "none",
    Sort.LIST: "a list",
    Sort.MAP: "a map",
    Sort.SECRET: "a secret",
}

UNKNOWN = Value(Sort.UNKNOWN, None)
NOTHING = Value(Sort.NOTHING, None)


def number_value(written: str) -> Value | None:
    """Reads a number with its unit; None when the suffix is none of the language's."""
    text = written.replace("_", "")
    for unit, suffixes in SUFFIXES.items():
        for suffix in sorted(suffixes, key=len, reverse=True):
            if suffix and text.endswith(suffix):
                amount = _number(text.removesuffix(suffix))
                if amount is not None:
                    return Value(Sort.NUMBER, _scaled(amount, suffixes[suffix], unit), unit, written)
    amount = _number(text)
    return None if amount is None else Value(Sort.NUMBER, amount, Unit.NONE, written)


def _number(text: str) -> int | float | None:
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return None


def _scaled(amount: float, factor: float, unit: Unit) -> int | float:
    if unit is Unit.SHARE:
        # Division keeps 5% the same float as 0.05, multiplication does not.
        return amount / 100
    scaled = amount * factor
    return int(scaled) if float(scaled).is_integer() and unit in (Unit.NONE, Unit.BYTES) else scaled


def of_python(data: Any) -> Value:
    """A plain Python value as a constant."""
    match data:
        case None:
            return NOTHING
        case bool():
            return Value(Sort.FLAG, data)
        case int() | float():
            return Value(Sort.NUMBER, data)
        case str():
            return Value(Sort.TEXT, data)
        case list() | tuple():
            return Value(Sort.LIST, tuple(of_python(each) for each in data))
        case _:
            return Value(Sort.MAP, {key: of_python(each) for key, each in data.items()})
