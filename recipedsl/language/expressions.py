"""Checked expressions over the columns of a row: what the semantics give and the data engine runs.

Every operator is a call of a function of the catalogue (`equal`, `and`, `add`, `chars` …), so that
a plan knows three forms only. JSON forms are part of the plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal

Plain = None | bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The value of a column of the row."""

    kind: ClassVar[Literal["column"]] = "column"

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A value known before any row is read; a tuple is a list of such, a date is its ISO text."""

    kind: ClassVar[Literal["constant"]] = "constant"

    value: Plain | tuple[Plain, ...]
    type: Literal["plain", "date"] = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function of the catalogue applied to expressions.

    Attributes:
        function: keyword in the catalogue.
        arguments: positional arguments in order.
        settings: named arguments that are constants.
    """

    kind: ClassVar[Literal["call"]] = "call"

    function: str
    arguments: tuple[Column | Constant | Call, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


Expression = Column | Constant | Call


def columns_of(expression: Expression) -> Iterator[str]:
    """Names of the columns that an expression reads, in order of appearance, perhaps repeated."""
    if isinstance(expression, Column):
        yield expression.name
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from columns_of(argument)


def constant_date(value: date) -> Constant:
    """A date as a constant."""
    return Constant(value=value.isoformat(), type="date")


# --- JSON forms -----------------------------------------------------------------------------------


def to_json(expression: Expression) -> dict[str, Any]:
    """The JSON form: an object with `kind` and the fields of that kind."""
    match expression:
        case Column():
            fields: dict[str, Any] = {"name": expression.name}
        case Constant():
            value = expression.value
            fields = {"value": list(value) if isinstance(value, tuple) else value, "type": expression.type}
        case Call():
            arguments = [to_json(each) for each in expression.arguments]
            fields = {
                "function": expression.function,
                "arguments": arguments,
                "settings": dict(expression.settings),
            }
    return {"kind": expression.kind, **fields}


def from_json(form: Any) -> Expression:
    """An expression back from its JSON form; an expression is given back as it is.

    Raises:
        ValueError: it is none, or has a key too many or too few.
    """
    if isinstance(form, Column | Constant | Call):
        return form
    match form:
        case {"kind": "column", "name": str(name), **rest} if not rest:
            return Column(name=name)
        case {"kind": "constant", "value": value, "type": ("plain" | "date") as type_, **rest} if not rest:
            return Constant(value=_plain(value, type_), type=type_)
        case {
            "kind": "call", "function": str(name), "arguments": list(arguments), "settings": dict(settings),
            **rest,
        } if not rest:  # fmt: skip
            return Call(function=name, arguments=tuple(map(from_json, arguments)), settings=settings)
    raise ValueError("not an expression")


def _plain(value: Any, type_: str) -> Plain | tuple[Plain, ...]:
    items = value if isinstance(value, list) else [value]
    fitting = str if type_ == "date" else (str, int, float, bool, type(None))
    if not all(isinstance(each, fitting) for each in items):
        raise ValueError("not a constant")
    return tuple(items) if isinstance(value, list) else value
