"""Values as read against the types that they must have: checked, and brought into one form.

Nothing is cast behind the author's back: a number in a text column, a missing key, a choice that
is none are mismatches. What is allowed: an int where a float is asked for, a float without decimals
where an int is, and keys that nobody declared, which are counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

from recipedsl.data.reading.inference import CONTENT, is_parts
from recipedsl.language.types import ANY, Field, Kind, RowType, Type

Check = Callable[[Any], Any]

_LARGEST = 2**63


class Mismatch(Exception):
    """A value is not of its type; says why, and at which path inside the row."""

    def __init__(self, why: str, *path: str) -> None:
        super().__init__(why)
        self.why = why
        self.path = path

    def below(self, name: str) -> Mismatch:
        """The same, seen from one level up."""
        return Mismatch(self.why, name, *self.path)

    def __str__(self) -> str:
        return f"`{'.'.join(self.path)}` {self.why}"


class RowCheck:
    """Checks rows against a row type.

    Attributes:
        names: of the columns, in order.
        unseen: how many rows had a key that the type does not have, by dotted path.
    """

    def __init__(self, row: RowType, *, cells: bool = False, unseen: Counter[str] | None = None) -> None:
        """`cells`: values are texts of a table, to be read as their types; `unseen`: to go on counting."""
        self.names = row.names
        self.unseen: Counter[str] = Counter() if unseen is None else unseen
        self._strange: set[str] = set()  # of the row at hand
        make = _cell_check if cells else self._check
        self._columns = tuple((each.name, make(each.type, each.name)) for each in row.columns)
        self._known = frozenset(self.names)

    def __call__(self, value: Any) -> list[Any]:
        """Values of the columns in order. Raises Mismatch."""
        if not isinstance(value, dict):
            raise Mismatch(f"a row must be an object, not {kind_of(value)}")
        self._strange = set() if self._known.issuperset(value) else value.keys() - self._known
        found = []
        for name, check in self._columns:
            try:
                found.append(check(value.get(name)))
            except Mismatch as error:
                missing = name not in value and not error.path
                raise (Mismatch("is missing") if missing else error).below(name) from None
        if self._strange:
            self.unseen.update(self._strange)
        return found

    def _check(self, type_: Type, path: str) -> Check:
        strict = self._strict_check(type_, path)
        if path.endswith(f".{CONTENT}") and is_parts(type_):
            strict = _content_check(strict)
        if type_.nullable:
            return lambda value: None if value is None else strict(value)
        return strict

    def _strict_check(self, type_: Type, path: str) -> Check:
        if type_.kind is Kind.LIST:
            return _list_check(self._check(type_.item or ANY, path))
        if type_.kind is Kind.RECORD and type_.fields:
            return self._record_check(type_.fields, path)
        if type_.kind is Kind.CHOICE:
            return _choice_check(frozenset(type_.choices))
        return _PLAIN[type_.kind]

    def _record_check(self, fields: tuple[Field, ...], path: str) -> Check:
        parts = tuple((each.name, self._check(each.type, f"{path}.{each.name}")) for each in fields)
        known = frozenset(each.name for each in fields)

        def check(value: Any) -> dict[str, Any]:
            if not isinstance(value, dict):
                raise Mismatch(f"must be a record, not {kind_of(value)}")
            if not known.issuperset(value):
                self._strange.update(f"{path}.{name}" for name in value.keys() - known)
            found = {}
            for name, part in parts:
                try:
                    found[name] = part(value.get(name))
                except Mismatch as error:
                    raise error.below(name) from None
            return found

        return check


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    names = {type(None): "null", bool: "bool", int: "int", float: "float", str: "text", list: "a list"}
    return names.get(type(value), "a record")


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Mismatch(f"must be text, not {kind_of(value)}")
    if not value.isascii():
        _require_unicode(value)
    return value


def _require_unicode(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Mismatch("has half a surrogate pair, which is no character") from None


def _int(value: Any) -> int:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise Mismatch(f"must be int, not {kind_of(value)}")
    if not -_LARGEST <= value < _LARGEST:
        raise Mismatch("is too large for an int of 64 bits")
    return value


def _float(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise Mismatch(f"must be float, not {kind_of(value)}")
    try:
        return float(value)
    except OverflowError:
        raise Mismatch("is too large for a float") from None


def _bool(value: Any) -> bool:
    if type(value) is not bool:
        raise Mismatch(f"must be bool, not {kind_of(value)}")
    return value


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Mismatch("must be a date such as 2024-05-31") from None


def _any(value: Any) -> str | None:
    """A text stays as it is, everything else becomes JSON text."""
    if value is None:
        return None
    return _text(value) if isinstance(value, str) else to_json_text(value)


def to_json_text(value: Any) -> str:
    """JSON with the keys as they stand, characters not escaped."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if not text.isascii():
        _require_unicode(text)
    return text


_PLAIN: dict[Kind, Check] = {
    Kind.TEXT: _text,
    Kind.INT: _int,
    Kind.FLOAT: _float,
    Kind.BOOL: _bool,
    Kind.DATE: _date,
    Kind.ANY: _any,
    Kind.RECORD: _any,  # a record of which nothing is known
}


def _list_check(item: Check) -> Check:
    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Mismatch(f"must be a list, not {kind_of(value)}")
        found = []
        for index, each in enumerate(value):
            try:
                found.append(item(each))
            except Mismatch as error:
                raise error.below(str(index)) from None
        return found

    return check


def _content_check(parts: Check) -> Check:
    """The content of a message in parts, where a text may stand too: it is the only part then."""

    def check(value: Any) -> Any:
        return parts([{"type": "text", "text": value}] if isinstance(value, str) else value)

    return check


def _choice_check(choices: frozenset[str]) -> Check:
    def check(value: Any) -> str:
        if _text(value) not in choices:
            raise Mismatch(f"is {json.dumps(value)}, not one of {', '.join(sorted(choices))}")
        return str(value)

    return check


# --- cells of a table ---------------------------------------------------------------------------


def _cell_check(type_: Type, path: str) -> Check:
    """Reads the text of a cell as its type; an empty cell is null, or the empty text."""
    check = RowCheck(RowType(()))._check(type_, path)
    read = _CELLS.get(type_.kind, str)

    def checked(cell: str | None) -> Any:
        if cell is None:
            empty = "" if type_.kind is Kind.TEXT and not type_.nullable else None
            return check(empty)
        return check(read(cell))

    return checked


def _number_cell(cell: str) -> Any:
    try:
        return json.loads(cell.strip().lstrip("+"))
    except ValueError:
        return cell


def _bool_cell(cell: str) -> Any:
    return {"true": True, "false": False}.get(cell.strip().lower(), cell)


def _json_cell(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        return cell


_CELLS: dict[Kind, Callable[[str], Any]] = {
    Kind.INT: _number_cell,
    Kind.FLOAT: _number_cell,
    Kind.BOOL: _bool_cell,
    Kind.LIST: _json_cell,
    Kind.RECORD: _json_cell,
}
