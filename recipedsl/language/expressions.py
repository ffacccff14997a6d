"""Checked expressions over the columns of a row: what the semantics give and the data engine runs.

Every operator is a call of a function of the catalogue (`equal`, `and`, `add`, `chars` …), so that
a plan knows three forms only. JSON forms are part of the plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Plain = None | bool | int | float | str


class _Expression(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Column(_Expression):
    """The value of a column of the row."""

    kind: Literal["column"] = "column"
    name: str


class Constant(_Expression):
    """A value known before any row is read; a tuple is a list of such, a date is its ISO text."""

    kind: Literal["constant"] = "constant"
    value: Plain | tuple[Plain, ...]
    type: Literal["plain", "date"] = "plain"


class Call(_Expression):
    """A function of the catalogue applied to expressions.

    Attributes:
        function: keyword in the catalogue.
        arguments: positional arguments in order.
        settings: named arguments that are constants.
    """

    kind: Literal["call"] = "call"
    function: str
    arguments: tuple[Expression, ...] = ()
    settings: dict[str, Any] = Field(default_factory=dict)


Expression = Annotated[Column | Constant | Call, Field(discriminator="kind")]
Call.model_rebuild(
    _types_namespace={"Expression": Expression, "Column": Column, "Constant": Constant, "Call": Call}
)


def columns_of(expression: Column | Constant | Call) -> Iterator[str]:
    """Names of the columns that an expression reads, in order of appearance, perhaps repeated."""
    if isinstance(expression, Column):
        yield expression.name
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from columns_of(argument)


def constant_date(value: date) -> Constant:
    """A date as a constant."""
    return Constant(value=value.isoformat(), type="date")
