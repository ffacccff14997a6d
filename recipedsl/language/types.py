"""Types of columns and of values in expressions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a value is, before its parts."""

    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    DATE = "date"
    LIST = "list"
    RECORD = "record"
    CHOICE = "choice"
    ANY = "any"  # a column whose type is not known, or `none`


@dataclass(frozen=True, slots=True)
class Field:
    """A named part of a record, or a column of a row."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Type:
    """Type of a value.

    Attributes:
        kind: what it is.
        item: type of the items of a list.
        fields: parts of a record, in order.
        choices: members of an enumeration.
        nullable: whether null is one of the values.
    """

    kind: Kind
    item: Type | None = None
    fields: tuple[Field, ...] = ()
    choices: tuple[str, ...] = ()
    nullable: bool = False

    def __str__(self) -> str:
        return _BARE.get(self.kind, _plain)(self) + ("?" if self.nullable else "")

    @property
    def is_number(self) -> bool:
        return self.kind in (Kind.INT, Kind.FLOAT)

    @property
    def is_text(self) -> bool:
        """Whether functions of text take it: an enumeration is text with few values."""
        return self.kind in (Kind.TEXT, Kind.CHOICE)

    def or_null(self) -> Type:
        """The same type, null allowed."""
        return replace(self, nullable=True)

    def without_null(self) -> Type:
        """The same type, null not allowed."""
        return replace(self, nullable=False)

    def field(self, name: str) -> Type | None:
        """Type of a part of a record; None when there is no such part."""
        return next((each.type for each in self.fields if each.name == name), None)

    def fits(self, wanted: Type) -> bool:
        """Whether a value of this type may stand where `wanted` is asked for (null aside)."""
        if Kind.ANY in (self.kind, wanted.kind) or (self.is_text and wanted.kind is Kind.TEXT):
            return True
        if wanted.kind is Kind.FLOAT:
            return self.is_number
        if self.kind is not wanted.kind:
            return self.kind is Kind.TEXT and wanted.kind is Kind.CHOICE
        return self._parts_fit(wanted)

    def _parts_fit(self, wanted: Type) -> bool:
        if self.kind is Kind.LIST and self.item and wanted.item:
            return self.item.fits(wanted.item)
        if self.kind is Kind.RECORD:
            parts = ((self.field(each.name), each.type) for each in wanted.fields)
            return all(mine is not None and mine.fits(theirs) for mine, theirs in parts)
        return True

    def to_json(self) -> dict[str, Any]:
        """Canonical JSON form; parts that say nothing are left out."""
        form: dict[str, Any] = {"kind": str(self.kind)}
        if self.item is not None:
            form["item"] = self.item.to_json()
        if self.fields:
            form["fields"] = {each.name: each.type.to_json() for each in self.fields}
        if self.choices:
            form["choices"] = list(self.choices)
        if self.nullable:
            form["nullable"] = True
        return form

    @staticmethod
    def from_json(form: dict[str, Any]) -> Type:
        """Reads what `to_json` wrote. Raises KeyError or ValueError on anything else."""
        return Type(
            Kind(form["kind"]),
            Type.from_json(form["item"]) if "item" in form else None,
            tuple(Field(name, Type.from_json(part)) for name, part in form.get("fields", {}).items()),
            tuple(form.get("choices", ())),
            bool(form.get("nullable", False)),
        )


def _plain(type_: Type) -> str:
    return str(type_.kind)


#: More members of an enumeration than these are not written out: the codes of languages are 176.
_WRITTEN_CHOICES = 40


def listed_choices(choices: tuple[str, ...]) -> str:
    """Members of an enumeration in words; of very many the first few."""
    shown = choices if len(choices) <= _WRITTEN_CHOICES else choices[:5]
    return ", ".join(f'"{each}"' for each in shown) + (", …" if len(shown) < len(choices) else "")


_BARE = {
    Kind.LIST: lambda type_: f"list[{type_.item or 'any?'}]",
    Kind.RECORD: lambda type_: "{ " + ", ".join(f"{each.name}: {each.type}" for each in type_.fields) + " }",
    Kind.CHOICE: lambda type_: f"[{listed_choices(type_.choices)}]",
}

TEXT = Type(Kind.TEXT)
INT = Type(Kind.INT)
FLOAT = Type(Kind.FLOAT)
BOOL = Type(Kind.BOOL)
DATE = Type(Kind.DATE)
ANY = Type(Kind.ANY, nullable=True)


def list_of(item: Type) -> Type:
    """`list[item]`."""
    return Type(Kind.LIST, item=item)


def record(**fields: Type) -> Type:
    """`{ name: type, … }`."""
    return Type(Kind.RECORD, fields=tuple(Field(name, type_) for name, type_ in fields.items()))


def choice(*members: str) -> Type:
    """An enumeration."""
    return Type(Kind.CHOICE, choices=members)


def common(left: Type, right: Type) -> Type | None:
    """Smallest type that holds both, None when there is none (`int` and `float` give `float`)."""
    nullable = left.nullable or right.nullable
    wider = _wider(left.without_null(), right.without_null())
    return replace(wider, nullable=nullable) if wider else None


def _wider(left: Type, right: Type) -> Type | None:
    if left == right or right.kind is Kind.ANY:
        return left
    if left.kind is Kind.ANY:
        return right
    if left.is_number and right.is_number:
        return FLOAT
    if left.kind is Kind.CHOICE and right.kind is Kind.CHOICE:
        return choice(*dict.fromkeys(left.choices + right.choices))
    if left.is_text and right.is_text:
        return TEXT
    return _wider_parts(left, right)


def _wider_parts(left: Type, right: Type) -> Type | None:
    if left.kind is not right.kind:
        return None
    if left.kind is Kind.LIST:
        item = common(left.item or ANY, right.item or ANY)
        return list_of(item) if item else None
    return _wider_record(left, right) if left.kind is Kind.RECORD else None


def _wider_record(left: Type, right: Type) -> Type | None:
    names = dict.fromkeys(each.name for each in left.fields + right.fields)
    parts: dict[str, Type] = {}
    for name in names:
        mine, theirs = left.field(name), right.field(name)
        both = common(mine, theirs) if mine and theirs else (mine or theirs or ANY).or_null()
        if both is None:
            return None
        parts[name] = both
    return record(**parts)


@dataclass(frozen=True, slots=True)
class RowType:
    """Names and types of the columns of a dataset, in order."""

    columns: tuple[Field, ...]

    def __str__(self) -> str:
        return "{ " + ", ".join(f"{each.name}: {each.type}" for each in self.columns) + " }"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.columns)

    def column(self, name: str) -> Type | None:
        """Type of a column; None when there is no such column."""
        return next((each.type for each in self.columns if each.name == name), None)

    def with_columns(self, new: dict[str, Type]) -> RowType:
        """Columns added at the end, or replaced where they stand."""
        kept = tuple(Field(each.name, new.get(each.name, each.type)) for each in self.columns)
        added = tuple(Field(name, type_) for name, type_ in new.items() if self.column(name) is None)
        return RowType(kept + added)

    def only(self, names: tuple[str, ...]) -> RowType:
        """Just these columns, in the order asked for."""
        return RowType(tuple(Field(name, self.column(name) or ANY) for name in names))

    def without(self, names: tuple[str, ...]) -> RowType:
        """All columns but these."""
        return RowType(tuple(each for each in self.columns if each.name not in names))

    def renamed(self, names: dict[str, str]) -> RowType:
        """Columns with new names; `names` maps old to new."""
        return RowType(tuple(Field(names.get(each.name, each.name), each.type) for each in self.columns))

    def to_json(self) -> dict[str, Any]:
        """Column names to JSON forms of their types."""
        return {each.name: each.type.to_json() for each in self.columns}

    @staticmethod
    def from_json(form: dict[str, Any]) -> RowType:
        """Reads what `to_json` wrote."""
        return RowType(tuple(Field(name, Type.from_json(type_)) for name, type_ in form.items()))


# The two columns that conversations are made of, everywhere after `as`.
MESSAGE = record(role=TEXT, content=TEXT)
MESSAGES = list_of(MESSAGE)
