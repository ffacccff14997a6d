"""Values that are known before anything runs: constants, with the unit that they were written in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
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
        weight: how much it holds, in characters and items; see `MOST_WEIGHT`.
        is_share: whether a number without unit may be a share as well: `2 * 5%` is 10%, `50% * 2k` is 1k,
            and which of the two is meant shows where it is used.
    """

    sort: Sort
    data: Any
    unit: Unit = Unit.NONE
    written: str = ""
    weight: int = 1
    is_share: bool = False

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

    def sentence(self) -> str:
        """What it is, as the end of a sentence: `"2"` is text, `3h` is a duration."""
        if self.sort is Sort.TEXT:
            return f"`{_shortened(self.written or _quoted(self.data))}` is text"
        if self.sort is Sort.NUMBER:
            measure = "plain number" if self.unit is Unit.NONE else _MEASURES[self.unit]
            return f"`{self.written or self.data}` is a {measure}"
        if self.sort is Sort.FLAG:
            return f"`{'true' if self.data else 'false'}` is a truth value"
        return f"this is {_NOUNS.get(self.sort, 'nothing')}"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _shortened(written: str, most: int = 40) -> str:
    first = written.split("\n", 1)[0]
    return first if first == written and len(written) <= most else f"{first[:most]}…"


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

#: Whole numbers beyond are no 64-bit integers, which is what rows and libraries hold.
MOST_WHOLE = 2**63 - 1

#: Most that a value may hold: doubling a text forty times takes a line each, and a terabyte.
MOST_WEIGHT = 5_000_000

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def text_value(text: str, written: str = "") -> Value:
    """A text."""
    return Value(Sort.TEXT, text, written=written, weight=1 + len(text))


def list_value(items: Iterable[Value]) -> Value:
    """A list of values."""
    found = tuple(items)
    return Value(Sort.LIST, found, weight=1 + sum(each.weight for each in found))


def map_value(entries: dict[str, Value]) -> Value:
    """A map of values."""
    weight = 1 + sum(len(key) + each.weight for key, each in entries.items())
    return Value(Sort.MAP, entries, weight=weight)


def is_too_large(number: float) -> bool:
    """Whether a number is beyond what a row or a library holds."""
    return not math.isfinite(number) or (isinstance(number, int) and abs(number) > MOST_WHOLE)


def holds(value: Value, *sorts: Sort) -> bool:
    """Whether it or something inside it is of one of these sorts."""
    if value.sort in sorts:
        return True
    inner = value.data.values() if value.sort is Sort.MAP else value.data if value.sort is Sort.LIST else ()
    return any(holds(each, *sorts) for each in inner)


def number_value(written: str) -> Value | None:
    """Reads a number with its unit; None when the suffix is none of the language's.

    One beyond 64 bits comes as a float, infinity if need be, see `is_too_large`.
    """
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
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return int(text) if text.lstrip("-").isdigit() and abs(number) < MOST_WHOLE else number


def _scaled(amount: float, factor: float, unit: Unit) -> int | float:
    if unit is Unit.SHARE:
        # Division keeps 5% the same float as 0.05, multiplication does not.
        return amount / 100
    scaled = amount * factor
    whole = unit in (Unit.NONE, Unit.BYTES) and float(scaled).is_integer() and abs(scaled) < MOST_WHOLE
    return int(scaled) if whole else scaled
