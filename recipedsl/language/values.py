"""Types of settings: what may stand on the right of `key =`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Unit(StrEnum):
    """What a number measures. A suffix belongs to exactly one of them."""

    NONE = "none"
    SHARE = "share"
    DURATION = "duration"
    BYTES = "bytes"


#: Factor of every suffix, by what it measures. Durations are seconds, shares are fractions.
SUFFIXES: dict[Unit, dict[str, float]] = {
    Unit.NONE: {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20},
    Unit.SHARE: {"%": 0.01},
    Unit.DURATION: {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400},
    Unit.BYTES: {
        "B": 1,
        "KB": 1e3,
        "MB": 1e6,
        "GB": 1e9,
        "TB": 1e12,
        "KiB": 2**10,
        "MiB": 2**20,
        "GiB": 2**30,
    },
}


class Wants(StrEnum):
    """What sort of value a setting wants."""

    WHOLE = "whole number"
    NUMBER = "number"
    SHARE = "share"
    DURATION = "duration"
    BYTES = "size"
    TEXT = "text"
    FILE = "file"  # of the project: `file("chat.jinja")`
    FLAG = "true or false"
    CHOICE = "choice"
    LIST = "list"
    MAP = "map"
    NAME = "name"  # of a declaration
    CONCEPT = "concept"  # of a family: `lora(rank = 8)`, `cosine`
    ROW = "value of the row"  # an expression over columns
    EXPRESSION = "expression"  # over scores, checked by the rules of rewards or metrics


@dataclass(frozen=True, slots=True)
class ValueType:
    """What values a setting takes.

    Attributes:
        wants: sort of value.
        low, high: bounds of a number, inclusive; None where open. `low` of a list: fewest items.
        choices: members of a choice.
        families: families of the catalogue for a concept; kinds of declarations for a name; what a
            value of the row is (`text`, `number`), anything when empty.
        item: what the items of a list are.
        optional: whether `none` is allowed.
        also: another sort that is taken too (`warmup = 3%` or `warmup = 100`).
        above: bound that a number has to exceed.
    """

    wants: Wants
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    item: ValueType | None = None
    optional: bool = False
    also: ValueType | None = None
    above: float | None = None


def whole(low: float | None = None, high: float | None = None, *, optional: bool = False) -> ValueType:
    """A whole number: `16`, `2k`, `2Ki`."""
    return ValueType(Wants.WHOLE, low, high, optional=optional)


def number(
    low: float | None = None,
    high: float | None = None,
    *,
    above: float | None = None,
    optional: bool = False,
) -> ValueType:
    """A number: `0.1`, `2e-4`."""
    return ValueType(Wants.NUMBER, low, high, optional=optional, above=above)


def share(
    low: float = 0.0, high: float = 1.0, *, above: float | None = None, optional: bool = False
) -> ValueType:
    """A share of something: `5%`; 1 means all."""
    return ValueType(Wants.SHARE, low, high, optional=optional, above=above)


def duration(*, optional: bool = False) -> ValueType:
    """A time, not nothing: `10s`, `3h`; seconds inside."""
    return ValueType(Wants.DURATION, above=0, optional=optional)


def size(*, optional: bool = False) -> ValueType:
    """An amount of memory, not nothing: `80GB`; bytes inside."""
    return ValueType(Wants.BYTES, above=0, optional=optional)


def text(*, optional: bool = False) -> ValueType:
    """A string."""
    return ValueType(Wants.TEXT, optional=optional)


def file(*, optional: bool = False) -> ValueType:
    """A file of the project: `file("chat.jinja")`, or its path alone; the path inside."""
    return ValueType(Wants.FILE, optional=optional)


def flag() -> ValueType:
    """`true` or `false`."""
    return ValueType(Wants.FLAG)


def one_of(*members: str, optional: bool = False) -> ValueType:
    """A bare name out of a fixed set."""
    return ValueType(Wants.CHOICE, choices=members, optional=optional)


def several(item: ValueType, *, least: int = 0, optional: bool = False) -> ValueType:
    """A list of `least` items or more; a single value stands for a list of one."""
    return ValueType(Wants.LIST, least, item=item, optional=optional)


def mapping(*, optional: bool = False) -> ValueType:
    """`{ key: value }`, values of any plain type."""
    return ValueType(Wants.MAP, optional=optional)


def name_of(*kinds: str, optional: bool = False) -> ValueType:
    """The name of a declaration of one of these kinds (`model`, `stage`, `data`)."""
    return ValueType(Wants.NAME, families=kinds, optional=optional)


def concept(*families: str, optional: bool = False) -> ValueType:
    """A use of a concept of a family, with or without parentheses."""
    return ValueType(Wants.CONCEPT, families=families, optional=optional)


def row_value(*kinds: str, optional: bool = False) -> ValueType:
    """An expression over the columns of a row, of these kinds (`text`, `number`): `lower(answer)`."""
    return ValueType(Wants.ROW, families=kinds, optional=optional)


def expression(*families: str, optional: bool = False) -> ValueType:
    """An expression over concepts of these families (a reward, metrics, columns)."""
    return ValueType(Wants.EXPRESSION, families=families, optional=optional)


def either(first: ValueType, second: ValueType) -> ValueType:
    """Takes the one or the other."""
    return replace(first, also=second)
