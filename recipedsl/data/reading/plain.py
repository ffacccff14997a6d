"""Lines of JSON that mean the same to Polars and to the strict reader: told by regular expressions.

Polars' own JSON reader is many times faster than Python, and lenient: a number in a text column becomes
text, a key that nobody declared is dropped, of a key that stands twice the first one counts, half a
surrogate pair becomes another character. None of that can happen in a line of the plain form: every key
once and in an order that was seen, every value in the JSON form of its column's type and within its
limits. Whether a line is plain one regular expression over the whole of it decides, which Polars runs
at some 500 MB a second on each core. A line that is not plain may be as good; it is read in Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import polars as pl

from recipedsl.data.reading.inference import finished, merged, type_of_value
from recipedsl.data.reading.records import json_line
from recipedsl.language.types import ANY, Field, Kind, RowType, Type

_SPACE = r"[ \t]*"
_COMMA = f"{_SPACE},{_SPACE}"
#: Whole characters only: an escaped surrogate stands before its other half.
_TEXT = (
    r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u(?:[0-9a-ce-fA-CE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}'
    r'|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))*"'
)
#: Without -0, and with so few digits that 64 bits hold it.
_INT = r"(?:0|-?[1-9][0-9]{0,17})"
#: Ints that a float holds to the digit, and numbers whose exponent leads nowhere near infinity.
_FLOAT = (
    r"(?:0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,40}(?:[eE][+-]?[0-9]{1,2})?"
    r"|[eE][+-]?[0-9]{1,2}))"
)
#: Dates that every calendar has: the 29th of February is left to Python.
_DATE = (
    r'"[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])'
    r'|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"'
)
#: How values of a type are usually written in JSON.
FORMS: dict[Kind, str] = {
    Kind.TEXT: _TEXT,
    Kind.INT: _INT,
    Kind.FLOAT: _FLOAT,
    Kind.BOOL: "(?:true|false)",
    Kind.DATE: _DATE,
    Kind.ANY: _TEXT,  # of unknown type: a text stays as it is, and all else is made JSON text in Python
    Kind.RECORD: _TEXT,  # a record of which nothing is known, likewise
}
_BLANK = r"^[ \t\r]*$"
_NOTHING = "[a&&b]"
_MOST_ORDERS = 6  # of keys in one record
_MOST_KINDS = 4  # of rows, by the keys that nobody declared
_DEEPEST = 12  # records and lists in each other
_SAMPLE = 400  # lines that orders are learnt from

#: Name of the column of `Plain.judged`, and what it holds beside places of forms.
KIND = "_recipedsl_kind"
BLANK = -2
UNPROVEN = -1

Keys = tuple[str, ...]


@dataclass
class Orders:
    """In which orders the keys of records were seen, by the path of the record.

    One order stands for all that leave out some of its keys.
    """

    found: dict[str, list[Keys]] = field(default_factory=dict)

    def learn(self, value: Any, type_: Type, path: str = "") -> None:
        """Takes in the orders of a value of this type, and of the records inside it."""
        if isinstance(value, list) and type_.kind is Kind.LIST:
            for each in value:
                self.learn(each, type_.item or ANY, f"{path}[]")
        elif isinstance(value, dict) and type_.fields:
            self._note(path, tuple(value))
            for each in type_.fields:
                self.learn(value.get(each.name), each.type, f"{path}.{each.name}")

    def _note(self, path: str, keys: Keys) -> None:
        orders = self.found.setdefault(path, [])
        for place, order in enumerate(orders):
            together = _woven(order, keys)
            if together is not None:
                orders[place] = together
                return
        if len(orders) < _MOST_ORDERS:
            orders.append(keys)

    def of(self, path: str, known: frozenset[str]) -> list[Keys]:
        """Orders of one record, of which a key is left out that its type does not have."""
        return [order for order in self.found.get(path, []) if known.issuperset(order)]


def _woven(one: Keys, other: Keys) -> Keys | None:
    """One order that both are parts of and that begins as both do; None when there is none."""
    if one[:1] != other[:1] or [key for key in one if key in other] != [key for key in other if key in one]:
        return None
    woven: list[str] = []
    rest = list(one)
    for key in other:
        if key in rest:
            passed = rest.index(key) + 1
            woven += rest[:passed]
            rest = rest[passed:]
        else:
            woven.append(key)
    return (*woven, *rest)


@dataclass(frozen=True)
class Form:
    """Lines of one kind.

    Attributes:
        pattern: what they match as a whole.
        strangers: keys in each of them that nobody declared.
        loose: whether a column may be null, or missing, that its type does not allow to be.
    """

    pattern: str
    strangers: Keys
    loose: bool = False


@dataclass(frozen=True)
class Plain:
    """What plain lines of a file look like, by kind."""

    forms: tuple[Form, ...]

    @classmethod
    def of(cls, row: RowType, samples: Iterable[dict[str, Any]], *, loose: bool = False) -> Plain:
        """Learns from rows of a file in which orders keys stand, and what keys there are beside the known.

        Args:
            row: the declared columns.
            samples: rows of the file.
            loose: whether lines are told apart in which nothing is wrong but nulls.
        """
        known = frozenset(row.names)
        kinds: dict[Keys, list[dict[str, Any]]] = {}
        for each in islice(samples, _SAMPLE):
            kinds.setdefault(tuple(name for name in each if name not in known), []).append(each)
        strangers = _types(kinds)
        rows = [(row, False)]
        if loose:
            rows.append((RowType(tuple(Field(each.name, each.type.or_null()) for each in row.columns)), True))
        forms = [
            Form(_pattern(_extended(each, keys, strangers), alike, frozenset(keys)), keys, is_loose)
            for each, is_loose in rows
            for keys, alike in islice(kinds.items(), _MOST_KINDS)
        ]
        return cls(tuple(each for each in forms if each.pattern))

    def is_first(self, line: pl.Expr) -> pl.Expr:
        """Whether a line is of the first kind."""
        return line.str.contains(self.forms[0].pattern)

    def judged(self, line: pl.Expr) -> pl.Expr:
        """Of each line its kind, the place of its form; `BLANK` without content, `UNPROVEN` if of no kind."""
        kind: Any = pl
        for place, form in enumerate(self.forms):
            kind = kind.when(line.str.contains(form.pattern)).then(pl.lit(place, pl.Int8))
        kind = kind.when((line.str.len_bytes() < 256) & line.str.contains(_BLANK))
        judged: pl.Expr = kind.then(pl.lit(BLANK, pl.Int8)).otherwise(pl.lit(UNPROVEN, pl.Int8))
        return judged.alias(KIND)


def _types(kinds: dict[Keys, list[dict[str, Any]]]) -> dict[str, Type]:
    """Types of the keys that nobody declared."""
    found: dict[str, Type] = {}
    for name, value in ((name, row[name]) for keys, rows in kinds.items() for row in rows for name in keys):
        type_ = type_of_value(value, name)
        found[name] = merged(found[name], type_) if name in found else type_
    return {name: finished(each) for name, each in found.items()}


def _extended(row: RowType, keys: Keys, types: dict[str, Type]) -> RowType:
    return RowType((*row.columns, *(Field(name, types[name]) for name in keys)))


def sampled(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Rows among lines; what is none is left out."""
    for line in lines:
        value = json_line(0, 0, line).value  # None when there is anything odd about it
        if isinstance(value, dict):
            yield value


# --- patterns -----------------------------------------------------------------------------------


class _TooDeep(Exception):
    """A type has records and lists in each other beyond what a pattern holds."""


def _pattern(row: RowType, samples: list[dict[str, Any]], required: frozenset[str]) -> str:
    """Pattern of lines with these columns; empty when it would grow too large."""
    orders = Orders()
    whole = Type(Kind.RECORD, fields=row.columns)
    for each in samples:
        orders.learn(each, whole)
    try:
        return f"^{_SPACE}{_record(whole, '', orders, required)}[ \\t\\r]*$" if row.columns else ""
    except _TooDeep:
        return ""


def _value(type_: Type, path: str, orders: Orders) -> str:
    if path.count("[]") + path.count(".") > _DEEPEST:
        raise _TooDeep
    if type_.kind is Kind.LIST:
        item = _value(type_.item or ANY, f"{path}[]", orders)
        form = rf"\[{_SPACE}(?:{item}(?:{_COMMA}{item})*)?{_SPACE}\]"
    elif type_.kind is Kind.RECORD and type_.fields:
        form = _record(type_, path, orders, frozenset())
    elif type_.kind is Kind.CHOICE:
        form = _any_of(spelling for each in type_.choices for spelling in _spellings(each))
    else:
        form = FORMS[type_.kind]
    return f"(?:{form}|null)" if type_.nullable else form


def _record(type_: Type, path: str, orders: Orders, required: frozenset[str]) -> str:
    types = {each.name: each.type for each in type_.fields}
    needed = required | {name for name, each in types.items() if not each.nullable}
    seen = [order for order in orders.of(path, frozenset(types)) if needed.issubset(order)]
    members = [_members(order, types, path, orders, needed) for order in seen if order]
    return _any_of(rf"\{{{_SPACE}{each}{_SPACE}\}}" for each in members)


def _members(order: Keys, types: dict[str, Type], path: str, orders: Orders, needed: frozenset[str]) -> str:
    """Members in their order: the first is always there, others may be missing where null is allowed."""
    written = [
        f"{_any_of(_spellings(name))}{_SPACE}:{_SPACE}{_value(types[name], f'{path}.{name}', orders)}"
        for name in order
    ]
    rest = zip(order[1:], written[1:], strict=True)
    return written[0] + "".join(
        _COMMA + member if name in needed else f"(?:{_COMMA}{member})?" for name, member in rest
    )


def _spellings(text: str) -> Iterator[str]:
    """A text as it is usually written in JSON: with characters as they are, and escaped."""
    return (re.escape(each) for each in {json.dumps(text, ensure_ascii=False): 0, json.dumps(text): 0})


def _any_of(patterns: Iterable[str]) -> str:
    """Any of the patterns; what matches nothing when there is none."""
    return f"(?:{'|'.join(patterns) or _NOTHING})"
